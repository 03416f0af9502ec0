//! Names: which unit has one, and which symbol one means.

use super::entries::{Entry, EntryId, EntryList};
use super::error::DuplicateDefinition;
use super::types::{
    DylibId, Effect, Step, SymbolFlags, TrackerId, UnitId, Visibility,
};
use super::{State, Unit};
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use rustc_hash::FxHashSet;

impl<U, C> State<U, C> {
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
            self.enter(id, name, *flags);
        }
        if self.units[id].entries.is_empty() {
            let unit = self.units.remove(id).expect("just inserted");
            self.effects.push(Effect::Drop(unit.unit));
        }
        Ok(())
    }

    /// Gives a unit one of its symbols, unless that gives way.
    // ANCHOR: enter
    fn enter(&mut self, id: UnitId, name: &Symbol, flags: SymbolFlags) {
        let Unit { dylib, tracker, .. } = self.units[id];
        if let Some(&earlier) = self.dylibs[dylib].get(name) {
            if flags.weak {
                return;
            }
            self.forget(earlier);
        }
        let entry = Entry::new(dylib, name.clone(), flags, id, tracker);
        let entry = self.entries.insert(entry);
        self.dylibs[dylib].insert(name.clone(), entry);
        self.units[id].entries.push(entry);
        self.note(entry, Step::Defined);
    }
    // ANCHOR_END: enter

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
    // ANCHOR: is_taken
    pub fn is_taken(&self, dylib: DylibId, name: &Symbol) -> bool {
        let earlier = self.dylibs[dylib].get(name);
        earlier.is_some_and(|&earlier| {
            let entry = &self.entries[earlier];
            !entry.flags.weak || entry.is_used()
        })
    }
    // ANCHOR_END: is_taken

    /// The names that a search finds nowhere, each once.
    pub fn missing(
        &self,
        order: &[(DylibId, Visibility)],
        names: &[Symbol],
    ) -> Vec<Symbol> {
        let mut seen = FxHashSet::default();
        let missing = names.iter().filter(|&name| {
            self.find(order, name).is_none() && seen.insert(name)
        });
        missing.cloned().collect()
    }

    /// The first symbol of this name along a search order.
    // ANCHOR: find
    pub(super) fn find(
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
    // ANCHOR_END: find

    /// What is known of a symbol of a dylib, if there is one.
    pub fn flags(&self, dylib: DylibId, name: &Symbol) -> Option<SymbolFlags> {
        let entry = self.dylibs[dylib].get(name)?;
        Some(self.entries[*entry].flags)
    }

    /// The tracker of a symbol of a dylib, if there is one.
    pub fn tracker(&self, dylib: DylibId, name: &Symbol) -> Option<TrackerId> {
        let entry = self.dylibs[dylib].get(name)?;
        Some(self.entries[*entry].tracker)
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
}
