//! What the code generator does for IR that has been optimised.
//!
//! In IR straight from the source, variables live in memory, and what follows
//! would make hardly any difference. So none of it is done by default.

/// Which improvements are made.
// ANCHOR: Tuning
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tuning {
    /// A comparison may stay in the flags until they are needed, if all that
    /// comes in between keeps them.
    pub keep_flags: bool,
    /// What an innermost loop reads is in registers before it begins, if it
    /// calls nothing.
    pub preload: bool,
    /// A value for the next round of a loop is computed in the register in
    /// which that round expects it, or moved there before the branch.
    pub next_round: bool,
    /// Innermost loops begin at a multiple of [`LOOP_ALIGN`] bytes.
    pub align_loops: bool,
    /// Where a function calls itself, there is room for a call through a
    /// pointer. That is no improvement by itself.
    pub wide_self_calls: bool,
}
// ANCHOR_END: Tuning

/// The alignment of innermost loops.
pub const LOOP_ALIGN: u32 = 32;

impl Tuning {
    /// All improvements.
    pub const ALL: Tuning = Tuning {
        keep_flags: true,
        preload: true,
        next_round: true,
        align_loops: true,
        wide_self_calls: false,
    };
}

#[cfg(test)]
mod tests;
