//! A command that prints no tree.

use chapter1::driver::Driver;
use chapter1::kaleidoscope::explain;
use chapter1::repl::{self, Argument, Command, Session, Takes};
use chapter1::syntax::Diagnostic;
use chapter2::analysis::Analyses;
use chapter2::jit::KaleidoscopeJit;

pub(super) const TREE: Command<KaleidoscopeJit> = Command {
    name: "tree",
    takes: Takes::Name,
    help: "which block dominates which, after all passes",
    run: tree,
};

fn tree(
    session: &mut Session<KaleidoscopeJit>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let module = repl::module(session, argument)?;
    let (module, _) = session
        .jit()
        .preview(module)
        .map_err(|error| explain(&error, argument.span, None))?;
    let _analyses = Analyses::default();
    for function in &module.functions {
        session.print(&format!("{}\n", function.entry()));
    }
    Ok(())
}
