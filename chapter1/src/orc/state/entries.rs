//! The table of symbols.

use super::types::{DylibId, QueryId, SymbolFlags, TrackerId, UnitId, WorkId};
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};
use slotmap::{SlotMap, new_key_type};
use smallvec::SmallVec;
use std::ops::{Index, IndexMut};

new_key_type! {
    /// A symbol of a dylib, for as long as it is defined there. No two
    /// symbols ever have the same.
    pub struct EntryId;
}

/// Some symbols; mostly it is one.
pub(super) type EntryList = SmallVec<[EntryId; 2]>;

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
    Emitted(WorkId),
    /// It can be used.
    Ready(WorkId),
}

/// A symbol.
pub(super) struct Entry {
    pub(super) dylib: DylibId,
    pub(super) name: Symbol,
    pub(super) flags: SymbolFlags,
    pub(super) stage: Stage,
    pub(super) address: Option<ExecutorAddr>,
    /// From when it is emitted: what it is bound to.
    pub(super) dependencies: EntryList,
    /// The emitted symbols that are bound to it.
    pub(super) dependants: FxHashSet<EntryId>,
    /// Until it is ready: the lookups that have come by, and whether they
    /// wait here.
    pub(super) queries: SmallVec<[(QueryId, bool); 1]>,
    /// How many handles on it there are.
    pub(super) holders: u32,
    /// How much work under way takes what is known of it for granted.
    pub(super) reliers: u32,
    pub(super) tracker: TrackerId,
}

impl Entry {
    pub(super) fn new(
        dylib: DylibId,
        name: Symbol,
        flags: SymbolFlags,
        unit: UnitId,
        tracker: TrackerId,
    ) -> Entry {
        Entry {
            dylib,
            name,
            flags,
            stage: Stage::Lazy(unit),
            address: None,
            dependencies: EntryList::new(),
            dependants: FxHashSet::default(),
            queries: SmallVec::new(),
            holders: 0,
            reliers: 0,
            tracker,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Ready(_))
    }

    /// Whether somebody uses it, has it to use, or waits to have it.
    pub(super) fn is_used(&self) -> bool {
        self.is_ready()
            || self.holders > 0
            || self.reliers > 0
            || !self.dependants.is_empty()
            || !self.queries.is_empty()
    }

    pub(super) fn is_waited_for(&self) -> bool {
        self.queries.iter().any(|&(_, waits)| waits)
    }
}

/// All symbols of all dylibs.
#[derive(Default)]
pub(super) struct Entries {
    all: SlotMap<EntryId, Entry>,
    /// Some of those of each tracker may be gone.
    by_tracker: FxHashMap<TrackerId, EntryList>,
}

impl Entries {
    pub(super) fn insert(&mut self, entry: Entry) -> EntryId {
        let tracker = entry.tracker;
        let id = self.all.insert(entry);
        let tracked = self.by_tracker.entry(tracker).or_default();
        if tracked.len() == tracked.capacity() {
            tracked.retain(|id| self.all.contains_key(*id));
        }
        tracked.push(id);
        id
    }

    pub(super) fn remove(&mut self, id: EntryId) -> Option<Entry> {
        self.all.remove(id)
    }

    pub(super) fn get(&self, id: EntryId) -> Option<&Entry> {
        self.all.get(id)
    }

    pub(super) fn get_mut(&mut self, id: EntryId) -> Option<&mut Entry> {
        self.all.get_mut(id)
    }

    pub(super) fn contains(&self, id: EntryId) -> bool {
        self.all.contains_key(id)
    }

    /// The symbols that belong to a tracker.
    pub(super) fn tracked(&self, tracker: TrackerId) -> Vec<EntryId> {
        let tracked = self.by_tracker.get(&tracker).into_iter().flatten();
        tracked.copied().filter(|&id| self.contains(id)).collect()
    }

    /// Forgets a tracker that has no symbols any more.
    pub(super) fn drop_tracker(&mut self, tracker: TrackerId) {
        self.by_tracker.remove(&tracker);
    }

    /// All symbols.
    pub(super) fn ids(&self) -> Vec<EntryId> {
        self.all.keys().collect()
    }

    /// How many symbols there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

impl Index<EntryId> for Entries {
    type Output = Entry;

    fn index(&self, id: EntryId) -> &Entry {
        &self.all[id]
    }
}

impl IndexMut<EntryId> for Entries {
    fn index_mut(&mut self, id: EntryId) -> &mut Entry {
        &mut self.all[id]
    }
}
