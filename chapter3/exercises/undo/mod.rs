//! Exercise: the body before the last one.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    history,
    "cannot undo the third definition of `f`",
    "after two steps back, `g(5)` is Ok([3.0]), not Ok([1.0])"
);

use chapter1::driver::{Driver, JitError};
use chapter1::symbol::Symbol;

// ANCHOR: Undo
/// A JIT in front of another one, which remembers definitions.
pub(super) trait Undo: Driver {
    /// Brings back what a function was before its last definition or removal
    /// that has not been undone.
    ///
    /// # Errors
    /// If there is none, or others rely on what the function is now. Nothing
    /// has changed then.
    fn undo(&self, name: &Symbol) -> Result<(), JitError>;
}
// ANCHOR_END: Undo

/// The methods that a JIT with another `jit` behind it has from that one.
macro_rules! pass_on {
    () => {
        fn base(&self) -> &chapter1::driver::Base {
            self.jit.base()
        }

        fn add(
            &self,
            tracker: &chapter1::orc::ResourceTracker,
            module: chapter1::ir::Module,
        ) -> Result<(), chapter1::orc::DefineError> {
            self.jit.add(tracker, module)
        }

        fn observe(&self, observer: chapter1::orc::Observer) {
            self.jit.observe(observer);
        }

        fn counts(&self) -> chapter1::driver::Counts {
            self.jit.counts()
        }

        fn check_definable(
            &self,
            name: &str,
            params: usize,
        ) -> Result<(), JitError> {
            self.jit.check_definable(name, params)
        }

        fn end_module(&self) {
            self.jit.end_module();
        }

        fn compile(&self, name: &Symbol) -> Result<(), JitError> {
            self.jit.compile(name)
        }

        fn compiled(&self) -> Vec<Symbol> {
            self.jit.compiled()
        }

        fn check_registrable(
            &self,
            name: &str,
            params: usize,
        ) -> Result<(), JitError> {
            self.jit.check_registrable(name, params)
        }
    };
}
use pass_on;
