//! Symbols that go: because they failed, or because they were removed.

use super::entries::Stage;
use super::{Effect, EntryId, State, TrackerId, WorkId};
use crate::symbol::Symbol;

impl<U, C> State<U, C> {
    /// The symbols of some work cannot be produced. They are gone, so that
    /// they can be defined again, and so is what was emitted in the hope of
    /// them.
    pub fn fail(&mut self, work: WorkId) {
        if let Some(work) = self.work.get(&work) {
            let entries = work.entries.clone();
            self.remove_all(entries);
        }
    }

    /// Removes the symbols that belong to a tracker, whatever their stage,
    /// and what was emitted in the hope of those that were not ready.
    /// Returns the names of the symbols that are gone.
    pub fn remove(&mut self, tracker: TrackerId) -> Vec<Symbol> {
        let entries = self.entries.tracked(tracker);
        self.remove_all(entries)
    }

    /// How many symbols and lookups there are: for tests that look for what
    /// has been left behind.
    pub fn sizes(&self) -> (usize, usize) {
        (self.entries.len(), self.queries.len())
    }

    /// Removes symbols and all that depends on them and is not ready.
    fn remove_all(&mut self, mut going: Vec<EntryId>) -> Vec<Symbol> {
        let mut names = Vec::new();
        let mut queries = Vec::new();
        while let Some(id) = going.pop() {
            let Some(entry) = self.forget(id) else { continue };
            going.extend(entry.dependants);
            queries.extend(entry.queries.into_iter().map(|(id, _)| id));
            names.push(entry.name);
        }
        names.sort();
        for id in queries {
            self.abandon(id, &names);
        }
        names
    }

    /// Takes a symbol out of all tables.
    pub(super) fn forget(&mut self, id: EntryId) -> Option<super::Entry> {
        let entry = self.entries.remove(id)?;
        self.dylibs[entry.dylib].remove(&entry.name);
        match entry.stage {
            Stage::Lazy(unit) => {
                let rest = self.units.get_mut(&unit).expect("it is lazy");
                rest.entries.retain(|&other| other != id);
                if rest.entries.is_empty() {
                    let unit = self.units.remove(&unit).expect("just seen");
                    self.effects.push(Effect::Drop(unit.unit));
                }
            }
            Stage::Materializing(work) | Stage::Resolved(work) => {
                let rest = self.work.get_mut(&work).expect("it is at work");
                rest.entries.retain(|&other| other != id);
                if rest.entries.is_empty() {
                    self.work.remove(&work);
                }
            }
            Stage::Emitted | Stage::Ready => {}
        }
        Some(entry)
    }
}
