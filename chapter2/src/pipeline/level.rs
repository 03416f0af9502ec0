//! What `-O0`, `-O1` and `-O2` stand for.

use super::Pipeline;
use crate::passes;

/// How much is done for speed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Level {
    /// What the language promises, and no more: a self tail call takes no
    /// stack.
    O0,
    /// What makes code smaller, too.
    O1,
    /// What makes code faster, larger too.
    #[default]
    O2,
}

/// The one thing that is done at every level.
const O0: &[&str] = &["tailcall"];

/// Functions on their own first, so that small ones are small when they are
/// inlined; then once more, if anything was, with what has come to light by
/// that.
const O1: &[&str] = &[
    "tailcall",
    "mem2reg",
    "sccp",
    "truth",
    "simplify",
    "dce",
    "simplifycfg",
    "inline",
    "tailcall",
    "sccp",
    "truth",
    "simplify",
    "dce",
    "simplifycfg",
    "rotate",
    "gvn",
    "simplifycfg",
    "select",
    "licm",
    "simplify",
    "dce",
];

// ANCHOR: O2
const O2: &[&str] = &[
    "tailcall",
    "mem2reg",
    "sccp",
    "truth",
    "simplify",
    "dce",
    "simplifycfg",
    "inline",
    "simplifycfg",
    // Twice: what a function calls itself with is then known two calls deep.
    "inline-self",
    "simplifycfg",
    "inline-self",
    "tailcall",
    "sccp",
    "truth",
    "simplify",
    "dce",
    "simplifycfg",
    "rotate",
    "gvn",
    "simplifycfg",
    "select",
    "licm",
    "simplify",
    "dce",
];
// ANCHOR_END: O2

impl Level {
    /// All levels.
    pub const ALL: [Level; 3] = [Level::O0, Level::O1, Level::O2];

    /// The names of its passes, in order.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Level::O0 => O0,
            Level::O1 => O1,
            Level::O2 => O2,
        }
    }

    /// Its passes.
    pub fn pipeline(self) -> Pipeline {
        let names = self.names();
        let passes = names.iter().filter_map(|name| passes::find(name));
        let pipeline = Pipeline::new(passes.collect());
        let place = |name| names.iter().rposition(|&it| it == name);
        match (place("tailcall"), place("rotate")) {
            (Some(start), Some(end)) => pipeline.after_inlining(start..end),
            _ => pipeline,
        }
    }
}
