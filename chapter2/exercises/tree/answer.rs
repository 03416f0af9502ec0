//! The preorder is the order of the lines, and the level is the indentation.

use chapter1::driver::Driver;
use chapter1::ir::Function;
use chapter1::kaleidoscope::explain;
use chapter1::repl::{self, Argument, Command, Session, Takes};
use chapter1::syntax::Diagnostic;
use chapter2::analysis::Analyses;
use chapter2::jit::KaleidoscopeJit;
use std::collections::HashSet;

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
    session.print(&module.functions.iter().map(drawn).collect::<String>());
    Ok(())
}

// ANCHOR: drawn
fn drawn(function: &Function) -> String {
    let mut analyses = Analyses::default();
    let (tree, loops) = (analyses.tree(function), analyses.loops(function));
    let headers: HashSet<_> = loops.all().map(|l| loops.header(l)).collect();
    let mut text = String::new();
    for &block in tree.preorder() {
        let indent = 2 * tree.level(block) as usize;
        let mark = if headers.contains(&block) { " (loop)" } else { "" };
        text += &format!("{:indent$}{block}{mark}\n", "");
    }
    text
}
// ANCHOR_END: drawn
