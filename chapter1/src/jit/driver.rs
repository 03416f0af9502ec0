//! The JIT as a session sees it.

use super::{Counts, Jit, JitError, Observer};
use crate::ir::Module;
use crate::repl::Driver;
use crate::symbol::Symbol;
use crate::timing::Phases;

impl Driver for Jit {
    fn check_definable(&self, name: &str) -> Result<(), JitError> {
        Jit::check_definable(self, name)
    }

    fn define(&mut self, module: Module) -> Result<(), JitError> {
        Jit::define(self, module)
    }

    fn compile(&mut self, name: &Symbol) -> Result<(), JitError> {
        self.lookup(name).map(|_| ())
    }

    fn evaluate(&mut self, module: Module) -> Result<f64, JitError> {
        Jit::evaluate(self, module)
    }

    fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    fn phases(&mut self) -> &mut Phases {
        &mut self.phases
    }

    fn counts(&self) -> Counts {
        self.counts
    }

    fn host_functions(&self) -> Vec<(String, usize)> {
        self.executor.host_symbols()
    }
}
