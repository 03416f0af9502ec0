//! The passes: each changes functions for the better, and changes no result.
//!
//! | file | pass |
//! |---|---|
//! | `mem2reg` | variables in stack slots become values |
//! | `sccp` | what is always the same number becomes that number |
//! | `truth` | numbers that only say yes or no become truth values |
//! | `simplify` | simpler instructions that yield the same bits |
//! | `dce` | what nobody asks for goes |
//! | `select` | branches that only choose a value become `select` |
//! | `fold` | instructions whose operands are known, worked out |

mod dce;
mod fold;
mod mem2reg;
mod sccp;
mod select;

mod simplify;
#[cfg(test)]
mod testing;
mod truth;

pub use dce::Dce;
pub use mem2reg::Mem2Reg;
pub use sccp::Sccp;
pub use select::Select;

pub use simplify::Simplify;
pub use truth::Truth;

use crate::analysis::Analyses;
use chapter1::ir::Function;
use std::sync::Arc;

/// What a pass has changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Changed {
    /// Nothing at all.
    Nothing,
    /// Instructions, but neither blocks nor the ways between them: what
    /// [`Analyses`] know is still true.
    Instructions,
    /// Blocks, or the ways between them.
    ControlFlow,
}

/// A change of one function.
pub trait Pass: Send + Sync {
    /// What `--passes` calls it.
    fn name(&self) -> &'static str;

    /// What it does, in a few words.
    fn summary(&self) -> &'static str;

    /// Changes a function, of which `analyses` know.
    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed;
}

/// All passes, in the order in which they do most.
pub fn all() -> Vec<Arc<dyn Pass>> {
    vec![
        Arc::new(Mem2Reg),
        Arc::new(Sccp),
        Arc::new(Truth),
        Arc::new(Simplify),
        Arc::new(Dce),
        Arc::new(Select),
    ]
}
