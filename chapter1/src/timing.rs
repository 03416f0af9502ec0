//! How long each phase of compilation takes.

use std::cell::Cell;
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

thread_local! {
    /// The time spent so far in what was measured within the present phase.
    static WITHIN: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

impl Phases {
    /// Starts or stops measuring, and says what it did before.
    pub fn switch(&self, is_on: bool) -> bool {
        self.is_on.swap(is_on, Ordering::Relaxed)
    }

    /// Runs `body`, and adds the time that it takes to a phase: without what
    /// others measure within it, since a program that runs may have to wait
    /// for its compiler.
    pub fn measure<T>(&self, phase: Phase, body: impl FnOnce() -> T) -> T {
        let (result, spent) = self.exclusive(body);
        if let Some(spent) = spent {
            let nanoseconds = &self.nanoseconds[phase as usize];
            nanoseconds.fetch_add(spent.as_nanos() as u64, Ordering::Relaxed);
        }
        result
    }

    /// Runs `body`, whose time is no part of the phase around it.
    pub fn aside<T>(&self, body: impl FnOnce() -> T) -> T {
        self.exclusive(body).0
    }

    /// Runs `body`. Says how long that took, if anybody wants to know.
    fn exclusive<T>(&self, body: impl FnOnce() -> T) -> (T, Option<Duration>) {
        if !self.is_on.load(Ordering::Relaxed) {
            return (body(), None);
        }
        let around = WITHIN.replace(Duration::ZERO);
        let start = Instant::now();
        let result = body();
        let spent = start.elapsed();
        let within = WITHIN.replace(around + spent);
        (result, Some(spent.saturating_sub(within)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;

    #[test]
    fn what_is_measured_within_a_phase_is_no_part_of_it() {
        let phases = Phases::default();
        phases.switch(true);
        let pause = Duration::from_millis(5);
        phases.measure(Phase::Run, || {
            phases.measure(Phase::Link, || sleep(pause));
            phases.aside(|| {
                phases.measure(Phase::Generate, || sleep(pause));
                sleep(20 * pause);
            });
        });
        assert!(phases.spent(Phase::Link) >= pause);
        assert!(phases.spent(Phase::Generate) >= pause);
        assert!(phases.spent(Phase::Run) < 20 * pause);
    }
}
