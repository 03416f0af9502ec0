//! Work that is handed on: to another responsibility, or to another unit.

use super::entries::{EntryId, EntryList, Stage};
use super::error::Defunct;
use super::types::{DylibId, Effect, Step, TrackerId, WorkId};
use super::work::Work;
use super::{State, Unit};
use crate::symbol::Symbol;
use rustc_hash::FxHashSet;

impl<U, C> State<U, C> {
    /// Splits off the responsibility for some of the symbols.
    ///
    /// # Errors
    /// If one of them is not this work's, or not any more.
    pub fn delegate(
        &mut self,
        work: WorkId,
        names: &[Symbol],
    ) -> Result<WorkId, Defunct> {
        // What the one has taken for granted, the other has as well.
        let relies_on = self.open(work)?.relies_on.clone();
        let (dylib, tracker, entries) = self.split(work, names)?;
        if entries.is_empty() {
            // Work without symbols is nobody's.
            return Ok(WorkId::default());
        }
        let new = self.enter_work(Work::new(dylib, tracker, entries));
        for &id in &relies_on {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.reliers += 1;
            }
        }
        self.work[new].relies_on = relies_on;
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
            self.drop_work(work);
        }
        Ok(parts)
    }
}
