//! Numbers in prose that look measured.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Where `prose` has numbers with the unit of a measurement behind them.
pub(crate) fn loose(prose: &str) -> Vec<Range<usize>> {
    MEASURED.find_iter(prose).map(|found| found.range()).collect()
}

static MEASURED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x) \b \d[\d.,]* \s*
        (?: (?: [nµμmu]s | [kKMG]i?B | times | percent | s | seconds?
              | milliseconds? | microseconds? | nanoseconds? ) \b
          | % )";
    Regex::new(pattern).expect("it is a constant")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_unit_looks_measured() {
        for text in ["3 µs", "1.5\nms", "2,000 MB", "3.4 times", "20%", "1 s"]
        {
            assert_eq!(loose(&format!("so {text}, it")).len(), 1, "{text}");
        }
        for text in ["4096 bytes", "64-bit", "1.91", "x86s", "in 3 steps"] {
            assert!(loose(text).is_empty(), "{text}");
        }
    }
}
