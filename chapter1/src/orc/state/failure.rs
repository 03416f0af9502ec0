//! Symbols that go: because they failed, or because they were removed.

use super::State;
use super::entries::{Entry, EntryId, Stage};
use super::error::{Cause, InUse, LookupError, Removed};
use super::types::{Effect, Step, TrackerId, UnitId, WorkId};
use crate::symbol::Symbol;
use rustc_hash::FxHashSet;
use std::sync::Arc;

impl<U, C> State<U, C> {
    /// The symbols of some work cannot be produced. They are gone, so that
    /// they can be defined again, and so is what was emitted in the hope of
    /// them.
    // ANCHOR: fail
    pub fn fail(&mut self, id: WorkId, cause: Cause) {
        if let Ok(work) = self.open(id) {
            let entries = work.entries.to_vec();
            let symbols = self.responsibility(id);
            self.effects.push(Effect::Report(symbols, cause.clone()));
            self.remove_all(entries, cause);
        }
    }
    // ANCHOR_END: fail

    /// Removes the symbols that belong to a tracker, whatever their stage,
    /// and what was emitted in the hope of those that were not ready.
    /// Returns the names of the symbols that are gone.
    ///
    /// # Errors
    /// If one of them is used by code that can run, or held. Nothing is
    /// removed then.
    pub fn remove(
        &mut self,
        tracker: TrackerId,
    ) -> Result<Arc<[Symbol]>, InUse> {
        let entries = self.entries.tracked(tracker);
        for &id in &entries {
            self.check_unused(id, tracker)?;
        }
        self.entries.drop_tracker(tracker);
        Ok(self.remove_all(entries, Cause::new(Removed)))
    }

    /// Removes all symbols. What is in place for those that are held, and for
    /// all that they depend on, stays there for ever: it may be called.
    pub fn clear(&mut self) {
        let entries = self.entries.ids();
        let held = self.held_work();
        self.remove_all(entries, Cause::new(Removed));
        self.effects.retain(|effect| match effect {
            Effect::Release(work) => !held.contains(work),
            _ => true,
        });
    }

    /// What has put in place all that can be reached from held symbols.
    fn held_work(&self) -> FxHashSet<WorkId> {
        let entries = self.entries.ids().into_iter();
        let mut going: Vec<EntryId> =
            entries.filter(|&id| self.entries[id].holders > 0).collect();
        let mut seen = FxHashSet::default();
        let mut held = FxHashSet::default();
        while let Some(id) = going.pop() {
            if seen.insert(id) {
                let entry = &self.entries[id];
                going.extend(&entry.dependencies);
                if let Stage::Emitted(work) | Stage::Ready(work) = entry.stage {
                    held.insert(work);
                }
            }
        }
        held
    }

    /// Keeps a symbol from being removed until it is let go, unless it is
    /// gone already. Returns whether it is there.
    pub fn hold(&mut self, id: EntryId) -> bool {
        let entry = self.entries.get_mut(id);
        entry.map(|entry| entry.holders += 1).is_some()
    }

    /// Ends what `hold` began.
    pub fn let_go(&mut self, id: EntryId) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.holders -= 1;
        }
    }

    /// How many symbols and lookups there are: for tests that look for what
    /// has been left behind.
    pub fn sizes(&self) -> (usize, usize) {
        (self.entries.len(), self.queries.len())
    }

    /// Whether a symbol can go, with the others of its tracker.
    fn check_unused(
        &self,
        id: EntryId,
        tracker: TrackerId,
    ) -> Result<(), InUse> {
        let entry = &self.entries[id];
        let users = entry.dependants.iter().map(|&user| &self.entries[user]);
        let users =
            users.filter(|user| user.tracker != tracker && user.is_ready());
        let mut users: Vec<Symbol> = users.map(|u| u.name.clone()).collect();
        if users.is_empty() && entry.holders == 0 {
            return Ok(());
        }
        users.sort();
        let (symbol, handles) = (entry.name.clone(), entry.holders);
        Err(InUse { symbol, users, handles })
    }

    /// Removes symbols and all that depends on them.
    // ANCHOR: remove_all
    fn remove_all(
        &mut self,
        mut going: Vec<EntryId>,
        cause: Cause,
    ) -> Arc<[Symbol]> {
        let mut names = Vec::new();
        let (mut queries, mut known) = (Vec::new(), Vec::new());
        while let Some(id) = going.pop() {
            let Some(entry) = self.forget(id) else { continue };
            known.extend(entry.address.map(|_| id));
            going.extend(entry.dependants);
            queries.extend(entry.queries.into_iter().map(|(id, _)| id));
            names.push(entry.name);
        }
        names.sort();
        let symbols: Arc<[Symbol]> = names.into();
        let error = LookupError::Failed { symbols: symbols.clone(), cause };
        for id in queries {
            self.abandon(id, error.clone());
        }
        self.remember(known, error);
        symbols
    }
    // ANCHOR_END: remove_all

    /// Keeps the reason why symbols have failed whose addresses are known, as
    /// long as there may be somebody who has built on them.
    fn remember(&mut self, known: Vec<EntryId>, error: LookupError) {
        let LookupError::Failed { cause, .. } = &error else { return };
        if self.under_way > 0 && !cause.is::<Removed>() {
            let failed = known.into_iter().map(|id| (id, error.clone()));
            self.failed.extend(failed);
        }
    }

    /// Takes a symbol out of all tables.
    // ANCHOR: forget
    pub(super) fn forget(&mut self, id: EntryId) -> Option<Entry> {
        if self.entries.contains(id) {
            self.note(id, Step::Gone);
        }
        let entry = self.entries.remove(id)?;
        self.dylibs[entry.dylib].remove(&entry.name);
        for &dependency in &entry.dependencies {
            if let Some(dependency) = self.entries.get_mut(dependency) {
                dependency.dependants.remove(&id);
            }
        }
        match entry.stage {
            Stage::Lazy(unit) => self.take_from_unit(unit, id),
            Stage::Materializing(work)
            | Stage::Resolved(work)
            | Stage::Emitted(work)
            | Stage::Ready(work) => self.take_from_work(work, id),
        }
        Some(entry)
    }
    // ANCHOR_END: forget

    /// A unit has one symbol less; without any, it is of no use.
    // ANCHOR: take_from_unit
    fn take_from_unit(&mut self, unit: UnitId, id: EntryId) {
        let rest = &mut self.units[unit].entries;
        rest.retain(|other| *other != id);
        if rest.is_empty() {
            let unit = self.units.remove(unit).expect("just seen");
            self.effects.push(Effect::Drop(unit.unit));
        }
    }
    // ANCHOR_END: take_from_unit

    /// Some work has one symbol less; when there are none, what it has put
    /// in place can go.
    // ANCHOR: take_from_work
    fn take_from_work(&mut self, work: WorkId, id: EntryId) {
        let rest = &mut self.work[work];
        rest.entries.retain(|other| *other != id);
        if rest.entries.is_empty() {
            if rest.is_emitted {
                self.effects.push(Effect::Release(work));
            }
            self.drop_work(work);
        }
    }
    // ANCHOR_END: take_from_work
}
