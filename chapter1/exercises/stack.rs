//! A JIT whose layers for modules are an exercise.

use chapter1::codegen::Target;
use chapter1::definitions::Again;
use chapter1::driver::{Base, Counts, Driver};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter1::ir::Module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    DefineError, HostFunctions, Layer, ObjectLinkingLayer, Observer,
    ResourceTracker,
};
use std::sync::Arc;

/// The usual lowest layer, and one for modules above.
pub(crate) struct Stack<L> {
    base: Base,
    top: Arc<L>,
}

impl<L: Layer<Program = Module>> Stack<L> {
    /// A JIT without definitions, with `top` on the lowest layer.
    pub(crate) fn program(
        top: impl FnOnce(&Base, Arc<ObjectLinkingLayer>) -> Arc<L>,
    ) -> Kaleidoscope<Stack<L>> {
        let memory = MemoryConfig::default();
        let executor = InProcess::new(Target::host(), Host::default(), &memory);
        let executor = Arc::new(executor.expect("there is memory"));
        let base = Base::new(executor.clone());
        let objects =
            ObjectLinkingLayer::new(executor.clone(), base.phases.clone());
        base.session.register(objects.clone());
        let top = top(&base, objects);
        let again = Again::new(top.clone(), base.definitions.clone());
        base.main.add_generator(again);
        base.main.add_generator(Arc::new(HostFunctions::new(executor)));
        Kaleidoscope::new(Stack { base, top })
    }
}

impl<L: Layer<Program = Module>> Driver for Stack<L> {
    fn base(&self) -> &Base {
        &self.base
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.top.add(tracker, module)
    }

    fn observe(&self, _: Observer) {}

    fn counts(&self) -> Counts {
        Counts::default()
    }
}
