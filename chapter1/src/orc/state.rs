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

mod entries;
mod error;
mod failure;
mod query;

use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use crate::syntax::diagnostics::count;
use cranelift_entity::{PrimaryMap, entity_impl};
use entries::{Entries, Entry, EntryList, Stage};
use query::Query;
use rustc_hash::{FxHashMap, FxHashSet};
use slotmap::{SlotMap, new_key_type};
use std::fmt;

pub use entries::EntryId;
pub(super) use error::list;
pub use error::{Cause, Defunct, DuplicateDefinition, InUse, LookupError};

/// A dylib: a table of symbols of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DylibId(u32);
entity_impl!(DylibId, "dylib");

new_key_type! {
    /// A unit that has not been asked for its symbols yet.
    pub struct UnitId;
    /// A unit at work or done: the symbols it has become responsible for.
    pub struct WorkId;
    /// A lookup under way.
    pub struct QueryId;
}

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
    /// How many numbers it takes.
    pub params: Params,
}

/// How many parameters a function has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Params {
    /// So many.
    Exactly(u32),
    /// As many as a caller passes, up to a limit.
    AtMost(u32),
    /// Nobody knows.
    Unknown,
}

impl Params {
    /// Whether it can be called with so many arguments, as far as is known.
    pub fn accepts(self, arguments: u32) -> bool {
        match self {
            Params::Exactly(params) => params == arguments,
            Params::AtMost(limit) => arguments <= limit,
            Params::Unknown => true,
        }
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Params::Exactly(params) => {
                f.write_str(&count(*params as usize, "parameter"))
            }
            Params::AtMost(limit) => write!(f, "at most {limit} parameters"),
            Params::Unknown => f.write_str("an unknown number of parameters"),
        }
    }
}

impl SymbolFlags {
    /// A function that everybody can see, defined once.
    pub const FUNCTION: SymbolFlags = SymbolFlags {
        exported: true,
        weak: false,
        callable: true,
        params: Params::Unknown,
    };

    /// The same, of so many parameters.
    pub fn function(params: usize) -> SymbolFlags {
        let params = u32::try_from(params);
        let params = params.map_or(Params::Unknown, Params::Exactly);
        SymbolFlags { params, ..SymbolFlags::FUNCTION }
    }
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
    /// What it is.
    pub flags: SymbolFlags,
}

/// What lookups find, in the order in which they were asked.
pub type LookupResult = Result<Vec<Found>, LookupError>;

/// Something to be done when the lock is free.
#[derive(Debug)]
pub enum Effect<U, C> {
    /// Let this unit produce its symbols.
    Materialize(U, WorkId, DylibId),
    /// Answer a lookup.
    Complete(C, LookupResult),
    /// Forget a unit of which nothing is needed.
    Drop(U),
    /// Free what some work has put in place: its symbols are gone.
    Release(WorkId),
    /// Say that these symbols could not be made, and why.
    Report(Vec<Symbol>, Cause),
}

/// Something has happened to a symbol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The symbol.
    pub symbol: Symbol,
    /// What has happened.
    pub step: Step,
}

/// A step in the life of a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It exists.
    Defined,
    /// Its unit begins to produce it.
    Materializing,
    /// It has this address.
    Resolved(ExecutorAddr),
    /// Its bytes are in place.
    Emitted,
    /// It can be used.
    Ready,
    /// Another unit shall produce it.
    Replaced,
    /// It failed, was removed, or gave way.
    Gone,
}

/// The symbols that some work is responsible for or has made.
struct Work {
    dylib: DylibId,
    tracker: TrackerId,
    entries: EntryList,
    /// The lookups that it must see answered before it can go on.
    asks: Vec<QueryId>,
    is_emitted: bool,
}

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

    /// Defines symbols, which `unit` produces when one of them is looked up.
    /// A weak definition gives way: to any earlier one, and to a strong one
    /// that comes before it is used.
    ///
    /// # Errors
    /// If a strong one would be the second, or `symbols` has a name twice.
    /// Nothing is defined then.
    pub fn define(
        &mut self,
        dylib: DylibId,
        tracker: TrackerId,
        symbols: &[(Symbol, SymbolFlags)],
        unit: U,
    ) -> Result<(), DuplicateDefinition> {
        if let Some(name) = self.duplicate(dylib, symbols) {
            self.effects.push(Effect::Drop(unit));
            return Err(DuplicateDefinition(name));
        }
        let entries = EntryList::with_capacity(symbols.len());
        let id = self.units.insert(Unit { unit, dylib, tracker, entries });
        for (name, flags) in symbols {
            if let Some(&earlier) = self.dylibs[dylib].get(name) {
                if flags.weak {
                    continue;
                }
                self.forget(earlier);
            }
            let entry = Entry::new(dylib, name.clone(), *flags, id, tracker);
            let entry = self.entries.insert(entry);
            self.dylibs[dylib].insert(name.clone(), entry);
            self.units[id].entries.push(entry);
            self.note(entry, Step::Defined);
        }
        if self.units[id].entries.is_empty() {
            let unit = self.units.remove(id).expect("just inserted");
            self.effects.push(Effect::Drop(unit.unit));
        }
        Ok(())
    }

    /// The first symbol of a unit that would be a second strong definition,
    /// or that the unit itself has twice.
    fn duplicate(
        &self,
        dylib: DylibId,
        symbols: &[(Symbol, SymbolFlags)],
    ) -> Option<Symbol> {
        let mut own = FxHashSet::default();
        let duplicate = symbols.iter().find(|(name, flags)| {
            !flags.weak && self.is_taken(dylib, name)
                || symbols.len() > 1 && !own.insert(name)
        });
        duplicate.map(|(name, _)| name.clone())
    }

    /// Whether a strong definition of `name` would be one too many.
    pub fn is_taken(&self, dylib: DylibId, name: &Symbol) -> bool {
        let earlier = self.dylibs[dylib].get(name);
        earlier.is_some_and(|&earlier| {
            let entry = &self.entries[earlier];
            !entry.flags.weak || entry.is_used()
        })
    }

    /// The names that a search finds nowhere, each once.
    pub fn missing(
        &self,
        order: &[(DylibId, Visibility)],
        names: &[Symbol],
    ) -> Vec<Symbol> {
        let mut missing: Vec<Symbol> = Vec::new();
        for name in names {
            if self.find(order, name).is_none() && !missing.contains(name) {
                missing.push(name.clone());
            }
        }
        missing
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

    /// What is known of a symbol of a dylib, if there is one.
    pub fn flags(&self, dylib: DylibId, name: &Symbol) -> Option<SymbolFlags> {
        let entry = self.dylibs[dylib].get(name)?;
        Some(self.entries[*entry].flags)
    }

    /// How many handles on a symbol that a dylib defines there are.
    pub fn holders(&self, dylib: DylibId, name: &Symbol) -> u32 {
        let entry = self.dylibs[dylib].get(name);
        entry.map_or(0, |&entry| self.entries[entry].holders)
    }

    /// The symbols of a dylib and their addresses, as far as they have some.
    pub fn symbols(
        &self,
        dylib: DylibId,
    ) -> Vec<(Symbol, Option<ExecutorAddr>)> {
        let table = self.dylibs[dylib].iter();
        let address = |id: &EntryId| self.entries[*id].address;
        let mut symbols: Vec<_> =
            table.map(|(name, id)| (name.clone(), address(id))).collect();
        symbols.sort();
        symbols
    }

    /// The symbols that some work is still responsible for.
    pub fn responsibility(&self, work: WorkId) -> Vec<Symbol> {
        let entries = self.work.get(work).map_or(&[][..], |w| &w.entries);
        let names = entries.iter().map(|&id| self.entries[id].name.clone());
        names.collect()
    }

    /// Whether some work still has symbols to produce.
    pub fn is_open(&self, work: WorkId) -> bool {
        self.open(work).is_ok()
    }

    /// The symbols of some work get addresses. Addresses of other symbols
    /// are ignored.
    ///
    /// # Errors
    /// If they are not wanted any more, or not all of them have an address:
    /// they fail then.
    pub fn resolve(
        &mut self,
        work: WorkId,
        addresses: &[(Symbol, ExecutorAddr)],
    ) -> Result<(), Defunct> {
        let Work { dylib, ref entries, .. } = *self.open(work)?;
        let entries = entries.clone();
        for (name, address) in addresses {
            let Some(&id) = self.dylibs[dylib].get(name) else { continue };
            let entry = &mut self.entries[id];
            if entry.stage == Stage::Materializing(work) {
                entry.address = Some(*address);
                entry.stage = Stage::Resolved(work);
                self.note(id, Step::Resolved(*address));
            }
        }
        self.check_resolved(work, &entries)?;
        for id in entries {
            self.wake(id, Wanted::Resolved);
        }
        Ok(())
    }

    /// Lets work fail that has a symbol without an address.
    fn check_resolved(
        &mut self,
        work: WorkId,
        entries: &[EntryId],
    ) -> Result<(), Defunct> {
        let is_nowhere = |&&id: &&EntryId| self.entries[id].address.is_none();
        let Some(&id) = entries.iter().find(is_nowhere) else { return Ok(()) };
        let name = self.entries[id].name.clone();
        self.fail(work, Cause::new(error::NoAddress(name)));
        Err(Defunct)
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
        let entries = self.open(work)?.entries.clone();
        let is_gone = |&id: &EntryId| !self.entries.contains(id);
        if dependencies.iter().any(is_gone) {
            self.fail(work, Cause::new(error::DependencyGone));
            return Err(Defunct);
        }
        self.check_resolved(work, &entries)?;
        self.work[work].is_emitted = true;
        for &id in &entries {
            self.entries[id].stage = Stage::Emitted(work);
            self.entries[id].dependencies = EntryList::from(dependencies);
            for &dependency in dependencies {
                self.entries[dependency].dependants.insert(id);
            }
            self.note(id, Step::Emitted);
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
        if entries.is_empty() {
            // Work without symbols is nobody's.
            return Ok(WorkId::default());
        }
        let (asks, is_emitted) = (Vec::new(), false);
        let new = self.work.insert(Work {
            dylib,
            tracker,
            entries,
            asks,
            is_emitted,
        });
        for &id in &self.work[new].entries {
            let entry = &mut self.entries[id];
            entry.stage = match entry.address {
                Some(_) => Stage::Resolved(new),
                None => Stage::Materializing(new),
            };
        }
        Ok(new)
    }

    /// Gives some symbols back, to be produced by another unit: at once, if
    /// anybody waits for them.
    ///
    /// # Errors
    /// If one of them is not this work's, or not any more, or has an address
    /// that somebody may know.
    pub fn replace(
        &mut self,
        work: WorkId,
        names: &[Symbol],
        unit: U,
    ) -> Result<(), Defunct> {
        let has_address = |id: &EntryId| {
            matches!(self.entries[*id].stage, Stage::Resolved(_))
        };
        let entries = self.open(work).map(|work| &work.entries);
        let parts = match entries {
            Ok(entries) if entries.iter().any(has_address) => Err(Defunct),
            Ok(_) => self.split(work, names),
            Err(defunct) => Err(defunct),
        };
        let (dylib, tracker, entries) = match parts {
            Ok(parts) if !parts.2.is_empty() => parts,
            nothing => {
                self.effects.push(Effect::Drop(unit));
                return nothing.map(drop);
            }
        };
        let id = self.units.insert(Unit { unit, dylib, tracker, entries });
        let mut is_wanted = false;
        for index in 0..self.units[id].entries.len() {
            let entry = self.units[id].entries[index];
            self.entries[entry].stage = Stage::Lazy(id);
            is_wanted |= self.entries[entry].is_waited_for();
            self.note(entry, Step::Replaced);
        }
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
    ) -> Result<(DylibId, TrackerId, EntryList), Defunct> {
        self.open(work)?;
        let State { work: all, entries, .. } = self;
        let old = &mut all[work];
        let names: FxHashSet<&Symbol> = names.iter().collect();
        let is_named = |id: &EntryId| names.contains(&entries[*id].name);
        let (taken, left): (EntryList, EntryList) =
            old.entries.iter().copied().partition(is_named);
        if taken.len() != names.len() {
            return Err(Defunct);
        }
        old.entries = left;
        let parts = (old.dylib, old.tracker, taken);
        if old.entries.is_empty() {
            all.remove(work);
        }
        Ok(parts)
    }

    /// Work that has not come to its end.
    fn open(&self, work: WorkId) -> Result<&Work, Defunct> {
        let work = self.work.get(work).ok_or(Defunct)?;
        if work.is_emitted { Err(Defunct) } else { Ok(work) }
    }

    /// Lets a unit begin.
    fn start(&mut self, id: UnitId) {
        let Some(unit) = self.units.remove(id) else { return };
        let Unit { unit, dylib, tracker, entries } = unit;
        let (asks, is_emitted) = (Vec::new(), false);
        let work = self.work.insert(Work {
            dylib,
            tracker,
            entries,
            asks,
            is_emitted,
        });
        for index in 0..self.work[work].entries.len() {
            let entry = self.work[work].entries[index];
            self.entries[entry].stage = Stage::Materializing(work);
            self.note(entry, Step::Materializing);
        }
        self.effects.push(Effect::Materialize(unit, work, dylib));
    }

    fn note(&mut self, id: EntryId, step: Step) {
        if let Some(events) = &mut self.events {
            let symbol = self.entries[id].name.clone();
            events.push(Event { symbol, step });
        }
    }
}

#[cfg(test)]
mod tests;
