//! The layer that compiles a function when it is first called.
//!
//! Laziness is reduced to the lookup of symbols, as ORC does it. A name is
//! two symbols: the public one, in the dylib `main`, whose address is a stub;
//! and the body, in the dylib `bodies`, which has what the layers below make
//! of the definition. To look up the first compiles nothing. The stub asks
//! for the second, by a lookup, when it is called.
//!
//! | dylib | what it has | where its code looks for names |
//! |---|---|---|
//! | `main` | stubs of what is defined or declared | |
//! | `host` | the host's functions | |
//! | `bodies` | the definitions' code | `main`, `host` |
//! | `expressions` | expressions, as long as they run | itself, `main`, `host` |

use crate::modules::Modules;
use crate::partition::{Partition, Program};
use crate::reexports::PublicNames;
use crate::table::StubTable;
use crate::trace;
use chapter1::cancel;
use chapter1::definitions::{Again, Definitions, Origin};
use chapter1::driver::{Base, JitError, unless_overtaken};
use chapter1::executor::{Executor, ExecutorAddr, Reentry};
use chapter1::ir::Module;
use chapter1::ir::lower::Prototypes;
use chapter1::orc::{
    DefineError, DuplicateDefinition, ExecutionSession, HostFunctions,
    JitDylib, Layer, LookupError, LookupResult, MaterializationResponsibility,
    ObjectError, ObjectLinkingLayer, ResourceTracker, SearchOrder, SymbolFlags,
    Visibility,
};
use chapter1::symbol::Symbol;
use chapter1::timing::Phases;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// Keeps definitions until they are called.
pub struct CompileOnDemandLayer<B> {
    pub(crate) this: Weak<Self>,
    below: Arc<B>,
    pub(crate) executor: Arc<dyn Executor>,
    session: Arc<ExecutionSession>,
    pub(crate) main: JitDylib,
    pub(crate) bodies: JitDylib,
    pub(crate) host: JitDylib,
    pub(crate) definitions: Arc<Definitions>,
    pub(crate) modules: Arc<Modules>,
    partition: Box<dyn Partition>,
    pub(crate) stubs: StubTable,
    phases: Arc<Phases>,
    progress: Mutex<Progress>,
    /// Names that have a public symbol, and no definition.
    pub(crate) undefined: Mutex<BTreeSet<Symbol>>,
}

/// What has come of the definitions so far.
#[derive(Default)]
pub(crate) struct Progress {
    /// The functions that are known to be compiled with all that they call,
    /// until something changes.
    pub(crate) complete: FxHashSet<Symbol>,
    /// How often something has changed.
    pub(crate) changes: u64,
    /// The functions whose present definitions have had a body.
    pub(crate) made: FxHashSet<Symbol>,
    /// How many bodies were the first of their definitions, and how long it
    /// took to make these.
    first: (u32, Duration),
}

impl Progress {
    /// Functions have got bodies, if they had none.
    fn note(&mut self, names: &[Symbol], spent: Duration) {
        let names = names.iter().cloned();
        let first = names.filter(|it| self.made.insert(it.clone())).count();
        if first > 0 {
            self.first.0 = self.first.0.saturating_add(first as u32);
            self.first.1 += spent;
        }
    }
}

impl<B: Layer<Program = Module>> CompileOnDemandLayer<B> {
    /// A layer for the definitions of a JIT, whose dylibs it connects.
    /// `objects` is the lowest layer.
    // ANCHOR: new
    pub fn new(
        below: Arc<B>,
        objects: Arc<ObjectLinkingLayer>,
        base: &Base,
        modules: Arc<Modules>,
        partition: Box<dyn Partition>,
    ) -> Arc<CompileOnDemandLayer<B>> {
        let executor = base.session.executor().clone();
        let host = base.session.create_dylib("host");
        let bodies = base.session.create_dylib("bodies");
        let (main, definitions) = (&base.main, &base.definitions);
        let all = Visibility::All;
        base.expressions.link_against(&host, all);
        main.link_against(&host, all);
        // Not in itself: a body calls others by their stubs.
        bodies.set_search_order(&[(main, all), (&host, all)]);
        // ANCHOR_END: new

        // ANCHOR: generators
        let again = Again::new(below.clone(), definitions.clone());
        bodies.add_generator(again);
        host.add_generator(Arc::new(HostFunctions::new(executor.clone())));
        let layer = Arc::new_cyclic(|layer: &Weak<Self>| {
            main.add_generator(PublicNames::new(layer.clone()));
            CompileOnDemandLayer {
                this: layer.clone(),
                below,
                session: base.session.clone(),
                main: main.clone(),
                bodies,
                host,
                definitions: definitions.clone(),
                modules,
                partition,
                stubs: StubTable::new(objects, &*executor),
                progress: Mutex::default(),
                undefined: Mutex::default(),
                phases: base.phases.clone(),
                executor: executor.clone(),
            }
        });
        let handler: Weak<Self> = Arc::downgrade(&layer);
        executor.set_reentry(handler);
        layer
    }
    // ANCHOR_END: generators

    /// All stubs.
    pub fn stubs(&self) -> &StubTable {
        &self.stubs
    }

    /// The dylib of the bodies. No code but their stubs leads to them.
    pub fn bodies(&self) -> &JitDylib {
        &self.bodies
    }

    /// The dylib of the host's functions. What is declared, not defined, and
    /// called is looked up here; so another generator can provide more.
    pub fn host(&self) -> &JitDylib {
        &self.host
    }

    /// The functions that have bodies.
    pub fn compiled(&self) -> Vec<Symbol> {
        let symbols = self.bodies.symbols().into_iter();
        let compiled = symbols.filter(|(_, address)| address.is_some());
        compiled.map(|(name, _)| name).collect()
    }

    /// How many definitions have never had a body; and how long it would have
    /// taken to make them one, if each took as long as the others did on
    /// average. Without others that is unknown.
    pub fn never_compiled(&self) -> (usize, Option<Duration>) {
        let defined = self.definitions.defined();
        let Progress { made, first: (bodies, spent), .. } = &*self.progress();
        let idle = defined.iter().filter(|(name, _)| !made.contains(name));
        let idle = idle.count();
        let each = spent.checked_div(*bodies);
        (idle, each.map(|each| each.saturating_mul(idle as u32)))
    }

    /// Gives a function a body, called or not, and all that it calls.
    ///
    /// # Errors
    /// If one of them is not defined, or cannot be compiled.
    pub fn compile(&self, name: &Symbol) -> Result<(), LookupError> {
        unless_overtaken(|| self.compile_all(name))
    }

    fn compile_all(&self, name: &Symbol) -> Result<(), LookupError> {
        let before = self.progress().changes;
        let names = self.incomplete(name);
        let is_defined = |name: &Symbol| self.definitions.get(name).is_some();
        let (names, others): (Vec<Symbol>, Vec<Symbol>) =
            names.into_iter().partition(is_defined);
        self.find_host(&others)?;
        if names.is_empty() {
            return Ok(());
        }
        self.give_stubs(&names);
        let noted = self.stubs.versions(&names);
        let look_up = || self.session.lookup(&only(&self.bodies), &names);
        let found = self.timed(&names, look_up)?;
        let bodies = found.iter().map(|found| found.address);
        let linked = self.stubs.link(&names, &noted, bodies);
        linked.map_err(|error| LookupError::Generator(error.into()))?;
        let mut progress = self.progress();
        if progress.changes == before {
            progress.complete.extend(names);
        }
        Ok(())
    }

    /// What is called by way of a function, that first, without what has been
    /// compiled with all that it calls.
    fn incomplete(&self, name: &Symbol) -> Vec<Symbol> {
        let complete = &self.progress().complete;
        let mut seen = FxHashSet::default();
        let mut is_new = |name: &Symbol| {
            !complete.contains(name) && seen.insert(name.clone())
        };
        let mut names = vec![name.clone()];
        names.retain(&mut is_new);
        for index in 0.. {
            let Some(name) = names.get(index) else { break };
            let callees = self.definitions.callees(name).into_iter();
            names.extend(callees.filter(&mut is_new));
        }
        names
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        // Nothing panics while it is locked.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be compiled for a call of `name`, that first.
    // ANCHOR: share
    fn share(&self, name: &Symbol) -> Vec<Symbol> {
        let Self { definitions, modules, .. } = self;
        let program = Program { definitions, modules };
        let mut seen = FxHashSet::from_iter([name.clone()]);
        let others = self.partition.with(name, &program).into_iter();
        let others = others.filter(|other| {
            seen.insert(other.clone()) && definitions.get(other).is_some()
        });
        [name.clone()].into_iter().chain(others).collect()
    }
    // ANCHOR_END: share

    /// Sees to it that functions have stubs: who is compiled before anybody
    /// knows its address would have none that could lead to it.
    // ANCHOR: give_stubs
    fn give_stubs(&self, names: &[Symbol]) {
        if names.is_empty() {
            return;
        }
        // Who has just been removed needs none.
        let _ = self.session.lookup(&only(&self.main), names);
    }
    // ANCHOR_END: give_stubs

    /// Looks bodies up, and lets stubs lead to them. Returns the first; none
    /// if that is not the current one any more.
    // ANCHOR: give_bodies
    fn give_bodies(
        &self,
        names: &[Symbol],
    ) -> Result<Option<ExecutorAddr>, Box<dyn Error + Send + Sync>> {
        self.give_stubs(&names[1..]);
        let noted = self.stubs.versions(names);
        // Who waits for a compiler does not run.
        match self.timed(names, || self.find(names)) {
            Ok(found) => {
                let bodies = found.iter().map(|found| found.address);
                let is_current = self.stubs.link(names, &noted, bodies)?;
                Ok(is_current.then_some(found[0].address))
            }
            Err(error) if error.is_overtaken() => Ok(None),
            // Inside a task of the session nobody can wait.
            Err(LookupError::Blocking) => Err(LookupError::Blocking.into()),
            Err(_) if !self.stubs.is_unchanged(&names[0], noted[0]) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
    // ANCHOR_END: give_bodies

    /// Looks bodies up, and notes how long it took to make them. It is no part
    /// of the time that a program runs.
    fn timed(
        &self,
        names: &[Symbol],
        look_up: impl FnOnce() -> LookupResult,
    ) -> LookupResult {
        let start = Instant::now();
        let found = self.phases.aside(look_up)?;
        self.progress().note(&names[..found.len()], start.elapsed());
        Ok(found)
    }

    /// Looks bodies up. Should one of the others fail, the first is looked up
    /// alone: who calls that one need not know. If it is not defined, it may
    /// be the host's by now.
    // ANCHOR: find
    fn find(&self, names: &[Symbol]) -> LookupResult {
        if self.definitions.get(&names[0]).is_none() {
            return self.find_host(&names[..1]);
        }
        match self.session.lookup(&only(&self.bodies), names) {
            Err(
                LookupError::NotFound(_)
                | LookupError::Failed { .. }
                | LookupError::Generator(_),
            ) if names.len() > 1 => {
                self.session.lookup(&only(&self.bodies), &names[..1])
            }
            result => result,
        }
    }
    // ANCHOR_END: find

    /// Looks names up that are declared only.
    fn find_host(&self, names: &[Symbol]) -> LookupResult {
        let found = self.session.lookup(&only(&self.host), names)?;
        for (name, found) in names.iter().zip(&found) {
            let declared = self.definitions.prototype(name);
            let declared = declared.and_then(|(_, it)| u32::try_from(it).ok());
            let params = found.flags.params;
            if let Some(declared) = declared
                && !params.accepts(declared)
            {
                let symbol = name.clone();
                let error = ObjectError::Prototype { symbol, params, declared };
                return Err(LookupError::Generator(error.into()));
            }
        }
        Ok(found)
    }
}

/// Looking in one dylib, and nowhere else.
fn only(dylib: &JitDylib) -> SearchOrder {
    Arc::new([(dylib.id(), Visibility::All)])
}

impl<B: Layer<Program = Module>> Reentry for CompileOnDemandLayer<B> {
    // ANCHOR: resolve
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>> {
        let name = self.stubs.note_question(stub)?;
        trace::called(&name, stub);
        let names = self.share(&name);
        loop {
            cancel::check()?;
            let given = self.give_bodies(&names);
            if let Some(body) = given.inspect_err(|_| trace::failed(&name))? {
                // If only old code knows the stub by now, the body may be
                // that of another function of the name.
                self.stubs.owner(stub)?;
                trace::linked(&name, body);
                return Ok(body);
            }
            // It has been redefined meanwhile.
            thread::yield_now();
        }
    }
    // ANCHOR_END: resolve
}

impl<B: Layer<Program = Module>> Layer for CompileOnDemandLayer<B> {
    type Program = Module;

    fn symbols(&self, module: &Module) -> Vec<(Symbol, SymbolFlags)> {
        self.below.symbols(module)
    }

    /// What has been asked for goes on at once.
    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        module: Module,
    ) {
        self.below.emit(responsibility, module);
    }

    /// Definitions for `main` are only entered in the table: their source is
    /// kept, and nothing else. They are removed by name, not by `tracker`.
    /// Others, expressions that is, are for the layer below.
    fn add(
        self: &Arc<Self>,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        if tracker.dylib().id() != self.main.id() {
            return self.below.add(tracker, module);
        }
        let is_defined = |name: &&Symbol| self.definitions.get(name).is_some();
        let mut names = module.functions.iter().map(|it| &it.name);
        if let Some(name) = names.find(is_defined) {
            return Err(DuplicateDefinition(name.clone()).into());
        }
        let module = Arc::new(module);
        let origin = Origin::Ir(module.clone());
        self.define(&module, origin).map_err(|error| match error {
            JitError::Duplicate { symbol, .. } => {
                DuplicateDefinition(symbol).into()
            }
            _ => DefineError::Ended,
        })
    }
}
