//! Work: a unit begins, its symbols get addresses, their bytes are in place.

use super::entries::{EntryId, EntryList, Stage};
use super::error::{Cause, Defunct, DependencyGone, NoAddress};
use super::types::{
    DylibId, Effect, QueryId, Step, SymbolFlags, TrackerId, UnitId, Visibility,
    Wanted, WorkId,
};
use super::{State, Unit};
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;

/// The symbols that some work is responsible for or has made.
pub(super) struct Work {
    pub(super) dylib: DylibId,
    pub(super) tracker: TrackerId,
    pub(super) entries: EntryList,
    /// The lookups that it must see answered before it can go on.
    pub(super) asks: Vec<QueryId>,
    /// What it takes for granted until it is emitted, and depends on then.
    pub(super) relies_on: EntryList,
    pub(super) is_emitted: bool,
}

impl Work {
    pub(super) fn new(
        dylib: DylibId,
        tracker: TrackerId,
        entries: EntryList,
    ) -> Work {
        let (asks, relies_on) = (Vec::new(), EntryList::new());
        Work { dylib, tracker, entries, asks, relies_on, is_emitted: false }
    }
}

impl<U, C> State<U, C> {
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
    // ANCHOR: resolve
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
    // ANCHOR_END: resolve

    /// The bytes of some work's symbols are in place. They can be used as
    /// soon as what they depend on can.
    ///
    /// # Errors
    /// If they, or something they depend on, are not wanted any more, or if
    /// they have not been resolved: they fail then.
    // ANCHOR: emit
    pub fn emit(
        &mut self,
        work: WorkId,
        dependencies: &[EntryId],
    ) -> Result<(), Defunct> {
        let entries = self.open(work)?.entries.clone();
        self.check_dependencies(work, dependencies)?;
        self.check_resolved(work, &entries)?;
        self.work[work].is_emitted = true;
        self.work_ended();
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
    // ANCHOR_END: emit

    /// Some work takes what is known of another symbol for granted. From now
    /// on that gives way to no other definition, until the work is gone or
    /// [`rely_no_more`](State::rely_no_more) is called. Returns what is known; none if there is no
    /// such symbol, or no such work.
    pub fn rely_on(
        &mut self,
        work: WorkId,
        order: &[(DylibId, Visibility)],
        name: &Symbol,
    ) -> Option<SymbolFlags> {
        self.open(work).ok()?;
        let id = self.find(order, name)?;
        let entry = &mut self.entries[id];
        entry.reliers += 1;
        self.work[work].relies_on.push(id);
        Some(entry.flags)
    }

    /// What some work relies on, which is forgotten there.
    pub fn take_relied_on(&mut self, work: WorkId) -> Vec<EntryId> {
        let work = self.work.get_mut(work);
        let relied_on = work.map(|work| std::mem::take(&mut work.relies_on));
        relied_on.unwrap_or_default().into_vec()
    }

    /// Ends what `rely_on` began.
    pub fn rely_no_more(&mut self, relied_on: Vec<EntryId>) {
        for id in relied_on {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.reliers -= 1;
            }
        }
    }

    /// Enters work that begins.
    pub(super) fn enter_work(&mut self, work: Work) -> WorkId {
        self.under_way += 1;
        self.work.insert(work)
    }

    /// Some work has come to its end.
    fn work_ended(&mut self) {
        self.under_way -= 1;
        if self.under_way == 0 {
            // Nobody is left to ask.
            self.failed.clear();
        }
    }

    /// Forgets work that has no symbols any more.
    pub(super) fn drop_work(&mut self, work: WorkId) {
        let relied_on = self.take_relied_on(work);
        self.rely_no_more(relied_on);
        if self.work.remove(work).is_some_and(|work| !work.is_emitted) {
            self.work_ended();
        }
    }

    /// Lets a unit begin.
    // ANCHOR: start
    pub(super) fn start(&mut self, id: UnitId) {
        let Some(unit) = self.units.remove(id) else { return };
        let Unit { unit, dylib, tracker, entries } = unit;
        let work = self.enter_work(Work::new(dylib, tracker, entries));
        for index in 0..self.work[work].entries.len() {
            let entry = self.work[work].entries[index];
            self.entries[entry].stage = Stage::Materializing(work);
            self.note(entry, Step::Materializing);
        }
        self.effects.push(Effect::Materialize(unit, work, dylib));
    }
    // ANCHOR_END: start

    /// Work that has not come to its end.
    // ANCHOR: open
    pub(super) fn open(&self, work: WorkId) -> Result<&Work, Defunct> {
        let work = self.work.get(work).ok_or(Defunct)?;
        if work.is_emitted { Err(Defunct) } else { Ok(work) }
    }
    // ANCHOR_END: open

    /// Lets work fail that depends on what is gone.
    // ANCHOR: check_dependencies
    fn check_dependencies(
        &mut self,
        work: WorkId,
        dependencies: &[EntryId],
    ) -> Result<(), Defunct> {
        let is_gone = |&&id: &&EntryId| !self.entries.contains(id);
        let Some(id) = dependencies.iter().find(is_gone) else { return Ok(()) };
        let cause = match self.failed.get(id) {
            Some(error) => Cause::new(error.clone()),
            None => Cause::new(DependencyGone),
        };
        self.fail(work, cause);
        Err(Defunct)
    }
    // ANCHOR_END: check_dependencies

    /// Lets work fail that has a symbol without an address.
    // ANCHOR: check_resolved
    fn check_resolved(
        &mut self,
        work: WorkId,
        entries: &[EntryId],
    ) -> Result<(), Defunct> {
        let is_nowhere = |&&id: &&EntryId| self.entries[id].address.is_none();
        let Some(&id) = entries.iter().find(is_nowhere) else { return Ok(()) };
        let name = self.entries[id].name.clone();
        self.fail(work, Cause::new(NoAddress(name)));
        Err(Defunct)
    }
    // ANCHOR_END: check_resolved
}
