//! Which functions were active when code was left without a result.

use crate::executor::Frames;
use crate::orc::ExecutionSession;
use crate::symbol::Symbol;
use crate::syntax::diagnostics::cut;
use std::fmt;

/// The longest sequence of functions whose repetition is noticed.
const MAX_PERIOD: usize = 4;

/// After so many entries the rest is left out.
const MAX_SHOWN: usize = 8;

/// The functions that were active, innermost first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ActiveCalls {
    /// Their names.
    pub names: Vec<Symbol>,
    /// Whether there were more.
    pub is_cut: bool,
}

impl ActiveCalls {
    /// The names of the functions whose code some addresses are in. Code
    /// without a name is left out.
    pub fn new(session: &ExecutionSession, frames: &Frames) -> ActiveCalls {
        let addresses = frames.addresses.iter();
        let names = addresses.filter_map(|&at| session.symbol_at(at));
        let names = names.map(|(name, _)| name).collect();
        ActiveCalls { names, is_cut: frames.is_cut }
    }
}

impl fmt::Display for ActiveCalls {
    /// `in f, called by g (62 times), called by h`: who called whom, with
    /// repetitions counted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &self.names[..];
        let mut shown = 0;
        while !rest.is_empty() {
            if shown == MAX_SHOWN {
                return f.write_str(", and so on");
            }
            f.write_str(if shown == 0 { "in " } else { ", called by " })?;
            let (period, times) = repetition(rest);
            let names = rest[..period].iter();
            let names = names.map(|name| format!("`{}`", cut(name)));
            let names: Vec<String> = names.collect();
            f.write_str(&names.join(" from "))?;
            if times > 1 {
                write!(f, " ({times} times)")?;
            }
            rest = &rest[period * times..];
            shown += 1;
        }
        if self.is_cut { f.write_str(", and so on") } else { Ok(()) }
    }
}

/// How long a sequence the names begin with, and how often it comes. Of
/// several, the one that covers most is taken.
fn repetition(names: &[Symbol]) -> (usize, usize) {
    let times = |period: usize| {
        let pattern = &names[..period];
        let chunks = names.chunks_exact(period);
        chunks.take_while(|chunk| *chunk == pattern).count()
    };
    let periods = 1..=MAX_PERIOD.min(names.len());
    let repeated = periods.map(|period| (period, times(period)));
    let repeated = repeated.filter(|&(_, times)| times > 1);
    // The shortest of those that cover the same.
    let best = repeated.rev().max_by_key(|(period, times)| period * times);
    best.unwrap_or((1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &str, is_cut: bool) -> String {
        let names = names.split_whitespace().map(Symbol::new).collect();
        ActiveCalls { names, is_cut }.to_string()
    }

    #[test]
    fn callers_follow_callees() {
        assert_eq!(
            shown("c b a", false),
            "in `c`, called by `b`, called by `a`"
        );
    }

    #[test]
    fn repetitions_are_counted() {
        assert_eq!(shown("f f f f", true), "in `f` (4 times), and so on");
        assert_eq!(
            shown("leaf odd even odd even odd even start", false),
            "in `leaf`, called by `odd` from `even` (3 times), called by \
             `start`"
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let text = shown("a b c d e f g h i j k", false);
        assert!(text.ends_with("called by `h`, and so on"), "{text}");
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(shown("", false), "");
    }
}
