//! The layer that links: link graphs to the executor's memory.

use super::layer::Layer;
use super::responsibility::{MaterializationResponsibility, ResourceKey};
use super::session::ResourceManager;
use super::state::{EntryId, Found, LookupResult, Params, SymbolFlags, Wanted};
use super::trace;
use crate::executor::{
    Batch, Executor, ExecutorAddr, ExecutorError, SegmentKind,
};
use crate::link::{
    LinkError, LinkGraph, Linker, NoRoom, Placed, Published, Section, SymbolId,
};
use crate::symbol::Symbol;
use crate::timing::{Phase, Phases};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use thiserror::Error;

/// Called with each function that has been put in place: its name, where it
/// begins and how many bytes it has.
pub type CodeWatcher = Box<dyn Fn(&Symbol, ExecutorAddr, u32) + Send + Sync>;

/// Links graphs, and has the executor commit them: each graph in one batch.
pub struct ObjectLinkingLayer {
    executor: Arc<dyn Executor>,
    linker: Mutex<Linker>,
    resources: Mutex<Resources>,
    phases: Arc<Phases>,
    watcher: OnceLock<CodeWatcher>,
}

/// What was put in place, by the work that did it.
#[derive(Default)]
struct Resources {
    published: FxHashMap<ResourceKey, Published>,
    /// Which symbols' code is where: address, size, name. What is removed may
    /// be running still, so it stays until its memory is free.
    code: BTreeMap<ExecutorAddr, (u32, Symbol)>,
}

/// A graph cannot be linked or published.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// A function is called with a wrong number of arguments.
    #[error("`{symbol}` takes {params}, but is declared with {declared}")]
    Prototype {
        /// The function.
        symbol: Symbol,
        /// How many parameters it has.
        params: Params,
        /// How many its caller declares.
        declared: u32,
    },
    /// It cannot be linked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The executor refuses it.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
}

impl ObjectLinkingLayer {
    /// A layer that has all of the executor's lease to itself. It is for the
    /// sessions that it is registered with.
    pub fn new(
        executor: Arc<dyn Executor>,
        phases: Arc<Phases>,
    ) -> Arc<ObjectLinkingLayer> {
        Arc::new(ObjectLinkingLayer {
            linker: Mutex::new(Linker::new(executor.lease())),
            executor,
            resources: Mutex::default(),
            phases,
            watcher: OnceLock::new(),
        })
    }

    /// Tells `watcher`, the only one there is, of the code that is put in
    /// place from now on. (What it is told last of an address counts: code
    /// that is removed makes room for other code.)
    pub fn watch(&self, watcher: CodeWatcher) {
        if self.watcher.set(watcher).is_err() {
            panic!("there is a watcher already");
        }
    }

    /// Puts a graph in place that is no symbol's, and says where some of its
    /// own symbols are. It stays until it is [withdrawn](Self::withdraw).
    ///
    /// # Errors
    /// If it refers to other graphs, or there is no room, or the executor
    /// refuses.
    pub fn publish_alone(
        &self,
        graph: LinkGraph,
        symbols: &[SymbolId],
    ) -> Result<(Published, Vec<ExecutorAddr>), ObjectError> {
        let placed = self.place(graph)?;
        let addresses = symbols.iter().filter_map(|&id| placed.address(id));
        let addresses = addresses.collect();
        Ok((self.publish(placed, &[], &[])?, addresses))
    }

    /// Stores pointers, each atomically. What was freed before that, calls
    /// that begin later cannot get to by way of them.
    ///
    /// # Errors
    /// If the executor refuses. No pointer is stored then.
    pub fn store_pointers(
        &self,
        pointers: Vec<(ExecutorAddr, u64)>,
    ) -> Result<(), ExecutorError> {
        if pointers.is_empty() {
            return Ok(());
        }
        let batch = Batch { pointers, ..lock(&self.linker).batch(None) };
        let result = self.executor.commit(&batch);
        let mut linker = lock(&self.linker);
        match result {
            Ok(quiescent) => {
                linker.reclaim(&quiescent);
                self.forget_code(&quiescent);
                Ok(())
            }
            Err(error) => {
                linker.refused(batch);
                Err(error)
            }
        }
    }

    /// Frees what was published alone, as soon as no call can be in it.
    pub fn withdraw(&self, published: Published) {
        lock(&self.linker).free(published);
    }

    /// How many bytes of a kind of memory are in use.
    pub fn memory_used(&self, kind: SegmentKind) -> u64 {
        lock(&self.linker).used(kind)
    }

    /// Takes all memory back that was freed and that no call can be in.
    /// Otherwise that is left for later, since it takes some time.
    ///
    /// # Errors
    /// If the executor refuses.
    pub fn collect(&self) -> Result<(), ExecutorError> {
        self.collect_with(&mut lock(&self.linker))
    }

    fn collect_with(&self, linker: &mut Linker) -> Result<(), ExecutorError> {
        let quiescent = linker.collect(&*self.executor)?;
        self.forget_code(&quiescent);
        Ok(())
    }

    /// Finds a place for a graph, where nothing is any more if need be.
    fn place(&self, graph: LinkGraph) -> Result<Placed, ObjectError> {
        let mut linker = lock(&self.linker);
        match linker.place(graph) {
            Ok(placed) => Ok(placed),
            Err(NoRoom { graph, .. }) => {
                self.collect_with(&mut linker)?;
                let placed = linker.place(*graph);
                Ok(placed.map_err(|no| LinkError::Full(no.full))?)
            }
        }
    }

    fn discard(&self, placed: Placed) {
        lock(&self.linker).discard(placed);
    }

    /// Links a placed graph to what was found for its externals, and puts it
    /// into memory.
    fn publish(
        &self,
        mut placed: Placed,
        externals: &[Symbol],
        found: &[Found],
    ) -> Result<Published, ObjectError> {
        if let Err(error) = self.link(&mut placed, externals, found) {
            self.discard(placed);
            return Err(error);
        }
        let batch = lock(&self.linker).batch(Some(&placed));
        let result = self.executor.commit(&batch);
        let mut linker = lock(&self.linker);
        match result {
            Ok(quiescent) => {
                trace::committed(&placed);
                linker.reclaim(&quiescent);
                self.forget_code(&quiescent);
                self.note_code(&placed);
                Ok(linker.committed(placed))
            }
            Err(error) => {
                linker.refused(batch);
                linker.discard(placed);
                Err(error.into())
            }
        }
    }

    fn link(
        &self,
        placed: &mut Placed,
        externals: &[Symbol],
        found: &[Found],
    ) -> Result<(), ObjectError> {
        check_prototypes(&placed.graph, externals, found)?;
        let addresses = externals.iter().zip(found);
        let addresses: FxHashMap<&Symbol, ExecutorAddr> =
            addresses.map(|(name, found)| (name, found.address)).collect();
        let resolve = |name: &Symbol| addresses.get(name).copied();
        Ok(lock(&self.linker).link(placed, resolve)?)
    }

    /// Remembers where the functions of a graph are.
    fn note_code(&self, placed: &Placed) {
        let mut resources = lock(&self.resources);
        for (name, address, size) in placed.definitions() {
            if let Some(watcher) = self.watcher.get() {
                watcher(name, address, size);
            }
            resources.code.insert(address, (size, name.clone()));
        }
    }

    /// Forgets whose code was where memory is free now.
    fn forget_code(&self, free: &[Range<ExecutorAddr>]) {
        let code = &mut lock(&self.resources).code;
        for range in free {
            let gone = code.range(range.clone()).map(|(&start, _)| start);
            for start in gone.collect::<SmallVec<[ExecutorAddr; 4]>>() {
                code.remove(&start);
            }
        }
    }

    /// Asks for the addresses of what a placed graph refers to, and goes on
    /// when there are some.
    // ANCHOR: find_externals
    fn find_externals(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        placed: Placed,
    ) {
        let externals = placed.graph.externals();
        let externals: Vec<Symbol> = externals.cloned().collect();
        if externals.is_empty() {
            return self.finish(responsibility, placed, &[], &[]);
        }
        let session = responsibility.session().clone();
        let order = responsibility.dylib().search_order();
        let names = externals.clone();
        let layer = self.clone();
        let finish = move |result: LookupResult| match result {
            Ok(found) => {
                layer.finish(responsibility, placed, &externals, &found);
            }
            Err(error) => {
                layer.discard(placed);
                responsibility.fail(error);
            }
        };
        session.lookup_async(&order, &names, Wanted::Resolved, finish);
    }
    // ANCHOR_END: find_externals

    /// The last step: all externals have addresses.
    // ANCHOR: finish
    fn finish(
        &self,
        responsibility: MaterializationResponsibility,
        placed: Placed,
        externals: &[Symbol],
        found: &[Found],
    ) {
        let publish = || self.publish(placed, externals, found);
        let published = match self.phases.measure(Phase::Link, publish) {
            Ok(published) => published,
            Err(error) => return responsibility.fail(error),
        };
        // Before the symbols are emitted: from then on they can be removed.
        let key = responsibility.key();
        lock(&self.resources).published.insert(key, published);
        let dependencies: Vec<EntryId> =
            found.iter().map(|found| found.entry).collect();
        if responsibility.emit(&dependencies).is_err() {
            self.release(key);
        }
    }
    // ANCHOR_END: finish
}

impl Layer for ObjectLinkingLayer {
    type Program = LinkGraph;

    fn symbols(&self, graph: &LinkGraph) -> Vec<(Symbol, SymbolFlags)> {
        let symbols = graph.symbols.values().filter_map(|symbol| {
            let section = graph.blocks[symbol.definition?.block].section;
            let callable = section == Section::Text;
            let params = symbol.params;
            let params = params.map_or(Params::Unknown, Params::Exactly);
            let flags =
                SymbolFlags { callable, params, ..SymbolFlags::FUNCTION };
            Some((symbol.name.clone()?, flags))
        });
        symbols.collect()
    }

    // ANCHOR: emit
    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        mut graph: LinkGraph,
    ) {
        keep_wanted(&mut graph, &responsibility);
        let place = || self.place(graph);
        let placed = match self.phases.measure(Phase::Link, place) {
            Ok(placed) => placed,
            Err(error) => return responsibility.fail(error),
        };
        let addresses = placed.definitions();
        let addresses: Vec<(Symbol, ExecutorAddr)> =
            addresses.map(|(name, at, _)| (name.clone(), at)).collect();
        match responsibility.resolve(&addresses) {
            Ok(()) => self.find_externals(responsibility, placed),
            Err(_) => self.discard(placed),
        }
    }
    // ANCHOR_END: emit
}

impl ResourceManager for ObjectLinkingLayer {
    fn symbol_at(&self, at: ExecutorAddr) -> Option<(Symbol, u64)> {
        let resources = lock(&self.resources);
        let (&start, (size, name)) = resources.code.range(..=at).next_back()?;
        let offset = at.as_u64() - start.as_u64();
        (offset < u64::from(*size)).then(|| (name.clone(), offset))
    }

    fn release(&self, key: ResourceKey) {
        let published = lock(&self.resources).published.remove(&key);
        if let Some(published) = published {
            lock(&self.linker).free(published);
        }
    }
}

/// Drops the symbols that were overridden or removed in the meantime.
fn keep_wanted(
    graph: &mut LinkGraph,
    responsibility: &MaterializationResponsibility,
) {
    if graph.definitions() > 1 {
        let wanted = responsibility.symbols().into_iter();
        let wanted: FxHashSet<Symbol> = wanted.collect();
        graph.give_way(|name| wanted.contains(name));
    }
}

/// Checks that functions have as many parameters as a graph passes them, as
/// far as both are known.
fn check_prototypes(
    graph: &LinkGraph,
    externals: &[Symbol],
    found: &[Found],
) -> Result<(), ObjectError> {
    let declared = graph.prototypes().map(|(_, params)| params);
    for ((name, found), declared) in externals.iter().zip(found).zip(declared) {
        let params = found.flags.params;
        if let Some(declared) = declared
            && !params.accepts(declared)
        {
            let symbol = name.clone();
            return Err(ObjectError::Prototype { symbol, params, declared });
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The operations under these locks do not panic half way but for bugs.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
