//! Commands that do something.

use super::{Argument, all, inspect};
use crate::executor::output;
use crate::kaleidoscope::explain;
use crate::repl::{Chapter, Session, batch, emit};
use crate::syntax::Diagnostic;
use crate::timing::Phase;
use std::path::Path;
use std::time::Instant;

pub(super) fn help<D: Chapter>(
    session: &mut Session<D>,
    _: &Argument<'_>,
) -> Result<(), Diagnostic> {
    for command in all::<D>() {
        let usage =
            format!(":{} {}", command.name, command.takes.placeholder());
        session.print(&format!("{usage:<14}{}\n", command.help));
    }
    session.print("Anything else is Kaleidoscope: `def f(x) x + 1`, `f(2)`.\n");
    Ok(())
}

pub(super) fn load<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    batch::load(session, Path::new(argument.text()))
        .map_err(|e| argument.error(format!("cannot read this file: {e}")))
}

pub(super) fn time<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let phases = session.jit().base().phases.clone();
    let was_on = phases.switch(true);
    let (before, start) = (phases.all(), Instant::now());
    let result = session.evaluate(argument);
    let (after, total) = (phases.all(), start.elapsed());
    phases.switch(was_on);
    let Some(value) = result? else { return Ok(()) };
    let value = output::format_number(value);
    session.print(&format!("Evaluated to {value}\n"));
    for phase in Phase::ALL {
        let spent = after[phase as usize] - before[phase as usize];
        session.print(&emit::time(phase.name(), spent));
    }
    session.print(&emit::time("all of it", total));
    Ok(())
}

pub(super) fn undef<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    let name = inspect::known(session, argument)?;
    let result = session.program.undefine(&name);
    result.map_err(|error| explain(&error, argument.span, None))
}

pub(super) fn reset<D: Chapter>(
    session: &mut Session<D>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    session.reset().map_err(|message| argument.error(message))
}

pub(super) fn quit<D: Chapter>(
    session: &mut Session<D>,
    _: &Argument<'_>,
) -> Result<(), Diagnostic> {
    session.is_leaving = true;
    Ok(())
}
