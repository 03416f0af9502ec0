//! The JIT of this chapter: that of chapter 2, and a layer on top that waits
//! until a function is called.

mod program;

use crate::compile_on_demand::CompileOnDemandLayer;
use crate::modules::Modules;
use crate::nearby::Nearby;
use crate::partition::{Partition, per_function};
use crate::self_calls::{ObjectTransformLayer, TUNING, by_pointer};
use chapter1::codegen::Target;
use chapter1::definitions::Origin;
use chapter1::driver::{Base, Counts, Driver, JitError};
use chapter1::executor::memory::{MemoryConfig, MemoryError};
use chapter1::executor::{Executor, Host, InProcess};
use chapter1::ir::Module;
use chapter1::link::LinkGraph;
use chapter1::orc::{
    CodeWatcher, DefineError, IrCompileLayer, Layer, ObjectLinkingLayer,
    Observer, ResourceTracker,
};
use chapter1::symbol::Symbol;
use chapter2::optimiser::Optimiser;
use chapter2::pipeline::Pipeline;
use chapter2::transform::IrTransformLayer;
use std::sync::Arc;

/// The layer that gives each version of a function a pointer to itself.
pub type Versions =
    ObjectTransformLayer<ObjectLinkingLayer, fn(&mut LinkGraph)>;

/// The layer above: IR to link graph.
pub type Compile = IrCompileLayer<Versions>;

/// The layer above that: IR to better IR.
pub type Optimise = IrTransformLayer<Compile, Nearby>;

/// Five layers over a session.
// ANCHOR: KaleidoscopeJit
pub struct KaleidoscopeJit {
    /// The lowest layer: link graph to memory.
    pub objects: Arc<ObjectLinkingLayer>,
    /// Self-calls by a pointer.
    pub versions: Arc<Versions>,
    /// IR to link graph.
    pub compile: Arc<Compile>,
    /// IR to better IR.
    pub optimise: Arc<Optimise>,
    /// The top: nothing, until somebody calls.
    pub demand: Arc<CompileOnDemandLayer<Optimise>>,
    modules: Arc<Modules>,
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
        let executor = Arc::new(executor);
        Ok(KaleidoscopeJit::new(executor, pipeline, Box::new(per_function)))
    }

    /// A JIT without definitions, which has all of the executor's lease to
    /// itself.
    // ANCHOR: new
    pub fn new(
        executor: Arc<dyn Executor>,
        pipeline: Pipeline,
        partition: Box<dyn Partition>,
    ) -> KaleidoscopeJit {
        let base = Base::new(executor.clone());
        let (phases, definitions) = (&base.phases, &base.definitions);

        let objects = ObjectLinkingLayer::new(executor.clone(), phases.clone());
        base.session.register(objects.clone());
        let by_pointer: fn(&mut LinkGraph) = by_pointer;
        let versions = ObjectTransformLayer::new(objects.clone(), by_pointer);
        let target = executor.target();
        let compile = IrCompileLayer::tuned(
            versions.clone(),
            target,
            TUNING,
            phases.clone(),
        );
        let modules = Arc::new(Modules::default());
        let optimiser = Optimiser::new(pipeline, &base);
        let nearby =
            Nearby::new(optimiser, definitions.clone(), modules.clone());
        let optimise = IrTransformLayer::new(compile.clone(), nearby);
        let demand = CompileOnDemandLayer::new(
            optimise.clone(),
            objects.clone(),
            &base,
            modules.clone(),
            partition,
        );
        KaleidoscopeJit {
            objects,
            versions,
            compile,
            optimise,
            demand,
            modules,
            base,
        }
    }
    // ANCHOR_END: new

    /// What the optimising layer does.
    pub fn optimiser(&self) -> &Optimiser {
        &self.optimise.transform().optimiser
    }
}

impl Driver for KaleidoscopeJit {
    fn base(&self) -> &Base {
        &self.base
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.demand.sweep();
        self.demand.add(tracker, module)
    }

    fn check_definable(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), JitError> {
        let name = Symbol::find(name);
        name.map_or(Ok(()), |name| self.demand.check_definable(&name, params))
    }

    fn check_registrable(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), JitError> {
        // A stub that waits for a definition can lead to the host instead.
        let definitions = &self.base.definitions;
        match Symbol::find(name).filter(|it| definitions.get(it).is_some()) {
            Some(symbol) => Err(JitError::Duplicate { symbol, is_host: false }),
            None => Ok(definitions.check(name, params)?),
        }
    }

    fn define(&self, module: &Module, origin: Origin) -> Result<(), JitError> {
        self.demand.define(module, origin)
    }

    fn end_module(&self) {
        self.modules.close();
    }

    fn remove(&self, name: &Symbol) -> Result<(), JitError> {
        self.demand.remove(name)
    }

    fn compile(&self, name: &Symbol) -> Result<(), JitError> {
        let callees = || self.base.definitions.callees(name);
        let result = self.demand.compile(name);
        result.map_err(|error| self.base.explain(&error, name, &callees()))
    }

    fn compiled(&self) -> Vec<Symbol> {
        self.demand.compiled()
    }

    fn preview(&self, module: Module) -> Result<(Module, LinkGraph), JitError> {
        let company = self.optimise.transform().company(&module);
        self.optimiser().preview(&self.base, module, company, TUNING)
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
