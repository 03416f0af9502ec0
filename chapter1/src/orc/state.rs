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
//!   ▲                   │   │                │                    │
//!   └──── replaced ─────┘   └──── failed ────┴──── or removed ────┴──▶ gone
//! ```
//!
//! The last step is the interesting one, for symbols may depend on each other
//! in circles. Nothing is recorded about circles. A lookup that wants its
//! symbols ready *walks* along their dependencies. Where it meets a symbol
//! that has not been emitted it waits, and goes on from there later. When it
//! waits nowhere any more, everything it has seen is emitted, and therefore
//! all of it is ready, circles included.

mod entries;
mod failure;
mod query;

use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use cranelift_entity::{PrimaryMap, entity_impl};
use entries::{Entries, Entry, Stage};
use query::Query;
use rustc_hash::FxHashMap;
use thiserror::Error;

pub use entries::EntryId;

/// A dylib: a table of symbols of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DylibId(u32);
entity_impl!(DylibId, "dylib");

/// A unit that has not been asked for its symbols yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitId(u64);

/// A unit at work: the symbols it has become responsible for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WorkId(u64);

/// A lookup under way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QueryId(u64);

/// What symbols belong to, in order to be removed together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TrackerId(u64);

/// What kind of symbol it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SymbolFlags {
    /// Whether other dylibs can see it.
    pub exported: bool,
    /// Whether it gives way to another definition of its name.
    pub weak: bool,
    /// Whether it is code.
    pub callable: bool,
}

impl SymbolFlags {
    /// A function that everybody can see, defined once.
    pub const FUNCTION: SymbolFlags =
        SymbolFlags { exported: true, weak: false, callable: true };
}

/// Which symbols of a dylib a lookup sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// Those that are exported.
    Exported,
    /// All of them.
    All,
}

/// When a lookup is content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// When each symbol has an address: enough to link against.
    Resolved,
    /// When each symbol can be used, with all that it depends on.
    Ready,
}

/// A symbol that has been found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Which symbol of which dylib: to be named as a dependency.
    pub entry: EntryId,
    /// Its address.
    pub address: ExecutorAddr,
}

/// Two strong definitions of one name in one dylib.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("duplicate definition of `{0}`")]
pub struct DuplicateDefinition(pub Symbol);

/// A lookup has failed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LookupError {
    /// These names are defined nowhere in the search order.
    #[error("symbols not found: {}", list(.0))]
    NotFound(Vec<Symbol>),
    /// These symbols could not be materialized, or were removed meanwhile.
    #[error("failed to materialize: {}", list(.0))]
    Failed(Vec<Symbol>),
}

/// The symbols of some work are gone: they failed or were removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the symbols are not wanted any more")]
pub struct Defunct;

/// Something to be done when the lock is free.
#[derive(Debug)]
pub enum Effect<U, C> {
    /// Let this unit produce its symbols.
    Materialize(U, WorkId),
    /// Answer a lookup.
    Complete(C, Result<FxHashMap<Symbol, Found>, LookupError>),
    /// Forget a unit of which nothing is needed.
    Drop(U),
}

/// The symbols that some work is responsible for.
struct Work {
    dylib: DylibId,
    tracker: TrackerId,
    entries: Vec<EntryId>,
}

struct Unit<U> {
    unit: U,
    dylib: DylibId,
    tracker: TrackerId,
    entries: Vec<EntryId>,
}

/// The machine. `U` is a unit of materialization, `C` what a lookup calls
/// when it is answered; it does nothing with either but hand it on.
pub struct State<U, C> {
    dylibs: PrimaryMap<DylibId, FxHashMap<Symbol, EntryId>>,
    entries: Entries,
    units: FxHashMap<UnitId, Unit<U>>,
    work: FxHashMap<WorkId, Work>,
    queries: FxHashMap<QueryId, Query<C>>,
    effects: Vec<Effect<U, C>>,
    /// The number of the next unit, work, query or tracker.
    next: u64,
}

impl<U, C> Default for State<U, C> {
    fn default() -> State<U, C> {
        State {
            dylibs: PrimaryMap::new(),
            entries: Entries::default(),
            units: FxHashMap::default(),
            work: FxHashMap::default(),
            queries: FxHashMap::default(),
            effects: Vec::new(),
            next: 0,
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
        TrackerId(self.number())
    }

    /// What there is to do now that the operations are done.
    pub fn take_effects(&mut self) -> Vec<Effect<U, C>> {
        std::mem::take(&mut self.effects)
    }

    /// Defines symbols, which `unit` produces when one of them is looked up.
    /// A weak definition gives way: to any earlier one, and to a strong one
    /// that comes while it is lazy.
    ///
    /// # Errors
    /// If a strong one would be the second. Nothing is defined then.
    pub fn define(
        &mut self,
        dylib: DylibId,
        tracker: TrackerId,
        symbols: &[(Symbol, SymbolFlags)],
        unit: U,
    ) -> Result<(), DuplicateDefinition> {
        for (name, flags) in symbols {
            if !flags.weak && self.is_taken(dylib, name) {
                self.effects.push(Effect::Drop(unit));
                return Err(DuplicateDefinition(name.clone()));
            }
        }
        let id = UnitId(self.number());
        let mut entries = Vec::with_capacity(symbols.len());
        for (name, flags) in symbols {
            if let Some(&earlier) = self.dylibs[dylib].get(name) {
                if flags.weak {
                    continue;
                }
                self.forget(earlier);
            }
            let stage = Stage::Lazy(id);
            let entry = Entry::new(dylib, name.clone(), *flags, stage);
            let entry = self.entries.insert(entry, tracker);
            self.dylibs[dylib].insert(name.clone(), entry);
            entries.push(entry);
        }
        if entries.is_empty() {
            self.effects.push(Effect::Drop(unit));
        } else {
            self.units.insert(id, Unit { unit, dylib, tracker, entries });
        }
        Ok(())
    }

    /// Whether a strong definition of `name` would be one too many.
    fn is_taken(&self, dylib: DylibId, name: &Symbol) -> bool {
        let earlier = self.dylibs[dylib].get(name);
        earlier.is_some_and(|&earlier| {
            let entry = &self.entries[earlier];
            !(entry.flags.weak && matches!(entry.stage, Stage::Lazy(_)))
        })
    }

    /// The names that a search finds nowhere.
    pub fn missing(
        &self,
        order: &[(DylibId, Visibility)],
        names: &[Symbol],
    ) -> Vec<Symbol> {
        let missing =
            names.iter().filter(|name| self.find(order, name).is_none());
        missing.cloned().collect()
    }

    /// The first symbol of this name along a search order.
    fn find(
        &self,
        order: &[(DylibId, Visibility)],
        name: &Symbol,
    ) -> Option<EntryId> {
        order.iter().find_map(|&(dylib, visibility)| {
            let &entry = self.dylibs[dylib].get(name)?;
            let is_visible = visibility == Visibility::All
                || self.entries[entry].flags.exported;
            is_visible.then_some(entry)
        })
    }

    /// The symbols that some work is still responsible for.
    pub fn responsibility(&self, work: WorkId) -> Vec<Symbol> {
        let entries = self.work.get(&work).map_or(&[][..], |w| &w.entries);
        let names = entries.iter().map(|&id| self.entries[id].name.clone());
        names.collect()
    }

    /// The tracker that some work's resources belong to.
    pub fn tracker_of(&self, work: WorkId) -> Option<TrackerId> {
        self.work.get(&work).map(|work| work.tracker)
    }

    /// The symbols of some work get addresses.
    ///
    /// # Errors
    /// If they are not wanted any more, or not all of them have an address:
    /// they fail then.
    pub fn resolve(
        &mut self,
        work: WorkId,
        addresses: &FxHashMap<Symbol, ExecutorAddr>,
    ) -> Result<(), Defunct> {
        let entries = self.work.get(&work).ok_or(Defunct)?.entries.clone();
        let is_known = |&id| addresses.contains_key(&self.entries[id].name);
        if !entries.iter().all(is_known) {
            self.fail(work);
            return Err(Defunct);
        }
        for &id in &entries {
            let entry = &mut self.entries[id];
            entry.address = addresses.get(&entry.name).copied();
            entry.stage = Stage::Resolved(work);
        }
        for id in entries {
            self.wake(id, Wanted::Resolved);
        }
        Ok(())
    }

    /// The bytes of some work's symbols are in place. They can be used as
    /// soon as what they depend on can.
    ///
    /// # Errors
    /// If they, or something they depend on, are not wanted any more, or if
    /// they have not been resolved: they fail then.
    pub fn emit(
        &mut self,
        work: WorkId,
        dependencies: &[EntryId],
    ) -> Result<(), Defunct> {
        let entries = self.work.get(&work).ok_or(Defunct)?.entries.clone();
        let is_gone = |&id: &EntryId| !self.entries.contains(id);
        let is_nowhere = |&id: &EntryId| self.entries[id].address.is_none();
        if dependencies.iter().any(is_gone) || entries.iter().any(is_nowhere) {
            self.fail(work);
            return Err(Defunct);
        }
        self.work.remove(&work);
        let pending = dependencies.iter().copied();
        let pending: Vec<EntryId> = pending
            .filter(|&id| self.entries[id].stage != Stage::Ready)
            .collect();
        for &id in &entries {
            self.entries[id].stage = Stage::Emitted;
            self.entries[id].dependencies.clone_from(&pending);
            for &dependency in &pending {
                self.entries[dependency].dependants.push(id);
            }
        }
        for id in entries {
            self.wake(id, Wanted::Ready);
        }
        Ok(())
    }

    /// Splits off the responsibility for some of the symbols.
    ///
    /// # Errors
    /// If one of them is not this work's, or not any more.
    pub fn delegate(
        &mut self,
        work: WorkId,
        names: &[Symbol],
    ) -> Result<WorkId, Defunct> {
        let (dylib, tracker, entries) = self.split(work, names)?;
        let new = WorkId(self.number());
        for &id in &entries {
            self.entries[id].stage = match self.entries[id].address {
                Some(_) => Stage::Resolved(new),
                None => Stage::Materializing(new),
            };
        }
        self.work.insert(new, Work { dylib, tracker, entries });
        Ok(new)
    }

    /// Gives some symbols back, to be produced by another unit: at once, if
    /// anybody waits for them.
    ///
    /// # Errors
    /// If one of them is not this work's, or not any more.
    pub fn replace(
        &mut self,
        work: WorkId,
        names: &[Symbol],
        unit: U,
    ) -> Result<(), Defunct> {
        let (dylib, tracker, entries) = match self.split(work, names) {
            Ok(parts) => parts,
            Err(defunct) => {
                self.effects.push(Effect::Drop(unit));
                return Err(defunct);
            }
        };
        let id = UnitId(self.number());
        let mut is_wanted = false;
        for &entry in &entries {
            self.entries[entry].stage = Stage::Lazy(id);
            self.entries[entry].address = None;
            is_wanted |= self.entries[entry].is_waited_for();
        }
        self.units.insert(id, Unit { unit, dylib, tracker, entries });
        if is_wanted {
            self.start(id);
        }
        Ok(())
    }

    /// Takes symbols out of some work.
    fn split(
        &mut self,
        work: WorkId,
        names: &[Symbol],
    ) -> Result<(DylibId, TrackerId, Vec<EntryId>), Defunct> {
        let State { work: all, entries, .. } = self;
        let old = all.get_mut(&work).ok_or(Defunct)?;
        let is_named = |id: &EntryId| names.contains(&entries[*id].name);
        let (taken, left): (Vec<_>, Vec<_>) =
            old.entries.iter().copied().partition(is_named);
        if taken.len() != names.len() {
            return Err(Defunct);
        }
        old.entries = left;
        let parts = (old.dylib, old.tracker, taken);
        if old.entries.is_empty() {
            all.remove(&work);
        }
        Ok(parts)
    }

    /// Lets a unit begin.
    fn start(&mut self, id: UnitId) {
        let Some(unit) = self.units.remove(&id) else { return };
        let work = WorkId(self.number());
        for &entry in &unit.entries {
            self.entries[entry].stage = Stage::Materializing(work);
        }
        let Unit { unit, dylib, tracker, entries } = unit;
        self.work.insert(work, Work { dylib, tracker, entries });
        self.effects.push(Effect::Materialize(unit, work));
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

fn list(names: &[Symbol]) -> String {
    let names: Vec<&str> = names.iter().map(Symbol::as_str).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
