//! The layer that compiles IR.

use super::layer::Layer;
use super::responsibility::MaterializationResponsibility;
use super::state::SymbolFlags;
use super::trace;
use crate::codegen::{CodeGenerator, Target};
use crate::ir::{Module, verify_module};
use crate::link::LinkGraph;
use crate::symbol::Symbol;
use crate::timing::{Phase, Phases};
use rustc_hash::FxHashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Called for each module when it has been compiled.
pub type Observer = Box<dyn Fn(&Module, &LinkGraph) + Send + Sync>;

/// Compiles IR modules and hands link graphs to the layer below.
pub struct IrCompileLayer<B> {
    below: Arc<B>,
    target: Target,
    /// Code generators that nobody uses at the moment.
    idle: Mutex<Vec<CodeGenerator>>,
    phases: Arc<Phases>,
    compiled: AtomicUsize,
    code_bytes: AtomicUsize,
    observer: OnceLock<Observer>,
}

impl<B: Layer<Program = LinkGraph>> IrCompileLayer<B> {
    /// A layer that compiles for a target.
    pub fn new(
        below: Arc<B>,
        target: Target,
        phases: Arc<Phases>,
    ) -> Arc<IrCompileLayer<B>> {
        Arc::new(IrCompileLayer {
            below,
            target,
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

    /// A code generator, which is put back by `emit`.
    fn code_generator(&self) -> CodeGenerator {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop().unwrap_or_else(|| CodeGenerator::new(self.target))
    }

    fn put_back(&self, codegen: CodeGenerator) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(codegen);
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

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        mut module: Module,
    ) {
        check(&module);
        if module.functions.len() > 1 {
            // Another definition may have come before one of these.
            let wanted = responsibility.symbols().into_iter();
            let wanted: FxHashSet<Symbol> = wanted.collect();
            module.functions.retain(|f| wanted.contains(&f.name));
        }
        let mut codegen = self.code_generator();
        let result =
            self.phases.measure(Phase::Generate, || codegen.compile(&module));
        self.put_back(codegen);
        match result {
            Ok(graph) => {
                trace::compiled(&module, &graph);
                let functions = module.functions.len();
                self.compiled.fetch_add(functions, Ordering::Relaxed);
                let bytes = graph.bytes.len();
                self.code_bytes.fetch_add(bytes, Ordering::Relaxed);
                if let Some(observer) = self.observer.get() {
                    observer(&module, &graph);
                }
                self.below.emit(responsibility, graph);
            }
            Err(error) => responsibility.fail(error),
        }
    }
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
