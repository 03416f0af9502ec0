//! The table of symbols.

use super::{DylibId, QueryId, SymbolFlags, TrackerId, UnitId, WorkId};
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::{Index, IndexMut};

/// A symbol of a dylib, for as long as it is defined there. No two symbols
/// ever have the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntryId(u64);

/// How far a symbol is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Nobody has asked for it; this unit can produce it.
    Lazy(UnitId),
    /// It is being produced.
    Materializing(WorkId),
    /// It has an address, but its bytes are not in place.
    Resolved(WorkId),
    /// Its bytes are in place, but perhaps not those of what it depends on.
    Emitted,
    /// It can be used.
    Ready,
}

/// A symbol.
pub(super) struct Entry {
    pub(super) dylib: DylibId,
    pub(super) name: Symbol,
    pub(super) flags: SymbolFlags,
    pub(super) stage: Stage,
    pub(super) address: Option<ExecutorAddr>,
    /// While it is emitted: what it needs to be ready.
    pub(super) dependencies: Vec<EntryId>,
    /// Until it is ready: what needs it.
    pub(super) dependants: Vec<EntryId>,
    /// Until it is ready: the lookups that have come by, and whether they
    /// wait here.
    pub(super) queries: Vec<(QueryId, bool)>,
    tracker: TrackerId,
}

impl Entry {
    pub(super) fn new(
        dylib: DylibId,
        name: Symbol,
        flags: SymbolFlags,
        stage: Stage,
    ) -> Entry {
        Entry {
            dylib,
            name,
            flags,
            stage,
            address: None,
            dependencies: Vec::new(),
            dependants: Vec::new(),
            queries: Vec::new(),
            tracker: TrackerId(0),
        }
    }

    pub(super) fn is_waited_for(&self) -> bool {
        self.queries.iter().any(|&(_, waits)| waits)
    }
}

/// All symbols of all dylibs.
#[derive(Default)]
pub(super) struct Entries {
    all: FxHashMap<EntryId, Entry>,
    by_tracker: FxHashMap<TrackerId, FxHashSet<EntryId>>,
    next: u64,
}

impl Entries {
    pub(super) fn insert(
        &mut self,
        mut entry: Entry,
        tracker: TrackerId,
    ) -> EntryId {
        self.next += 1;
        let id = EntryId(self.next);
        entry.tracker = tracker;
        self.all.insert(id, entry);
        self.by_tracker.entry(tracker).or_default().insert(id);
        id
    }

    pub(super) fn remove(&mut self, id: EntryId) -> Option<Entry> {
        let entry = self.all.remove(&id)?;
        if let Some(tracked) = self.by_tracker.get_mut(&entry.tracker) {
            tracked.remove(&id);
            if tracked.is_empty() {
                self.by_tracker.remove(&entry.tracker);
            }
        }
        Some(entry)
    }

    pub(super) fn get_mut(&mut self, id: EntryId) -> Option<&mut Entry> {
        self.all.get_mut(&id)
    }

    pub(super) fn contains(&self, id: EntryId) -> bool {
        self.all.contains_key(&id)
    }

    /// The symbols that belong to a tracker.
    pub(super) fn tracked(&self, tracker: TrackerId) -> Vec<EntryId> {
        let tracked = self.by_tracker.get(&tracker);
        let mut ids: Vec<EntryId> =
            tracked.into_iter().flatten().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// How many symbols there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

impl Index<EntryId> for Entries {
    type Output = Entry;

    fn index(&self, id: EntryId) -> &Entry {
        &self.all[&id]
    }
}

impl IndexMut<EntryId> for Entries {
    fn index_mut(&mut self, id: EntryId) -> &mut Entry {
        self.all.get_mut(&id).expect("the symbol is defined")
    }
}
