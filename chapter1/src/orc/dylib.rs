//! Dylibs, and the trackers by which their symbols are removed.

use super::generator::DefinitionGenerator;
use super::session::{DefineError, ExecutionSession};
use super::state::{
    DylibId, Found, InUse, LookupError, SymbolFlags, TrackerId, Visibility,
};
use super::unit::MaterializationUnit;
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use std::fmt;
use std::sync::Arc;

/// Where names are looked for, and which symbols are seen there.
pub type SearchOrder = Arc<[(DylibId, Visibility)]>;

/// What a session knows of a dylib besides its symbols.
// ANCHOR: DylibInfo
pub(super) struct DylibInfo {
    pub(super) name: String,
    order: SearchOrder,
    tracker: TrackerId,
    pub(super) generators: Vec<Arc<dyn DefinitionGenerator>>,
}
// ANCHOR_END: DylibInfo

impl DylibInfo {
    pub(super) fn new(
        name: &str,
        id: DylibId,
        tracker: TrackerId,
    ) -> DylibInfo {
        DylibInfo {
            name: name.to_owned(),
            order: Arc::new([(id, Visibility::All)]),
            tracker,
            generators: Vec::new(),
        }
    }
}

/// A dylib: symbols that are defined together, as those of a shared library
/// are. This is a handle; its clones are the same dylib.
#[derive(Clone)]
pub struct JitDylib {
    session: Arc<ExecutionSession>,
    id: DylibId,
}

impl JitDylib {
    pub(super) fn new(session: Arc<ExecutionSession>, id: DylibId) -> JitDylib {
        JitDylib { session, id }
    }

    /// The session that it is part of.
    pub fn session(&self) -> &Arc<ExecutionSession> {
        &self.session
    }

    /// Its number.
    pub fn id(&self) -> DylibId {
        self.id
    }

    /// Its name, for messages.
    pub fn name(&self) -> String {
        self.info(|info| info.name.clone())
    }

    /// Where its code looks for names: first in the dylib itself, where it
    /// sees all of them, then in those that it is linked against.
    pub fn search_order(&self) -> SearchOrder {
        self.info(|info| info.order.clone())
    }

    /// Links it against another dylib, which comes after those before.
    // ANCHOR: link_against
    pub fn link_against(&self, other: &JitDylib, visibility: Visibility) {
        self.info(|info| {
            let last = (other.id, visibility);
            info.order = info.order.iter().copied().chain([last]).collect();
        });
    }
    // ANCHOR_END: link_against

    /// Looks in these dylibs from now on, in this order; in itself only if it
    /// is one of them.
    pub fn set_search_order(&self, dylibs: &[(&JitDylib, Visibility)]) {
        let order = dylibs.iter().map(|(dylib, seen)| (dylib.id, *seen));
        self.info(|info| info.order = order.collect());
    }

    /// Asks `generator`, after those before, for names that it has not got.
    pub fn add_generator(&self, generator: Arc<dyn DefinitionGenerator>) {
        self.info(|info| info.generators.push(generator));
    }

    /// A tracker for symbols that are to be removed together.
    pub fn create_tracker(&self) -> ResourceTracker {
        let id = self.session.apply(|state| state.add_tracker());
        ResourceTracker { dylib: self.clone(), id }
    }

    /// The tracker of what is defined without one.
    pub fn default_tracker(&self) -> ResourceTracker {
        let id = self.info(|info| info.tracker);
        ResourceTracker { dylib: self.clone(), id }
    }

    /// Defines a unit's symbols.
    ///
    /// # Errors
    /// If one of them has a strong definition. None is defined then.
    pub fn define(
        &self,
        unit: impl MaterializationUnit + 'static,
    ) -> Result<(), DefineError> {
        self.default_tracker().define(unit)
    }

    /// Whether a symbol can be given a strong definition.
    pub fn is_definable(&self, name: &Symbol) -> bool {
        !self.session.locked(|state| state.is_taken(self.id, name))
    }

    /// What is known of a symbol that it defines itself.
    pub fn flags(&self, name: &Symbol) -> Option<SymbolFlags> {
        self.session.locked(|state| state.flags(self.id, name))
    }

    /// What a symbol that it defines itself is removed by.
    pub fn tracker_of(&self, name: &Symbol) -> Option<ResourceTracker> {
        let id = self.session.locked(|state| state.tracker(self.id, name))?;
        Some(ResourceTracker { dylib: self.clone(), id })
    }

    /// How many handles on a symbol of its own there are.
    pub fn holders(&self, name: &Symbol) -> u32 {
        self.session.locked(|state| state.holders(self.id, name))
    }

    /// The symbols that it defines itself, with the addresses of those that
    /// have one, in the order of their names.
    pub fn symbols(&self) -> Vec<(Symbol, Option<ExecutorAddr>)> {
        self.session.locked(|state| state.symbols(self.id))
    }

    /// Looks a symbol up as the dylib's code would, and waits until it can
    /// be used.
    ///
    /// # Errors
    /// If it does not exist or cannot be produced, or this thread is running
    /// a task.
    pub fn lookup(&self, name: &Symbol) -> Result<Found, LookupError> {
        let names = std::slice::from_ref(name);
        let found = self.session.lookup(&self.search_order(), names)?;
        Ok(found[0])
    }

    fn info<T>(&self, operation: impl FnOnce(&mut DylibInfo) -> T) -> T {
        self.session.with_dylib(self.id, operation)
    }
}

impl fmt::Debug for JitDylib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JitDylib({:?})", self.name())
    }
}

/// Symbols of a dylib that are removed together, and with them whatever has
/// been put in place for them.
#[derive(Clone, Debug)]
pub struct ResourceTracker {
    dylib: JitDylib,
    id: TrackerId,
}

impl PartialEq for ResourceTracker {
    fn eq(&self, other: &ResourceTracker) -> bool {
        Arc::ptr_eq(&self.dylib.session, &other.dylib.session)
            && self.id == other.id
    }
}

impl ResourceTracker {
    /// The dylib.
    pub fn dylib(&self) -> &JitDylib {
        &self.dylib
    }

    /// Defines a unit's symbols, to be removed by this tracker.
    ///
    /// # Errors
    /// If one of them has a strong definition. None is defined then.
    pub fn define(
        &self,
        unit: impl MaterializationUnit + 'static,
    ) -> Result<(), DefineError> {
        let session = &self.dylib.session;
        session.define(self.dylib.id, self.id, Box::new(unit))
    }

    /// Removes the symbols, and what was made in the hope of them. Work on
    /// them that is under way comes to nothing.
    ///
    /// # Errors
    /// If code that can run refers to one of them, or it is held. Nothing is
    /// removed then.
    pub fn remove(&self) -> Result<(), InUse> {
        self.dylib.session.remove(self.dylib.id, self.id)
    }
}

/// Keeps a symbol from being removed.
pub struct Hold {
    session: Arc<ExecutionSession>,
    found: Found,
}

impl Hold {
    /// Holds a symbol that was looked up in a session, unless it has been
    /// removed since.
    pub fn new(session: &Arc<ExecutionSession>, found: Found) -> Option<Hold> {
        let is_there = session.apply(|state| state.hold(found.entry));
        is_there.then(|| Hold { session: session.clone(), found })
    }

    /// The session.
    pub fn session(&self) -> &Arc<ExecutionSession> {
        &self.session
    }

    /// The symbol.
    pub fn found(&self) -> Found {
        self.found
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.session.apply(|state| state.let_go(self.found.entry));
    }
}
