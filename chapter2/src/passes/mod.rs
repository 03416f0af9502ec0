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
//! | `inline` | calls give way to copies of what they call |
//! | `rotate` | loops test at their end |
//! | `gvn` | nothing is computed twice |
//! | `licm` | loops compute before they begin what never changes |
//! | `dce` | what nobody asks for goes |
//! | `select` | branches that only choose a value become `select` |
//! | `fold` | instructions whose operands are known, worked out |

mod dce;
mod fold;
mod gvn;
mod inline;
mod licm;
mod mem2reg;
mod rotate;
mod sccp;
mod select;
mod simplify;
mod simplifycfg;
mod tailcall;
#[cfg(test)]
mod tests;
mod truth;

pub use dce::Dce;
pub use gvn::Gvn;
pub use inline::{Inline, InlineSelf, is_candidate};
pub use licm::Licm;
pub use mem2reg::Mem2Reg;
pub use rotate::Rotate;
pub use sccp::Sccp;
pub use select::Select;
pub use simplify::Simplify;
pub use simplifycfg::SimplifyCfg;
pub use tailcall::TailCall;
pub use truth::Truth;

use crate::analysis::{Analyses, Pure};
use chapter1::cancel::Cancelled;
use chapter1::ir::{Function, Module};
use chapter1::symbol::Symbol;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a pass has changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
// ANCHOR: Changed
pub enum Changed {
    /// Nothing at all.
    Nothing,
    /// Instructions, but neither blocks nor the ways between them: what
    /// [`Analyses`] know is still true.
    Instructions,
    /// Blocks, or the ways between them.
    ControlFlow,
}
// ANCHOR_END: Changed

/// A change of one function.
// ANCHOR: Pass
pub trait Pass: Send + Sync {
    /// What `--passes` calls it.
    fn name(&self) -> &'static str;

    /// What it does, in a few words.
    fn summary(&self) -> &'static str;

    /// Changes a function, of which `analyses` know.
    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed;

    /// The pass as one that looks at several functions, if it is one: then
    /// it can do nothing with a function alone.
    fn as_module_pass(&self) -> Option<&dyn ModulePass> {
        None
    }
}
// ANCHOR_END: Pass

/// A change of functions that depends on others.
// ANCHOR: ModulePass
pub trait ModulePass {
    /// Changes a module. Returns what has changed of each function.
    ///
    /// # Errors
    /// If everything shall stop. All functions are well formed even then.
    fn run_on_module(
        &self,
        module: &mut Module,
        surroundings: &mut Surroundings,
    ) -> Result<Vec<Changed>, Cancelled>;
}
// ANCHOR_END: ModulePass

/// What passes may know and use besides the module, and what they say of
/// what they have done.
#[derive(Default)]
pub struct Surroundings {
    /// The functions outside of the module whose calls are pure.
    pub pure: Pure,
    /// Functions that are compiled elsewhere, to be inlined.
    pub bodies: FxHashMap<Symbol, Body>,
    /// For each function of the module, whose bodies it has copies of.
    pub inlined: FxHashMap<Symbol, BTreeSet<Symbol>>,
}

/// The body of a function that is compiled elsewhere.
#[derive(Clone)]
pub struct Body {
    /// The function, after the passes that look at other functions, or all.
    pub function: Arc<Function>,
    /// Whose bodies it has copies of.
    pub inlined: Arc<BTreeSet<Symbol>>,
}

/// All passes, in the order in which they do most. Some are there twice.
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
        Arc::new(Inline),
        Arc::new(InlineSelf),
        Arc::new(Rotate),
        Arc::new(Gvn),
        // What has been decided, and what is equal, allows for more.
        Arc::new(SimplifyCfg),
        Arc::new(Select),
        Arc::new(Licm),
        Arc::new(Dce),
    ]
}

/// All passes, each once.
pub fn each() -> Vec<Arc<dyn Pass>> {
    let mut passes = all();
    let mut known = BTreeSet::new();
    passes.retain(|pass| known.insert(pass.name()));
    passes
}

/// The pass of this name.
pub fn find(name: &str) -> Option<Arc<dyn Pass>> {
    all().into_iter().find(|pass| pass.name() == name)
}
