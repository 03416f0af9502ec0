//! The life of symbols, as a state machine.
//!
//! The machine is sequential and calls nobody. An operation changes its
//! tables and leaves *effects* behind: materializers to start, answers to
//! give. Whoever owns the machine carries them out when its lock is no longer
//! held, so no code of a unit, a layer or a user ever runs under the lock; and
//! a test can compare the machine with a model, step by step.
//!
//! ```text
//!        looked up             has an address       bytes in place      all it needs
//!  Lazy ──────────▶ Materializing ──────▶ Resolved ──────────▶ Emitted ────────▶ Ready
//!   ▲                   │   │                │                    │              │
//!   └──── replaced ─────┘   └──── failed ────┴──── or removed ────┴── removed ───┴─▶ gone
//! ```
//!
//! The last step is the interesting one, for symbols may depend on each other
//! in circles. Nothing is recorded about circles. A lookup that wants its
//! symbols ready *walks* along their dependencies. Where it meets a symbol
//! that has not been emitted it waits, and goes on from there later. When it
//! waits nowhere any more, everything it has seen is emitted, and therefore
//! all of it is ready, circles included.
//!
//! | file | what it has |
//! |---|---|
//! | `types` | what the machine is told, and what it answers |
//! | `entries` | the table of symbols |
//! | `names` | definitions: which one has a name, which one a search finds |
//! | `query` | lookups, and their walk |
//! | `work` | what units report of their symbols |
//! | `handing` | work that others take over |
//! | `failure` | symbols that go |
//! | `error` | why |

mod entries;
mod error;
mod failure;
mod handing;
mod names;
mod query;
mod types;
mod work;

use crate::symbol::Symbol;
use cranelift_entity::PrimaryMap;
use entries::{Entries, Entry, EntryList};
use query::Query;
use rustc_hash::FxHashMap;
use slotmap::SlotMap;
use work::Work;

pub use entries::EntryId;
pub(super) use error::list;
pub use error::{Cause, Defunct, DuplicateDefinition, InUse, LookupError};
pub use types::{
    DylibId, Effect, Event, Found, LookupResult, Params, QueryId, Step,
    SymbolFlags, TrackerId, UnitId, Visibility, Wanted, WorkId,
};

/// A unit that waits, and its symbols.
struct Unit<U> {
    unit: U,
    dylib: DylibId,
    tracker: TrackerId,
    entries: EntryList,
}

/// The machine. `U` is a unit of materialization, `C` what a lookup calls
/// when it is answered; it does nothing with either but hand it on.
pub struct State<U, C> {
    dylibs: PrimaryMap<DylibId, FxHashMap<Symbol, EntryId>>,
    entries: Entries,
    units: SlotMap<UnitId, Unit<U>>,
    work: SlotMap<WorkId, Work>,
    /// How much of the work has not come to its end.
    under_way: usize,
    /// Why symbols have failed whose addresses work that is under way may
    /// have been told.
    failed: FxHashMap<EntryId, LookupError>,
    queries: SlotMap<QueryId, Query<C>>,
    effects: Vec<Effect<U, C>>,
    /// What has happened, if anybody wants to know.
    events: Option<Vec<Event>>,
    trackers: u64,
}

impl<U, C> Default for State<U, C> {
    fn default() -> State<U, C> {
        State {
            dylibs: PrimaryMap::new(),
            entries: Entries::default(),
            units: SlotMap::default(),
            work: SlotMap::default(),
            under_way: 0,
            failed: FxHashMap::default(),
            queries: SlotMap::default(),
            effects: Vec::new(),
            events: None,
            trackers: 0,
        }
    }
}

impl<U, C> State<U, C> {
    /// A new dylib, empty.
    pub fn add_dylib(&mut self) -> DylibId {
        self.dylibs.push(FxHashMap::default())
    }

    /// A new tracker, to which nothing belongs.
    pub fn add_tracker(&mut self) -> TrackerId {
        self.trackers += 1;
        TrackerId(self.trackers)
    }

    /// What there is to do now that the operations are done.
    pub fn take_effects(&mut self) -> Vec<Effect<U, C>> {
        std::mem::take(&mut self.effects)
    }

    /// Keeps a record of what happens from now on.
    pub fn record(&mut self) {
        self.events = Some(Vec::new());
    }

    /// What has happened since the last time, if there is a record.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn note(&mut self, id: EntryId, step: Step) {
        if let Some(events) = &mut self.events {
            let Entry { dylib, name, .. } = &self.entries[id];
            events.push(Event { dylib: *dylib, symbol: name.clone(), step });
        }
    }
}

#[cfg(test)]
mod tests;
