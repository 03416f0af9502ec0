//! The passes: each changes functions for the better, and changes no result.
//!
//! | file | pass |
//! |---|---|
//! | `tailcall` | self tail calls become loops |
//! | `mem2reg` | variables in stack slots become values |
//! | `sccp` | what is always the same number becomes that number |
//! | `truth` | numbers that only say yes or no become truth values |
//! | `simplify` | simpler instructions that yield the same bits |
//! | `simplifycfg` | fewer blocks and jumps |
//! | `rotate` | loops test at their end |
//! | `gvn` | nothing is computed twice |
//! | `licm` | loops compute before they begin what never changes |
//! | `dce` | what nobody asks for goes |
//! | `select` | branches that only choose a value become `select` |
//! | `fold` | instructions whose operands are known, worked out |

mod dce;
mod fold;
mod gvn;
mod licm;
mod mem2reg;
mod rotate;
mod sccp;
mod select;
mod simplify;
mod simplifycfg;
mod tailcall;
#[cfg(test)]
mod testing;
mod truth;

pub use dce::Dce;
pub use gvn::Gvn;
pub use licm::Licm;
pub use mem2reg::Mem2Reg;
pub use rotate::Rotate;
pub use sccp::Sccp;
pub use select::Select;
pub use simplify::Simplify;
pub use simplifycfg::SimplifyCfg;
pub use tailcall::TailCall;
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
        Arc::new(TailCall),
        Arc::new(Mem2Reg),
        Arc::new(Sccp),
        Arc::new(Truth),
        Arc::new(Simplify),
        // The parameters that lead nowhere hide that a block is empty.
        Arc::new(Dce),
        Arc::new(SimplifyCfg),
        Arc::new(Rotate),
        Arc::new(Gvn),
        // What has been decided, and what is equal, allows for more.
        Arc::new(SimplifyCfg),
        Arc::new(Select),
        Arc::new(Licm),
        Arc::new(Dce),
    ]
}
