//! The commands that this chapter adds to the prompt.

use crate::jit::KaleidoscopeJit;
use crate::table::StubState;
use chapter1::repl::{Argument, Command, Session, Takes};
use chapter1::syntax::Diagnostic;
use chapter1::syntax::diagnostics::{count, cut};

/// `:stubs`.
pub const STUBS: Command<KaleidoscopeJit> = Command {
    name: "stubs",
    takes: Takes::Nothing,
    help: "the stubs: whose, where, where they lead, how often they asked",
    run: stubs,
};

fn stubs(
    session: &mut Session<KaleidoscopeJit>,
    _: &Argument<'_>,
) -> Result<(), Diagnostic> {
    for state in session.jit().demand.stubs().list() {
        session.print(&row(&state));
    }
    Ok(())
}

/// `f  0x7f…20  leads to 0x7f…60  asked once`: for a body, that is, which the
/// compiler makes if there is none.
fn row(state: &StubState) -> String {
    let StubState { name, address, body, asked, .. } = state;
    let lead = match body {
        Some(body) => format!("leads to {body}"),
        None => "asks for a body".to_owned(),
    };
    let times = match asked {
        0 => "never asked".to_owned(),
        1 => "asked once".to_owned(),
        _ => format!("asked {}", count(*asked, "time")),
    };
    format!("{:<16}  {address}  {lead:<23}  {times}\n", cut(name))
}
