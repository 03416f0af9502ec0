//! Definition generators: symbols that are defined when somebody asks for
//! them.

use super::dylib::JitDylib;
use super::session::DefineError;
use super::state::{Cause, Params, SymbolFlags};
use super::unit::AbsoluteSymbols;
use crate::executor::{Executor, HostError, HostFunction, MAX_PARAMETERS};
use crate::symbol::Symbol;
use std::sync::Arc;

/// Defines symbols that a lookup has not found.
// ANCHOR: DefinitionGenerator
pub trait DefinitionGenerator: Send + Sync {
    /// What to call it in a trace.
    fn name(&self) -> &str;

    /// Defines, in a dylib, those of the names that it knows something
    /// about. Other threads may be doing the same at this moment.
    ///
    /// # Errors
    /// If the lookup shall fail.
    fn generate(&self, dylib: &JitDylib, names: &[Symbol])
    -> Result<(), Cause>;
}
// ANCHOR_END: DefinitionGenerator

/// Defines the functions of the executor's host. They give way to any other
/// definition, as long as nothing is bound to them.
pub struct HostFunctions {
    executor: Arc<dyn Executor>,
}

impl HostFunctions {
    /// The functions of an executor's host.
    pub fn new(executor: Arc<dyn Executor>) -> HostFunctions {
        HostFunctions { executor }
    }
}

impl DefinitionGenerator for HostFunctions {
    fn name(&self) -> &str {
        "host functions"
    }

    // ANCHOR: generate
    fn generate(
        &self,
        dylib: &JitDylib,
        names: &[Symbol],
    ) -> Result<(), Cause> {
        for name in names {
            let function = match self.executor.host_symbol(name) {
                Ok(function) => function,
                Err(HostError::Unknown(_)) => continue,
                Err(refusal) => return Err(Cause::new(refusal)),
            };
            let params = Params::from(&function);
            let (weak, pure) = (true, function.is_pure);
            let flags =
                SymbolFlags { weak, pure, params, ..SymbolFlags::FUNCTION };
            let symbol = (name.clone(), function.address, flags);
            match dylib.define(AbsoluteSymbols(vec![symbol])) {
                // Weak symbols are never duplicates.
                Ok(()) | Err(DefineError::Duplicate(_)) => {}
                Err(error) => return Err(Cause::new(error)),
            }
        }
        Ok(())
    }
    // ANCHOR_END: generate
}

impl From<&HostFunction> for Params {
    fn from(function: &HostFunction) -> Params {
        match function.params {
            Some(params) => Params::Exactly(params as u32),
            None => Params::AtMost(MAX_PARAMETERS as u32),
        }
    }
}
