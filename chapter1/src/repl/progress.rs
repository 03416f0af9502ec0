//! How far a long `:load` has come, on a line of its own.

use super::report;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// What takes less is not worth a word.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the line changes.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line on the terminal that is there only while nothing else is written.
pub(super) struct Progress {
    name: String,
    /// How many bytes there are, as far as that is known.
    total: u64,
    items: u64,
    /// How many bytes of it came before the present piece.
    pub(super) before: u64,
    next: Instant,
    is_shown: bool,
}

impl Progress {
    /// Shows how far reading a text of so many bytes has come, if anybody
    /// watches.
    pub(super) fn new(name: &str, total: u64) -> Option<Progress> {
        io::stderr().is_terminal().then(|| Progress {
            name: name.to_owned(),
            total,
            items: 0,
            before: 0,
            next: Instant::now() + PATIENCE,
            is_shown: false,
        })
    }

    /// Another item has been handled, up to here in the present piece.
    pub(super) fn tick(&mut self, end: usize) {
        self.items += 1;
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        self.is_shown = true;
        let done = self.before + end as u64;
        let percent = (100 * done).checked_div(self.total).unwrap_or(0);
        let Progress { name, items, .. } = self;
        let percent = percent.min(100);
        let text = format!("\r{name}: {items} items, {percent} %\x1b[K");
        report::write(&text);
    }

    /// Makes room for something else.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            report::write("\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
