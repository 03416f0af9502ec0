//! The layer that compiles: IR modules to link graphs.

use super::layer::Layer;
use super::responsibility::MaterializationResponsibility;
use super::state::SymbolFlags;
use super::trace;
use crate::codegen::{CodeGenerator, CodegenError, Target, Tuning};
use crate::ir::{Module, verify_module};
use crate::link::LinkGraph;
use crate::symbol::Symbol;
use crate::timing::{Phase, Phases};
use rustc_hash::FxHashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Called for each module when it has been compiled.
pub type Observer = Box<dyn Fn(&Module, &LinkGraph) + Send + Sync>;

/// Compiles IR modules and hands link graphs to the layer below.
// ANCHOR: IrCompileLayer
pub struct IrCompileLayer<B> {
    below: Arc<B>,
    target: Target,
    tuning: Tuning,
    /// Code generators that nobody uses at the moment.
    idle: Mutex<Vec<CodeGenerator>>,
    phases: Arc<Phases>,
    compiled: AtomicUsize,
    code_bytes: AtomicUsize,
    observer: OnceLock<Observer>,
}
// ANCHOR_END: IrCompileLayer

impl<B: Layer<Program = LinkGraph>> IrCompileLayer<B> {
    /// A layer that compiles for a target.
    pub fn new(
        below: Arc<B>,
        target: Target,
        phases: Arc<Phases>,
    ) -> Arc<IrCompileLayer<B>> {
        IrCompileLayer::tuned(below, target, Tuning::default(), phases)
    }

    /// A layer whose code generators make these improvements.
    pub fn tuned(
        below: Arc<B>,
        target: Target,
        tuning: Tuning,
        phases: Arc<Phases>,
    ) -> Arc<IrCompileLayer<B>> {
        Arc::new(IrCompileLayer {
            below,
            target,
            tuning,
            idle: Mutex::default(),
            phases,
            compiled: AtomicUsize::new(0),
            code_bytes: AtomicUsize::new(0),
            observer: OnceLock::new(),
        })
    }

    /// Shows each module and its code to `observer`, the only one there is.
    pub fn observe(&self, observer: Observer) {
        if self.observer.set(observer).is_err() {
            panic!("there is an observer already");
        }
    }

    /// How many functions were compiled, and how large all code is, with its
    /// constants.
    pub fn counts(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        (count(&self.compiled), count(&self.code_bytes))
    }

    /// Compiles a module with a code generator that is idle, or a new one.
    fn compile(&self, module: &Module) -> Result<LinkGraph, CodegenError> {
        let idle = lock(&self.idle).pop();
        let mut codegen = idle
            .unwrap_or_else(|| CodeGenerator::tuned(self.target, self.tuning));
        let result = codegen.compile(module);
        lock(&self.idle).push(codegen);
        result
    }

    /// Tells of a module that has been compiled, and counts it.
    fn note(&self, module: &Module, graph: &LinkGraph) {
        trace::compiled(module, graph);
        let add =
            |counter: &AtomicUsize, n| counter.fetch_add(n, Ordering::Relaxed);
        add(&self.compiled, module.functions.len());
        add(&self.code_bytes, graph.bytes.len());
        if let Some(observer) = self.observer.get() {
            observer(module, graph);
        }
    }
}

impl<B: Layer<Program = LinkGraph>> Layer for IrCompileLayer<B> {
    type Program = Module;

    fn symbols(&self, module: &Module) -> Vec<(Symbol, SymbolFlags)> {
        let functions = module.functions.iter().map(|function| {
            let params = function.signature.params.len();
            (function.name.clone(), SymbolFlags::function(params))
        });
        functions.collect()
    }

    // ANCHOR: emit
    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        mut module: Module,
    ) {
        check(&module);
        keep_wanted(&mut module, &responsibility);
        let compile = || self.compile(&module);
        match self.phases.measure(Phase::Generate, compile) {
            Ok(graph) => {
                self.note(&module, &graph);
                self.below.emit(responsibility, graph);
            }
            Err(error) => responsibility.fail(error),
        }
    }
    // ANCHOR_END: emit
}

/// Stops at IR that is not well formed, in debug builds: whoever made it has
/// a bug.
fn check(module: &Module) {
    if cfg!(debug_assertions)
        && let Err(error) = verify_module(module)
    {
        panic!("{error}\n{module}");
    }
}

/// Drops the functions that were overridden or removed in the meantime.
fn keep_wanted(
    module: &mut Module,
    responsibility: &MaterializationResponsibility,
) {
    if module.functions.len() > 1 {
        let wanted = responsibility.symbols().into_iter();
        let wanted: FxHashSet<Symbol> = wanted.collect();
        module.functions.retain(|f| wanted.contains(&f.name));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is locked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
