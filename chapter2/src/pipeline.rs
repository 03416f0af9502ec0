//! Which passes run, in which order.

use crate::analysis::Analyses;
use crate::passes::{self, Changed, Pass};
use chapter1::cancel;
use chapter1::ir::{Function, Module};
use chapter1::orc::Cause;
use std::sync::Arc;

/// Passes, to be run one after the other.
#[derive(Clone, Default)]
pub struct Pipeline {
    passes: Vec<Arc<dyn Pass>>,
}

impl Pipeline {
    /// These passes, in this order.
    pub fn new(passes: Vec<Arc<dyn Pass>>) -> Pipeline {
        Pipeline { passes }
    }

    /// What `-O2` stands for.
    pub fn optimised() -> Pipeline {
        Pipeline::new(passes::all())
    }

    /// Changes each function of a module.
    ///
    /// # Errors
    /// If somebody wants everything to stop.
    pub fn run(&self, mut module: Module) -> Result<Module, Cause> {
        for function in &mut module.functions {
            self.function(function)?;
        }
        Ok(module)
    }

    fn function(&self, function: &mut Function) -> Result<(), Cause> {
        let mut analyses = Analyses::default();
        for pass in &self.passes {
            cancel::check().map_err(Cause::new)?;
            if pass.run(function, &mut analyses) == Changed::ControlFlow {
                analyses.forget();
            }
            check(&**pass, function);
        }
        Ok(())
    }
}

/// Stops at IR that is not well formed, in debug builds: the pass has a bug.
fn check(pass: &dyn Pass, function: &Function) {
    if cfg!(debug_assertions)
        && let Err(error) = chapter1::ir::verify(function)
    {
        panic!("after {}: {error}\n{function}", pass.name());
    }
}
