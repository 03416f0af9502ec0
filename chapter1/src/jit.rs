//! The JIT of this chapter: two layers, put together.
//!
//! Modules are kept until one of their functions is needed; then it is
//! compiled and linked, with all that it calls.

mod program;

use crate::codegen::Target;
use crate::definitions::Again;
use crate::driver::{Base, Counts, Driver};
use crate::executor::memory::{MemoryConfig, MemoryError};
use crate::executor::{Executor, Host, InProcess};
use crate::ir::Module;
use crate::orc::{
    CodeWatcher, DefineError, HostFunctions, IrCompileLayer, Layer,
    ObjectLinkingLayer, Observer, ResourceTracker,
};
use std::sync::Arc;

/// Two layers over a session.
// ANCHOR: KaleidoscopeJit
pub struct KaleidoscopeJit {
    /// The lowest layer: link graph to memory.
    pub objects: Arc<ObjectLinkingLayer>,
    /// The layer above: IR to link graph.
    pub compile: Arc<IrCompileLayer<ObjectLinkingLayer>>,
    base: Base,
}
// ANCHOR_END: KaleidoscopeJit

impl KaleidoscopeJit {
    /// A JIT without definitions, whose code runs in this process.
    ///
    /// # Errors
    /// If there is no memory for code.
    // ANCHOR: in_process
    pub fn in_process(host: Host) -> Result<KaleidoscopeJit, MemoryError> {
        let config = MemoryConfig::default();
        let executor = InProcess::new(Target::host(), host, &config)?;
        Ok(KaleidoscopeJit::new(Arc::new(executor)))
    }
    // ANCHOR_END: in_process

    /// A JIT without definitions, which has all of the executor's lease to
    /// itself.
    // ANCHOR: new
    pub fn new(executor: Arc<dyn Executor>) -> KaleidoscopeJit {
        let base = Base::new(executor.clone());
        let phases = &base.phases;

        let objects = ObjectLinkingLayer::new(executor.clone(), phases.clone());
        base.session.register(objects.clone());
        let compile = IrCompileLayer::new(
            objects.clone(),
            executor.target(),
            phases.clone(),
        );

        // What has failed is made again; then the host is asked.
        let again = Again::new(compile.clone(), base.definitions.clone());
        base.main.add_generator(again);
        base.main.add_generator(Arc::new(HostFunctions::new(executor)));
        KaleidoscopeJit { objects, compile, base }
    }
    // ANCHOR_END: new
}

// ANCHOR: Driver
impl Driver for KaleidoscopeJit {
    fn base(&self) -> &Base {
        &self.base
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.compile.add(tracker, module)
    }

    fn observe(&self, observer: Observer) {
        self.compile.observe(observer);
    }

    fn watch_code(&self, watcher: CodeWatcher) {
        self.objects.watch(watcher);
    }

    fn counts(&self) -> Counts {
        let (compiled, code_bytes) = self.compile.counts();
        let defined = self.base.definitions.count();
        Counts { defined, compiled, code_bytes }
    }
}
// ANCHOR_END: Driver

#[cfg(test)]
mod tests;
