//! How long each pass takes.

use chapter1::repl;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time spent in each pass, by all threads together.
#[derive(Default)]
pub struct Times(Mutex<Vec<Row>>);

/// What is known of a pass.
struct Row {
    pass: &'static str,
    spent: Duration,
    functions: usize,
    changed: usize,
}

impl Times {
    /// Runs `body`, and adds the time that it takes to a pass.
    pub fn measure<T>(
        &self,
        pass: &'static str,
        body: impl FnOnce() -> T,
    ) -> T {
        let start = Instant::now();
        let result = body();
        let spent = start.elapsed();
        self.row(pass, |row| row.spent += spent);
        result
    }

    /// Notes of which functions a pass has changed anything.
    pub fn note(
        &self,
        pass: &'static str,
        changes: impl Iterator<Item = bool>,
    ) {
        self.row(pass, |row| {
            for is_changed in changes {
                row.functions += 1;
                row.changed += usize::from(is_changed);
            }
        });
    }

    fn row(&self, pass: &'static str, change: impl FnOnce(&mut Row)) {
        let mut rows = self.lock();
        let index = rows.iter().position(|row| row.pass == pass);
        let index = index.unwrap_or_else(|| {
            let (spent, functions, changed) = (Duration::ZERO, 0, 0);
            rows.push(Row { pass, spent, functions, changed });
            rows.len() - 1
        });
        change(&mut rows[index]);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Row>> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Times {
    /// A line for each pass, in the order in which they first ran.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.lock();
        for row in rows.iter() {
            let line = repl::time(row.pass, row.spent);
            let (changed, functions) = (row.changed, row.functions);
            let line = line.trim_end();
            writeln!(f, "{line}  changed {changed} of {functions}")?;
        }
        let all = rows.iter().map(|row| row.spent).sum();
        f.write_str(&repl::time("all passes", all))
    }
}
