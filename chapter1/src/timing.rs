//! How long each phase of compilation takes.

use std::time::{Duration, Instant};

/// A phase, in the order of the way of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Text to tree.
    Parse,
    /// Tree to IR.
    Lower,
    /// IR to link graph.
    Generate,
    /// Link graph to memory.
    Link,
    /// The program itself.
    Run,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 5] =
        [Phase::Parse, Phase::Lower, Phase::Generate, Phase::Link, Phase::Run];

    /// What to call it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Parse => "parse",
            Phase::Lower => "lower",
            Phase::Generate => "generate code",
            Phase::Link => "link",
            Phase::Run => "run",
        }
    }
}

/// The time spent in each phase. Off unless asked for: looking at the clock
/// takes as long as lexing a line.
#[derive(Clone, Default, Debug)]
pub struct Phases {
    is_on: bool,
    spent: [Duration; Phase::ALL.len()],
}

impl Phases {
    /// Starts measuring.
    pub fn switch_on(&mut self) {
        self.is_on = true;
    }

    /// Runs `body`, and adds the time that it takes to a phase.
    pub fn measure<T>(&mut self, phase: Phase, body: impl FnOnce() -> T) -> T {
        if !self.is_on {
            return body();
        }
        let start = Instant::now();
        let result = body();
        self.spent[phase as usize] += start.elapsed();
        result
    }

    /// The time spent in a phase so far.
    pub fn spent(&self, phase: Phase) -> Duration {
        self.spent[phase as usize]
    }
}
