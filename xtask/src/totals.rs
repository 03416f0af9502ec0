//! The totals of a test run, read from what `cargo test` prints.

use std::fmt;

/// Tests counted over all test binaries, documentation tests included.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Totals {
    /// Tests that ran and succeeded.
    pub(crate) passed: u64,
    /// Tests that ran and failed.
    pub(crate) failed: u64,
}

impl Totals {
    /// Sums the summary line of every test binary in `output`, such as
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn of(output: &str) -> Totals {
        let mut totals = Totals::default();
        let summaries =
            output.lines().filter_map(|line| line.strip_prefix(PREFIX));
        for summary in summaries {
            totals.passed += count(summary, "passed");
            totals.failed += count(summary, "failed");
        }
        totals
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

const PREFIX: &str = "test result: ";

/// The number before `what`: 12 in `ok. 12 passed; 0 failed` for `passed`.
fn count(summary: &str, what: &str) -> u64 {
    let words: Vec<&str> = summary
        .split([' ', ';', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let pair = words.windows(2).find(|pair| pair[1] == what);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_all_binaries_are_added() {
        let output = "\
     Running unittests src/lib.rs (target/debug/deps/a-0)
test a::test result: ok. 7 passed ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
finished in 0.01s

   Doc-tests a

test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; \
finished in 1.20s
";
        // A line that merely contains a summary does not count.
        let expected = Totals { passed: 12 + 30, failed: 0 };
        assert_eq!(Totals::of(output), expected);
        assert_eq!(expected.to_string(), "42 passed, 0 failed");
    }

    #[test]
    fn failures_are_counted() {
        let output = "test result: FAILED. 3 passed; 2 failed; 0 ignored; \
                      0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(Totals::of(output), Totals { passed: 3, failed: 2 });
    }

    #[test]
    fn output_without_a_summary_counts_nothing() {
        assert_eq!(Totals::of("error: no\n"), Totals::default());
    }
}
