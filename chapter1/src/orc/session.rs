//! The session: the state machine behind a lock, and whoever has a part in
//! it.

use super::dylib::{DylibInfo, JitDylib, SearchOrder};
use super::generator::DefinitionGenerator;
use super::responsibility::{MaterializationResponsibility, ResourceKey};
use super::state::{
    self, Cause, DuplicateDefinition, DylibId, Effect, Event, InUse,
    LookupError, LookupResult, TrackerId, Visibility, Wanted, WorkId,
};
use super::tasks::{Dispatcher, Inline, Task, Tasks, in_task};
use super::trace;
use super::unit::MaterializationUnit;
use crate::executor::{Executor, ExecutorAddr};
use crate::symbol::Symbol;
use cranelift_entity::PrimaryMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

pub(super) type State = state::State<Box<dyn MaterializationUnit>, OnComplete>;

/// What is called with the answer to a lookup.
pub type OnComplete = Box<dyn FnOnce(LookupResult) + Send>;

/// What is told of errors.
pub type ErrorReporter = Box<dyn Fn(&SessionError) + Send + Sync>;

/// Keeps things in place for symbols, and frees them when these are gone.
pub trait ResourceManager: Send + Sync {
    /// Frees what was put in place for some work, if anything was. Called
    /// with no lock held, when nothing refers to it any more.
    fn release(&self, key: ResourceKey);

    /// The symbol whose bytes include an address, and how far inside the
    /// address is, if that is known.
    fn symbol_at(&self, _at: ExecutorAddr) -> Option<(Symbol, u64)> {
        None
    }
}

/// Something went wrong that nobody may have waited for.
#[derive(Debug, Error)]
#[error("cannot make {}: {cause}", state::list(.symbols))]
pub struct SessionError {
    /// The symbols that are gone for it.
    pub symbols: Vec<Symbol>,
    /// The reason.
    pub cause: Cause,
}

/// Symbols cannot be defined.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum DefineError {
    /// There is a definition.
    #[error(transparent)]
    Duplicate(#[from] DuplicateDefinition),
    /// There will be no more definitions.
    #[error("the session has ended")]
    Ended,
}

/// A session: dylibs with their symbols, lookups, and the tasks that these
/// lead to. Everything that runs at the instance of the session, be it a
/// unit, a layer, a generator or a callback, runs with its lock free.
pub struct ExecutionSession {
    executor: Arc<dyn Executor>,
    tables: Mutex<Tables>,
    tasks: Tasks,
    dispatcher: Box<dyn Dispatcher>,
    managers: Mutex<Vec<Arc<dyn ResourceManager>>>,
    reporter: Mutex<Arc<ErrorReporter>>,
}

struct Tables {
    state: State,
    dylibs: PrimaryMap<DylibId, DylibInfo>,
    has_ended: bool,
    /// How often something was removed that a generator may define again.
    removals: u64,
}

impl Tables {
    /// What has happened, and the name of the dylib where it has.
    fn take_events(&mut self) -> Vec<(Event, String)> {
        let events = self.state.take_events().into_iter();
        let with_name = |event: Event| {
            let name = self.dylibs[event.dylib].name.clone();
            (event, name)
        };
        events.map(with_name).collect()
    }
}

impl ExecutionSession {
    /// A session without symbols, which runs tasks where they arise.
    pub fn new(executor: Arc<dyn Executor>) -> Arc<ExecutionSession> {
        ExecutionSession::with_dispatcher(executor, Box::new(Inline))
    }

    /// A session without symbols.
    pub fn with_dispatcher(
        executor: Arc<dyn Executor>,
        dispatcher: Box<dyn Dispatcher>,
    ) -> Arc<ExecutionSession> {
        let mut state = State::default();
        if trace::is_on() {
            state.record();
        }
        let dylibs = PrimaryMap::new();
        Arc::new(ExecutionSession {
            executor,
            tables: Mutex::new(Tables {
                state,
                dylibs,
                has_ended: false,
                removals: 0,
            }),
            tasks: Tasks::default(),
            dispatcher,
            managers: Mutex::default(),
            reporter: Mutex::new(Arc::new(Box::new(trace::error))),
        })
    }

    /// Where the code of this session runs.
    pub fn executor(&self) -> &Arc<dyn Executor> {
        &self.executor
    }

    /// A new dylib. Its code sees its own symbols only, until it is linked
    /// against others.
    pub fn create_dylib(self: &Arc<Self>, name: &str) -> JitDylib {
        let mut tables = self.lock();
        let id = tables.state.add_dylib();
        let tracker = tables.state.add_tracker();
        tables.dylibs.push(DylibInfo::new(name, id, tracker));
        JitDylib::new(self.clone(), id)
    }

    /// Has `manager` free what it holds for symbols that are gone.
    pub fn register(&self, manager: Arc<dyn ResourceManager>) {
        lock(&self.managers).push(manager);
    }

    /// The symbol whose code or data includes an address, and how far inside
    /// the address is.
    pub fn symbol_at(&self, at: ExecutorAddr) -> Option<(Symbol, u64)> {
        let managers = lock(&self.managers).clone();
        managers.iter().find_map(|manager| manager.symbol_at(at))
    }

    /// Says who is told of errors from now on. At first they are traced.
    pub fn set_error_reporter(&self, reporter: ErrorReporter) {
        *lock(&self.reporter) = Arc::new(reporter);
    }

    /// Looks symbols up, and waits until all of them can be used. While it
    /// waits it runs tasks.
    ///
    /// # Errors
    /// If a symbol does not exist or cannot be produced, or this thread is
    /// running a task, or everything shall stop.
    pub fn lookup(
        self: &Arc<Self>,
        order: &SearchOrder,
        names: &[Symbol],
    ) -> LookupResult {
        if in_task() {
            return Err(LookupError::Blocking);
        }
        let answer = Arc::new(Mutex::new(None));
        let to = answer.clone();
        self.lookup_async(order, names, Wanted::Ready, move |result| {
            *lock(&to) = Some(result);
        });
        self.tasks.run_until(|| lock(&answer).is_some())?;
        lock(&answer).take().expect("waited for")
    }

    /// Looks symbols up, and calls `on_complete` when they have come so far.
    pub fn lookup_async(
        self: &Arc<Self>,
        order: &SearchOrder,
        names: &[Symbol],
        wanted: Wanted,
        on_complete: impl FnOnce(LookupResult) + Send + 'static,
    ) {
        self.lookup_for(None, order, names, wanted, Box::new(on_complete));
    }

    /// The same for work that needs the answer to give its symbols addresses.
    // ANCHOR: lookup_for
    pub(super) fn lookup_for(
        self: &Arc<Self>,
        asker: Option<WorkId>,
        order: &SearchOrder,
        names: &[Symbol],
        wanted: Wanted,
        on_complete: OnComplete,
    ) {
        use LookupError::Ended;
        self.trace_lookup(order, names, wanted);
        // Whatever is missing is generated first, with the lock free; what
        // is there then is looked up at one go.
        let (mut tables, result) = self.complete(order, names);
        let Tables { state, has_ended, .. } = &mut *tables;
        match result {
            Ok(()) if *has_ended => state.refuse(on_complete, Ended),
            Ok(()) => state.lookup(order, names, wanted, asker, on_complete),
            Err(error) => state.refuse(on_complete, error),
        }
        self.carry_out(tables);
    }
    // ANCHOR_END: lookup_for

    /// Lets generators define what is missing, and takes the lock. What they
    /// have found or defined may have been removed before that: then they are
    /// asked again.
    fn complete(
        self: &Arc<Self>,
        order: &SearchOrder,
        names: &[Symbol],
    ) -> (MutexGuard<'_, Tables>, Result<(), LookupError>) {
        loop {
            let before = self.lock().removals;
            let result = match self.missing(order, names).is_empty() {
                true => Ok(()),
                false => self.generate(order, names),
            };
            let tables = self.lock();
            if result.is_err()
                || tables.removals == before
                || tables.state.missing(order, names).is_empty()
            {
                return (tables, result);
            }
        }
    }

    /// Lets the generators along a search order define what is missing.
    // ANCHOR: generate
    pub(super) fn generate(
        self: &Arc<Self>,
        order: &SearchOrder,
        names: &[Symbol],
    ) -> Result<(), LookupError> {
        for &(id, _) in order.iter() {
            let generators = self.lock().dylibs[id].generators.clone();
            for generator in generators {
                let missing = self.missing(order, names);
                if missing.is_empty() {
                    return Ok(());
                }
                trace::generate(&*generator, &missing);
                let dylib = JitDylib::new(self.clone(), id);
                let result = generator.generate(&dylib, &missing);
                result.map_err(LookupError::Generator)?;
            }
        }
        Ok(())
    }
    // ANCHOR_END: generate

    fn trace_lookup(
        &self,
        order: &SearchOrder,
        names: &[Symbol],
        wanted: Wanted,
    ) {
        if trace::is_on() {
            let first = order.first().map(|&(id, _)| id);
            let name = |id: DylibId| self.lock().dylibs[id].name.clone();
            trace::lookup(names, &first.map_or_else(String::new, name), wanted);
        }
    }

    pub(super) fn missing(
        &self,
        order: &[(DylibId, Visibility)],
        names: &[Symbol],
    ) -> Vec<Symbol> {
        self.locked(|state| state.missing(order, names))
    }

    /// Runs tasks until none is left to begin. This is for a dispatcher's
    /// threads.
    pub fn run_tasks(&self) {
        self.tasks.drain();
    }

    /// Ends the session: removes all symbols, answers all lookups, and waits
    /// for the tasks that run. (Inside a task it does not wait.) The code of
    /// what is held, and of what that depends on, stays as long as the
    /// executor.
    pub fn end(self: &Arc<Self>) {
        self.lock().has_ended = true;
        self.apply(State::clear);
        if !in_task() {
            self.tasks.finish();
        }
        let mut tables = self.lock();
        let dylibs = tables.dylibs.values_mut();
        let generators: Vec<Arc<dyn DefinitionGenerator>> =
            dylibs.flat_map(|dylib| dylib.generators.drain(..)).collect();
        drop(tables);
        drop(generators);
        let managers = std::mem::take(&mut *lock(&self.managers));
        drop(managers);
    }

    /// How many symbols and lookups there are.
    pub fn sizes(&self) -> (usize, usize) {
        self.locked(|state| state.sizes())
    }

    pub(super) fn define(
        self: &Arc<Self>,
        dylib: DylibId,
        tracker: TrackerId,
        unit: Box<dyn MaterializationUnit>,
    ) -> Result<(), DefineError> {
        let symbols = unit.symbols();
        let mut tables = self.lock();
        if tables.has_ended {
            // The unit is dropped when the lock is free again.
            drop(tables);
            return Err(DefineError::Ended);
        }
        let result = tables.state.define(dylib, tracker, &symbols, unit);
        self.carry_out(tables);
        Ok(result?)
    }

    /// Removes the symbols that belong to a tracker.
    pub(super) fn remove(
        self: &Arc<Self>,
        dylib: DylibId,
        tracker: TrackerId,
    ) -> Result<(), InUse> {
        let mut tables = self.lock();
        let result = tables.state.remove(tracker);
        let is_changed = result.as_ref().is_ok_and(|names| !names.is_empty());
        if is_changed && !tables.dylibs[dylib].generators.is_empty() {
            tables.removals += 1;
        }
        self.carry_out(tables);
        result.map(drop)
    }

    /// Lets some work's symbols fail.
    pub(super) fn fail(self: &Arc<Self>, work: WorkId, cause: Cause) {
        self.apply(|state| state.fail(work, cause));
    }

    /// Looks at the state.
    pub(super) fn locked<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock().state)
    }

    /// Changes what is known of a dylib.
    pub(super) fn with_dylib<T>(
        &self,
        id: DylibId,
        operation: impl FnOnce(&mut DylibInfo) -> T,
    ) -> T {
        operation(&mut self.lock().dylibs[id])
    }

    /// Changes the state, and then, with the lock free, sees to the effects.
    // ANCHOR: apply
    pub(super) fn apply<T>(
        self: &Arc<Self>,
        operation: impl FnOnce(&mut State) -> T,
    ) -> T {
        let mut tables = self.lock();
        let result = operation(&mut tables.state);
        self.carry_out(tables);
        result
    }
    // ANCHOR_END: apply

    // ANCHOR: carry_out
    fn carry_out(self: &Arc<Self>, mut tables: MutexGuard<'_, Tables>) {
        let effects = tables.state.take_effects();
        let events = tables.take_events();
        drop(tables);
        trace::events(&events);
        let mut is_new = false;
        for effect in effects {
            if let Some(task) = self.task(effect) {
                self.tasks.push(task);
                is_new = true;
            }
        }
        if is_new {
            self.dispatcher.dispatch(&self.tasks);
        }
    }
    // ANCHOR_END: carry_out

    /// The task that an effect is, if it is one; others are done at once.
    fn task(
        self: &Arc<Self>,
        effect: Effect<Box<dyn MaterializationUnit>, OnComplete>,
    ) -> Option<Task> {
        match effect {
            Effect::Materialize(unit, work, dylib) => {
                let dylib = JitDylib::new(self.clone(), dylib);
                let work = MaterializationResponsibility::new(dylib, work);
                return Some(Task::Materialize(unit, work));
            }
            Effect::Complete(on_complete, result) => {
                return Some(Task::Complete(on_complete, result));
            }
            Effect::Drop(unit) => drop(unit),
            Effect::Release(key) => self.release(key),
            Effect::Report(symbols, cause) => {
                self.report(SessionError { symbols, cause });
            }
        }
        None
    }

    fn report(&self, error: SessionError) {
        // Those who fail because another did have nothing new to say.
        let earlier = error.cause.downcast_ref();
        if !matches!(earlier, Some(LookupError::Failed { .. })) {
            let reporter = lock(&self.reporter).clone();
            reporter(&error);
        }
    }

    fn release(&self, key: ResourceKey) {
        let managers = lock(&self.managers).clone();
        managers.iter().for_each(|manager| manager.release(key));
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        lock(&self.tables)
    }
}

/// Locks what no foreign code can leave half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
