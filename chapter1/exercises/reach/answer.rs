//! A command that walks the table of definitions.

use chapter1::driver::Driver;
use chapter1::ir::lower::Prototypes;
use chapter1::jit::KaleidoscopeJit;
use chapter1::repl::{Argument, Command, Session, Takes};
use chapter1::symbol::Symbol;
use chapter1::syntax::Diagnostic;
use std::collections::BTreeSet;

pub(super) const REACH: Command<KaleidoscopeJit> = Command {
    name: "reach",
    takes: Takes::Name,
    help: "what a function may come to call",
    run: reach,
};

// ANCHOR: reach
fn reach(
    session: &mut Session<KaleidoscopeJit>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let definitions = &session.jit().base().definitions;
    let name = argument.name();
    let Some((start, _)) = definitions.prototype(&name) else {
        return Err(argument.error(format!("unknown function `{name}`")));
    };
    let mut reached: BTreeSet<Symbol> = BTreeSet::new();
    let mut todo = vec![start];
    while let Some(function) = todo.pop() {
        for callee in definitions.callees(&function) {
            if reached.insert(callee.clone()) {
                todo.push(callee);
            }
        }
    }
    let lines = reached.iter().map(|name| format!("{name}\n"));
    session.print(&lines.collect::<String>());
    Ok(())
}
// ANCHOR_END: reach
