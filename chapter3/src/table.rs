//! Which stub is whose, and where it leads.
//!
//! Everything here happens under one lock: whoever stores a pointer knows
//! that it is still wanted. A body is looked up without the lock, so it may
//! have been replaced when it is found. Each name has a *version*, noted
//! before the lookup; it is a new one after every change, and none is linked
//! while a change is under way.

use crate::stubs::{Stub, Stubs};
use chapter1::executor::{Executor, ExecutorAddr, ExecutorError};
use chapter1::orc::{ObjectError, ObjectLinkingLayer, ResourceTracker};
use chapter1::symbol::Symbol;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The stubs of all names that have one.
pub struct StubTable {
    objects: Arc<ObjectLinkingLayer>,
    rows: Mutex<Rows>,
}

// ANCHOR: Rows
struct Rows {
    stubs: Stubs,
    by_name: FxHashMap<Symbol, Row>,
    by_stub: FxHashMap<ExecutorAddr, Symbol>,
    /// Those that were taken back, as long as their blocks are there.
    removed: FxHashMap<ExecutorAddr, (Stub, Symbol)>,
    /// How many changes of a name are under way.
    changing: FxHashMap<Symbol, u32>,
    /// The last version that was given to a name.
    last: Version,
}
// ANCHOR_END: Rows

/// What tells the states of a name apart.
pub type Version = u64;

// ANCHOR: Row
struct Row {
    stub: Stub,
    tracker: ResourceTracker,
    version: Version,
    /// Where the stub leads, if not to its trampoline.
    body: Option<ExecutorAddr>,
    linked: usize,
    asked: usize,
}
// ANCHOR_END: Row

/// What is known of a stub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StubState {
    /// Whose it is.
    pub name: Symbol,
    /// Its address, which is the function's.
    pub address: ExecutorAddr,
    /// Where it leads; none if it asks.
    pub body: Option<ExecutorAddr>,
    /// How often it has been given a body.
    pub linked: usize,
    /// How often it has asked for one, in vain or not.
    pub asked: usize,
}

/// Code calls a function that nobody can define any more.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Removed {
    /// This one.
    #[error("`{0}` was removed, and nothing but old code calls it")]
    Function(Symbol),
    /// One that has been forgotten.
    #[error("it was removed, and nothing but old code calls it")]
    Unknown,
}

/// A name of which others shall find nothing but what comes next: until this
/// is dropped, its stub asks, and no answer counts.
pub struct Change<'t> {
    table: &'t StubTable,
    names: Vec<Symbol>,
}

impl StubTable {
    /// No stubs. They will ask the resolver of `executor`, which `objects`
    /// links for.
    pub fn new(
        objects: Arc<ObjectLinkingLayer>,
        executor: &dyn Executor,
    ) -> StubTable {
        let rows = Rows {
            stubs: Stubs::new(objects.clone(), executor),
            by_name: FxHashMap::default(),
            by_stub: FxHashMap::default(),
            removed: FxHashMap::default(),
            changing: FxHashMap::default(),
            last: 0,
        };
        StubTable { objects, rows: Mutex::new(rows) }
    }

    /// Gives a name a stub. The symbol that it is the address of is removed
    /// by `tracker`. If it has been by now, the stub is no name's, and the
    /// caller's to take back.
    ///
    /// # Errors
    /// If there can be no more stubs.
    pub fn add(
        &self,
        name: &Symbol,
        tracker: &ResourceTracker,
    ) -> Result<Stub, ObjectError> {
        let mut rows = self.lock();
        let stub = rows.stubs.allocate()?;
        rows.by_stub.insert(stub.address, name.clone());
        // Who removes the symbol from now on finds the row.
        if tracker.dylib().tracker_of(name).as_ref() == Some(tracker) {
            let version = rows.next_version();
            let tracker = tracker.clone();
            let row =
                Row { stub, tracker, version, body: None, linked: 0, asked: 0 };
            // Who has removed an earlier symbol may not have come to its stub.
            if let Some(earlier) = rows.by_name.insert(name.clone(), row) {
                rows.take_back(earlier.stub);
            }
        }
        Ok(stub)
    }

    /// Takes a stub back: no new code can come to know it.
    pub fn remove(&self, stub: Stub) {
        self.lock().take_back(stub);
    }

    /// The stub of a name, if its symbol is removed by this tracker.
    pub fn get(
        &self,
        name: &Symbol,
        tracker: &ResourceTracker,
    ) -> Option<Stub> {
        let rows = self.lock();
        let row = rows.by_name.get(name)?;
        (row.tracker == *tracker).then_some(row.stub)
    }

    /// A stub asks for a body. Returns whose it is.
    ///
    /// # Errors
    /// If it was removed, and so only old code can have called it.
    pub fn note_question(&self, stub: ExecutorAddr) -> Result<Symbol, Removed> {
        let mut rows = self.lock();
        let name = rows.owner(stub)?;
        if let Some(row) = rows.by_name.get_mut(&name) {
            row.asked += 1;
        }
        Ok(name)
    }

    /// Whose a stub is.
    ///
    /// # Errors
    /// If it was removed.
    pub fn owner(&self, stub: ExecutorAddr) -> Result<Symbol, Removed> {
        self.lock().owner(stub)
    }

    /// The present versions of some names; none where there is no stub.
    pub fn versions(&self, names: &[Symbol]) -> Vec<Option<Version>> {
        let rows = self.lock();
        let version = |name| rows.by_name.get(name).map(|row| row.version);
        names.iter().map(version).collect()
    }

    /// Whether a name is as it was when its version was noted.
    pub fn is_unchanged(&self, name: &Symbol, noted: Option<Version>) -> bool {
        self.lock().is_unchanged(name, noted)
    }

    /// Lets stubs lead to bodies, but for those whose names have changed
    /// since their versions were noted. Returns whether the first is not one
    /// of these.
    ///
    /// # Errors
    /// If the executor refuses.
    // ANCHOR: link
    pub fn link(
        &self,
        names: &[Symbol],
        noted: &[Option<Version>],
        bodies: impl Iterator<Item = ExecutorAddr>,
    ) -> Result<bool, ExecutorError> {
        let mut rows = self.lock();
        let mut pointers = Vec::new();
        let mut linked = Vec::new();
        for ((name, &noted), body) in names.iter().zip(noted).zip(bodies) {
            if noted.is_some() && rows.is_unchanged(name, noted) {
                let row = rows.by_name.get_mut(name).expect("it has a version");
                if row.body != Some(body) {
                    pointers.push((row.stub.pointer, body.as_u64()));
                    linked.push((name, body));
                }
            }
        }
        self.objects.store_pointers(pointers)?;
        for (name, body) in linked {
            let row = rows.by_name.get_mut(name).expect("just seen");
            row.body = Some(body);
            row.linked += 1;
        }
        Ok(rows.is_unchanged(&names[0], noted[0]))
    }
    // ANCHOR_END: link

    /// Begins to change names: their stubs ask from now on. They may have
    /// none.
    ///
    /// # Errors
    /// If the executor refuses. Nothing has changed then.
    // ANCHOR: change
    pub fn change(
        &self,
        names: Vec<Symbol>,
    ) -> Result<Change<'_>, ExecutorError> {
        let mut rows = self.lock();
        let Rows { by_name, changing, .. } = &mut *rows;
        let lead = names.iter().filter_map(|name| by_name.get(name));
        let lead = lead.filter(|row| row.body.is_some()).map(|row| row.stub);
        let asks = |stub: Stub| (stub.pointer, stub.trampoline().as_u64());
        self.objects.store_pointers(lead.map(asks).collect())?;
        for name in &names {
            *changing.entry(name.clone()).or_default() += 1;
            if let Some(row) = by_name.get_mut(name) {
                row.body = None;
            }
        }
        drop(rows);
        Ok(Change { table: self, names })
    }
    // ANCHOR_END: change

    /// All stubs, in the order of their names.
    pub fn list(&self) -> Vec<StubState> {
        let rows = self.lock();
        let states = rows.by_name.iter().map(|(name, row)| StubState {
            name: name.clone(),
            address: row.stub.address,
            body: row.body,
            linked: row.linked,
            asked: row.asked,
        });
        let mut states: Vec<StubState> = states.collect();
        states.sort_by(|a, b| a.name.cmp(&b.name));
        states
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        // Nothing panics while it is locked.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn next_version(&mut self) -> Version {
        self.last += 1;
        self.last
    }

    fn owner(&self, stub: ExecutorAddr) -> Result<Symbol, Removed> {
        match (self.by_stub.get(&stub), self.removed.get(&stub)) {
            (Some(name), _) => Ok(name.clone()),
            (None, Some((_, name))) => Err(Removed::Function(name.clone())),
            (None, None) => Err(Removed::Unknown),
        }
    }

    fn take_back(&mut self, stub: Stub) {
        let Some(name) = self.by_stub.remove(&stub.address) else { return };
        // The name may have another one by now.
        if self.by_name.get(&name).is_some_and(|row| row.stub == stub) {
            self.by_name.remove(&name);
        }
        self.removed.insert(stub.address, (stub, name));
        self.stubs.free(stub);
        if !self.stubs.has_block_of(&stub) {
            self.removed.retain(|_, (other, _)| !other.is_beside(&stub));
        }
    }

    // ANCHOR: is_unchanged
    fn is_unchanged(&self, name: &Symbol, noted: Option<Version>) -> bool {
        let version = self.by_name.get(name).map(|row| row.version);
        version == noted && !self.changing.contains_key(name)
    }
    // ANCHOR_END: is_unchanged
}

// ANCHOR: drop
impl Drop for Change<'_> {
    fn drop(&mut self) {
        let mut rows = self.table.lock();
        for name in &self.names {
            let version = rows.next_version();
            if let Some(row) = rows.by_name.get_mut(name) {
                row.version = version;
            }
            if let Some(changes) = rows.changing.get_mut(name) {
                *changes -= 1;
                if *changes == 0 {
                    rows.changing.remove(name);
                }
            }
        }
    }
}
// ANCHOR_END: drop
