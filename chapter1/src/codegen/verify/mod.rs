//! Every register allocation, checked by somebody else.
//!
//! regalloc2 comes with a checker of its results: it follows the values of a
//! function through registers and memory, and compares what an instruction
//! finds in its operands with what it asked for. It does not care who made
//! the allocation. So we translate ours: the function becomes one in
//! regalloc2's terms, in which each value is a virtual register, and moves,
//! reloads and spill stores become its *edits*.
//!
//! An error that allocator and translation have in common would go unseen.
//! Therefore what can be learnt from the IR is learnt there: which values are
//! constants, where arguments are passed, what a block returns. From the
//! allocator come only its decisions, and they are read as the emitter reads
//! them. Where the emitter writes bytes, the translation writes this:
//!
//! | emitted | translated |
//! |---|---|
//! | the function's entry | an instruction that defines the parameters |
//! | nothing, for a constant | a definition in a stack slot of its own |
//! | a comparison that leaves its result in the flags | one without result |
//! | a move, a store to a home | an edit |
//! | a move between memory and memory | two edits, by way of `r11` |
//! | a call | a reader of the stacked arguments, moves, the call |
//! | a jump with its moves | a block for each target of a branch |
//! | a return in the place of a jump to one | the jump and the return |

mod code;
mod constants;
mod error;
mod translate;

#[cfg(test)]
mod tests;

pub use error::{Problem, Refusal};

use super::order::Order;
use super::regalloc::Allocator;
use crate::ir::Function;

/// The checker keeps the contents of every place at the beginning of every
/// block, and goes through a loop again for each loop around it. At most so
/// many contents are looked at (that takes a second, and a gigabyte if there
/// are no loops).
const MAX_WORK: usize = 1 << 23;

/// Checks what `allocator` has decided for `function`.
///
/// A function with so many blocks, spilled values and loops inside each other
/// that the checker would not come to an end is translated, but not followed:
/// a few mistakes would be found, most would not.
///
/// # Errors
/// If the code made from the allocation would compute something else than
/// the function says.
pub fn check(
    function: &Function,
    order: &Order,
    allocator: &Allocator,
) -> Result<(), Refusal> {
    let code = translate::translate(function, order, allocator)?;
    match code.contents().saturating_mul(1 + loop_depth(order)) {
        ..=MAX_WORK => code.check(),
        _ => Ok(()),
    }
}

/// How deep loops are in each other.
fn loop_depth(order: &Order) -> usize {
    let mut depths: Vec<usize> = Vec::new();
    for inner in &order.loops {
        // A loop comes after those around it.
        let outer = inner.parent.map_or(0, |outer| depths[outer as usize]);
        depths.push(outer + 1);
    }
    depths.into_iter().max().unwrap_or(0)
}
