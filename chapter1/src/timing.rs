//! How long each phase of compilation takes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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

/// The time spent in each phase, by all threads together. Off unless asked
/// for: looking at the clock takes as long as lexing a line.
#[derive(Default, Debug)]
pub struct Phases {
    is_on: AtomicBool,
    nanoseconds: [AtomicU64; Phase::ALL.len()],
}

impl Phases {
    /// Starts or stops measuring, and says what it did before.
    pub fn switch(&self, is_on: bool) -> bool {
        self.is_on.swap(is_on, Ordering::Relaxed)
    }

    /// Runs `body`, and adds the time that it takes to a phase.
    pub fn measure<T>(&self, phase: Phase, body: impl FnOnce() -> T) -> T {
        if !self.is_on.load(Ordering::Relaxed) {
            return body();
        }
        let start = Instant::now();
        let result = body();
        let spent = start.elapsed().as_nanos() as u64;
        self.nanoseconds[phase as usize].fetch_add(spent, Ordering::Relaxed);
        result
    }

    /// The time spent in each phase so far.
    pub fn all(&self) -> [Duration; Phase::ALL.len()] {
        Phase::ALL.map(|phase| self.spent(phase))
    }

    /// The time spent in a phase so far.
    pub fn spent(&self, phase: Phase) -> Duration {
        let nanoseconds = &self.nanoseconds[phase as usize];
        Duration::from_nanos(nanoseconds.load(Ordering::Relaxed))
    }
}
