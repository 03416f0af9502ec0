//! What somebody may have meant.

use strsim::jaro_winkler;

/// Nobody mistypes names longer than this.
const LONGEST: usize = 64;

/// How alike two names are, from 0 to 1, so that one may be meant by the
/// other. (`syms` and `symbols`: 0.91.)
const ALIKE: f64 = 0.8;

/// The candidate that is most like a name, if any is like it.
pub(super) fn nearest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let candidates = candidates.into_iter();
    let candidates = candidates.filter(|other| other.len() <= LONGEST);
    candidates
        .map(|other| (jaro_winkler(name, other), other))
        .filter(|&(likeness, other)| {
            likeness > ALIKE || other.starts_with(name)
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["quit", "asm", "ast", "symbols"];

    fn near(name: &str) -> Option<&'static str> {
        nearest(name, NAMES)
    }

    #[test]
    fn a_slip_is_forgiven() {
        assert_eq!(near("qiut"), Some("quit"));
        assert_eq!(near("symbol"), Some("symbols"));
        assert_eq!(near("assm"), Some("asm"));
    }

    #[test]
    fn a_beginning_is_enough() {
        assert_eq!(near("q"), Some("quit"));
        assert_eq!(near("syms"), Some("symbols"));
    }

    #[test]
    fn what_is_far_is_not_suggested() {
        assert_eq!(near("frobnicate"), None);
        assert_eq!(near("x"), None);
        assert_eq!(near(""), None);
    }

    #[test]
    fn the_nearest_of_several_comes_first() {
        assert_eq!(nearest("fib2", ["fib", "fob2", "fib22"]), Some("fib22"));
    }

    #[test]
    fn a_megabyte_of_name_takes_no_time() {
        assert_eq!(near(&"q".repeat(1 << 20)), None);
    }
}
