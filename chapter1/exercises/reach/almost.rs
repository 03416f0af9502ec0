//! Almost: where the walk begins counts as reached, so no ring leads there.

use chapter1::driver::Driver;
use chapter1::ir::lower::Prototypes;
use chapter1::jit::KaleidoscopeJit;
use chapter1::repl::{Argument, Command, Session};
use chapter1::syntax::Diagnostic;
use std::collections::BTreeSet;

pub(super) const REACH: Command<KaleidoscopeJit> =
    Command { run: reach, ..super::answer::REACH };

fn reach(
    session: &mut Session<KaleidoscopeJit>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let definitions = &session.jit().base().definitions;
    let Some((start, _)) = definitions.prototype(&argument.name()) else {
        return Err(argument.error("unknown function"));
    };
    let mut reached = BTreeSet::from([start.clone()]);
    let mut todo = vec![start.clone()];
    while let Some(function) = todo.pop() {
        let callees = definitions.callees(&function).into_iter();
        todo.extend(callees.filter(|callee| reached.insert(callee.clone())));
    }
    reached.remove(&start);
    let lines = reached.iter().map(|name| format!("{name}\n"));
    session.print(&lines.collect::<String>());
    Ok(())
}
