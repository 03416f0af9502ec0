//! The JIT of this chapter: definitions are kept as IR until something that
//! needs them is looked up; then they, and all that they call, are compiled,
//! linked and published together.
//!
//! | file | what it has |
//! |---|---|
//! | `plan` | what a lookup needs |
//! | `error` | what can go wrong |
//! | `driver` | the JIT as a session sees it |

mod driver;
mod error;
mod plan;

pub use error::{JitError, Path};

use crate::codegen::{CodeGenerator, Target};
use crate::executor::memory::{MemoryConfig, MemoryError};
use crate::executor::{
    Executor, ExecutorAddr, Host, HostError, HostFunction, InProcess,
    SegmentKind,
};
use crate::ir::{Module, verify_module};
use crate::link::{LinkError, LinkGraph, Linker, NoRoom, Placed, Published};
use crate::symbol::Symbol;
use crate::timing::{Phase, Phases};
use plan::Plan;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What is known of a name.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Defined by a module that is kept as IR.
    Defined(usize),
    /// Machine code at this address.
    Ready(ExecutorAddr),
    /// Bound to a function of the host.
    Host(HostFunction),
}

impl State {
    /// Where it can be called, if it has been compiled.
    fn address(&self) -> Option<ExecutorAddr> {
        match self {
            State::Defined(_) => None,
            State::Ready(address) => Some(*address),
            State::Host(function) => Some(function.address),
        }
    }
}

/// How much has been done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// The functions that were defined.
    pub defined: usize,
    /// The functions that were compiled, top-level expressions included.
    pub compiled: usize,
    /// The size of all code that was compiled, constants included.
    pub code_bytes: usize,
}

/// Called for each module when it has been compiled.
pub type Observer = Box<dyn FnMut(&Module, &LinkGraph)>;

/// A just-in-time compiler.
pub struct Jit {
    codegen: CodeGenerator,
    linker: Linker,
    executor: Arc<dyn Executor>,
    symbols: FxHashMap<Symbol, State>,
    /// The modules that have not been compiled.
    modules: Vec<Option<Module>>,
    /// How much has been done.
    pub counts: Counts,
    /// How long it took.
    pub phases: Phases,
    /// Who wants to see each module and its code.
    pub observer: Option<Observer>,
}

impl Jit {
    /// A JIT without any definitions, whose code runs in this process.
    ///
    /// # Errors
    /// If there is no memory for code.
    pub fn new(
        target: Target,
        host: Host,
        memory: &MemoryConfig,
    ) -> Result<Jit, MemoryError> {
        let executor = InProcess::new(target, host, memory)?;
        Ok(Jit::with_executor(Arc::new(executor)))
    }

    /// A JIT without any definitions, which has all of the executor's lease
    /// to itself.
    pub fn with_executor(executor: Arc<dyn Executor>) -> Jit {
        Jit {
            codegen: CodeGenerator::new(executor.target()),
            linker: Linker::new(executor.lease()),
            executor,
            symbols: FxHashMap::default(),
            modules: Vec::new(),
            counts: Counts::default(),
            phases: Phases::default(),
            observer: None,
        }
    }

    /// Whether a name can be given a definition.
    ///
    /// # Errors
    /// [`JitError::Duplicate`] if it has one.
    pub fn check_definable(&self, name: &str) -> Result<(), JitError> {
        let symbol = Symbol::new(name);
        match self.symbols.get(&symbol) {
            None => Ok(()),
            Some(state) => {
                let is_host = matches!(state, State::Host(_));
                Err(JitError::Duplicate { symbol, is_host })
            }
        }
    }

    /// Keeps a module until one of its functions is needed.
    ///
    /// # Errors
    /// If one of its functions has been defined. Nothing is kept then.
    pub fn define(&mut self, module: Module) -> Result<(), JitError> {
        check(&module);
        for function in &module.functions {
            self.check_definable(&function.name)?;
        }
        let state = State::Defined(self.modules.len());
        for function in &module.functions {
            self.symbols.insert(function.name.clone(), state);
            self.counts.defined += 1;
        }
        self.modules.push(Some(module));
        Ok(())
    }

    /// The address of a function, which is compiled first if need be, with
    /// all that it calls.
    ///
    /// # Errors
    /// If it, or something it needs, does not exist or cannot be compiled.
    /// All definitions are as before then.
    pub fn lookup(&mut self, name: &str) -> Result<ExecutorAddr, JitError> {
        let name = Symbol::new(name);
        let mut plan = Plan::default();
        plan.want(&name, None);
        self.find_needed(&mut plan)?;
        self.compile(&plan)?;
        Ok(self.symbols[&name].address().expect("it has been compiled"))
    }

    /// Compiles a module of one function without parameters, runs it, and
    /// gives its memory back.
    ///
    /// # Errors
    /// If something that it calls does not exist or cannot be compiled.
    ///
    /// # Panics
    /// If the module is no such module.
    pub fn evaluate(&mut self, module: Module) -> Result<f64, JitError> {
        check(&module);
        let [function] = &module.functions[..] else {
            panic!("an expression is one function")
        };
        assert!(function.signature.params.is_empty(), "without parameters");
        let mut plan = Plan::default();
        plan.scan(function);
        self.find_needed(&mut plan)?;
        self.compile(&plan)?;
        let placed = self.generate(&module)?;
        let entry = placed.definitions().next().expect("one function").1;
        let published = self.publish(placed, &FxHashMap::default())?;
        let Jit { phases, executor, .. } = self;
        let value = phases.measure(Phase::Run, || {
            // SAFETY: the function has been published, takes no parameters
            // and returns a number. It is freed below.
            unsafe { executor.call(entry, &[]) }
        });
        self.linker.free(published);
        Ok(value?)
    }

    /// How many bytes of memory for code are in use.
    pub fn memory_used(&self) -> u64 {
        self.linker.used(SegmentKind::Code)
    }

    /// Completes a plan: follows calls to what is not compiled yet.
    fn find_needed(&mut self, plan: &mut Plan) -> Result<(), JitError> {
        while let Some((name, declared)) = plan.wanted.pop() {
            match self.symbols.get(&name) {
                Some(&State::Defined(index)) => {
                    if plan.add(index) {
                        let module = self.modules[index].as_ref();
                        let module = module.expect("not compiled yet");
                        for function in &module.functions {
                            plan.scan(function);
                        }
                    }
                }
                Some(State::Ready(_)) => {}
                Some(State::Host(function)) => {
                    plan.check_params(&name, function, declared)?;
                }
                None => {
                    let function = self.find_host(plan, &name)?;
                    plan.check_params(&name, &function, declared)?;
                    plan.bound.push((name, function));
                }
            }
        }
        Ok(())
    }

    fn find_host(
        &self,
        plan: &Plan,
        name: &Symbol,
    ) -> Result<HostFunction, JitError> {
        let path = || plan.path_to(name);
        self.executor.host_symbol(name).map_err(|error| match error {
            HostError::Unknown(_) => JitError::Missing { path: path() },
            HostError::NotAllowed(_) => JitError::NotAllowed { path: path() },
        })
    }

    /// Compiles what a plan lists. If anything fails, nothing has changed.
    fn compile(&mut self, plan: &Plan) -> Result<(), JitError> {
        let placed = self.generate_all(plan)?;
        let mut symbols = FxHashMap::default();
        for (name, function) in &plan.bound {
            symbols.insert(name.clone(), State::Host(*function));
        }
        for graph in &placed {
            for (name, address, _) in graph.definitions() {
                symbols.insert(name.clone(), State::Ready(address));
            }
        }
        self.publish_all(placed, &symbols)?;
        // Only now, because what has an address can be called.
        self.symbols.extend(symbols);
        for &index in &plan.modules {
            self.modules[index] = None;
        }
        Ok(())
    }

    /// Compiles the modules of a plan, and finds a place for their code.
    fn generate_all(&mut self, plan: &Plan) -> Result<Vec<Placed>, JitError> {
        let mut placed = Vec::with_capacity(plan.modules.len());
        for &index in &plan.modules {
            let module = self.modules[index].take().expect("not compiled");
            let result = self.generate(&module);
            self.modules[index] = Some(module);
            match result {
                Ok(graph) => placed.push(graph),
                Err(error) => {
                    placed.into_iter().for_each(|p| self.linker.discard(p));
                    return Err(error);
                }
            }
        }
        Ok(placed)
    }

    /// Compiles a module, and finds a place for its code.
    fn generate(&mut self, module: &Module) -> Result<Placed, JitError> {
        let Jit { phases, codegen, .. } = self;
        let graph =
            phases.measure(Phase::Generate, || codegen.compile(module))?;
        self.counts.compiled += module.functions.len();
        self.counts.code_bytes += graph.bytes.len();
        if let Some(observer) = &mut self.observer {
            observer(module, &graph);
        }
        let Jit { phases, linker, executor, .. } = self;
        phases.measure(Phase::Link, || match linker.place(graph) {
            Ok(placed) => Ok(placed),
            Err(NoRoom { graph, .. }) => {
                linker.collect(&**executor)?;
                let again = linker.place(*graph);
                Ok(again.map_err(|no| LinkError::Full(no.full))?)
            }
        })
    }

    /// Links and publishes graphs. If one fails, none stays.
    fn publish_all(
        &mut self,
        placed: Vec<Placed>,
        new: &FxHashMap<Symbol, State>,
    ) -> Result<(), JitError> {
        let mut placed = placed.into_iter();
        let mut published = Vec::with_capacity(placed.len());
        while let Some(graph) = placed.next() {
            match self.publish(graph, new) {
                Ok(graph) => published.push(graph),
                Err(error) => {
                    placed.for_each(|graph| self.linker.discard(graph));
                    let done = published.into_iter();
                    done.for_each(|graph| self.linker.free(graph));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Links and publishes code whose callees all have addresses, be they
    /// `new` or known.
    fn publish(
        &mut self,
        mut placed: Placed,
        new: &FxHashMap<Symbol, State>,
    ) -> Result<Published, JitError> {
        let Jit { phases, linker, executor, symbols, .. } = self;
        let resolve = |name: &Symbol| {
            new.get(name).or_else(|| symbols.get(name))?.address()
        };
        phases.measure(Phase::Link, || {
            if let Err(error) = linker.link(&mut placed, resolve) {
                linker.discard(placed);
                return Err(error.into());
            }
            Ok(linker.publish(placed, &**executor)?)
        })
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

#[cfg(test)]
mod commits;
#[cfg(test)]
mod tests;
