//! The JIT of this chapter: that of chapter 1, and a layer on top that
//! optimises.

mod program;

use crate::optimiser::Optimiser;
use crate::parts;
use crate::pipeline::Pipeline;
use crate::transform::IrTransformLayer;
use chapter1::codegen::{Target, Tuning};
use chapter1::definitions::{Again, Origin};
use chapter1::driver::{Base, Counts, Driver, JitError};
use chapter1::executor::memory::{MemoryConfig, MemoryError};
use chapter1::executor::{Executor, Host, InProcess};
use chapter1::ir::Module;
use chapter1::link::LinkGraph;
use chapter1::orc::{
    CodeWatcher, DefineError, HostFunctions, IrCompileLayer, Layer,
    ObjectLinkingLayer, Observer, ResourceTracker,
};
use chapter1::symbol::Symbol;
use std::sync::Arc;

/// Three layers over a session.
// ANCHOR: KaleidoscopeJit
pub struct KaleidoscopeJit {
    /// The lowest layer: link graph to memory.
    pub objects: Arc<ObjectLinkingLayer>,
    /// The layer above: IR to link graph.
    pub compile: Arc<IrCompileLayer<ObjectLinkingLayer>>,
    /// The layer above that: IR to better IR.
    pub optimise:
        Arc<IrTransformLayer<IrCompileLayer<ObjectLinkingLayer>, Optimiser>>,
    base: Base,
}
// ANCHOR_END: KaleidoscopeJit

impl KaleidoscopeJit {
    /// A JIT without definitions, whose code runs in this process.
    ///
    /// # Errors
    /// If there is no memory for code.
    pub fn in_process(host: Host) -> Result<KaleidoscopeJit, MemoryError> {
        let config = MemoryConfig::default();
        let executor = InProcess::new(Target::host(), host, &config)?;
        let pipeline = Pipeline::optimised();
        Ok(KaleidoscopeJit::new(Arc::new(executor), pipeline))
    }

    /// A JIT without definitions, which has all of the executor's lease to
    /// itself.
    // ANCHOR: new
    pub fn new(
        executor: Arc<dyn Executor>,
        pipeline: Pipeline,
    ) -> KaleidoscopeJit {
        let base = Base::new(executor.clone());
        let phases = &base.phases;

        let objects = ObjectLinkingLayer::new(executor.clone(), phases.clone());
        base.session.register(objects.clone());
        let compile = IrCompileLayer::tuned(
            objects.clone(),
            executor.target(),
            Tuning::ALL,
            phases.clone(),
        );
        let optimiser = Optimiser::new(pipeline, &base);
        let optimise = IrTransformLayer::new(compile.clone(), optimiser);

        // What has failed is made again; then the host is asked.
        let again = Again::new(optimise.clone(), base.definitions.clone());
        base.main.add_generator(again);
        base.main.add_generator(Arc::new(HostFunctions::new(executor)));
        KaleidoscopeJit { objects, compile, optimise, base }
    }
    // ANCHOR_END: new

    /// What the optimising layer does.
    pub fn optimiser(&self) -> &Optimiser {
        self.optimise.transform()
    }
}

impl Driver for KaleidoscopeJit {
    fn base(&self) -> &Base {
        &self.base
    }

    // ANCHOR: add
    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.optimise.add(tracker, module)
    }
    // ANCHOR_END: add

    fn define_part(
        &self,
        module: &Module,
        origin: Origin,
    ) -> Result<(), JitError> {
        parts::define(self, &self.optimise, module, origin)
    }

    fn end_module(&self) {
        self.optimiser().modules.close();
    }

    fn preview(&self, module: Module) -> Result<(Module, LinkGraph), JitError> {
        let optimiser = self.optimiser();
        let company = optimiser.company(&module);
        optimiser.preview(&self.base, module, company, Tuning::ALL)
    }

    fn remove(&self, name: &Symbol) -> Result<(), JitError> {
        self.base.remove(name)?;
        self.optimiser().modules.forget(name);
        Ok(())
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
