//! The passes: each changes functions for the better, and changes no result.
//!
//! | file | pass |
//! |---|---|
//! | `mem2reg` | variables in stack slots become values |
//! | `inline` | calls give way to copies of what they call |

mod inline;
mod mem2reg;

pub use inline::{Inline, InlineSelf, is_candidate};
pub use mem2reg::Mem2Reg;

use crate::analysis::{Analyses, Pure};
use chapter1::cancel::Cancelled;
use chapter1::ir::{Function, Module};
use chapter1::symbol::Symbol;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
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

    /// The pass as one that looks at several functions, if it is one: then
    /// it can do nothing with a function alone.
    fn as_module_pass(&self) -> Option<&dyn ModulePass> {
        None
    }
}

/// A change of functions that depends on others.
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
    /// The function, after all passes.
    pub function: Arc<Function>,
    /// Whose bodies it has copies of.
    pub inlined: Arc<BTreeSet<Symbol>>,
}

/// All passes, those first that others find something to do after.
pub fn all() -> Vec<Arc<dyn Pass>> {
    vec![Arc::new(Mem2Reg), Arc::new(Inline), Arc::new(InlineSelf)]
}

/// The pass of this name.
pub fn find(name: &str) -> Option<Arc<dyn Pass>> {
    all().into_iter().find(|pass| pass.name() == name)
}
