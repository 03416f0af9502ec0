//! A command that does not do anything yet.

use chapter1::jit::KaleidoscopeJit;
use chapter1::repl::{Argument, Command, Session, Takes};
use chapter1::syntax::Diagnostic;

pub(super) const REACH: Command<KaleidoscopeJit> = Command {
    name: "reach",
    takes: Takes::Name,
    help: "what a function may come to call",
    run: reach,
};

fn reach(
    session: &mut Session<KaleidoscopeJit>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let _name = argument.name();
    session.print("");
    Ok(())
}
