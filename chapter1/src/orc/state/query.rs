//! Lookups that walk along dependencies.

use super::entries::Stage;
use super::{
    DylibId, Effect, EntryId, Found, LookupError, QueryId, State, Visibility,
    Wanted,
};
use crate::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// A lookup under way.
pub(super) struct Query<C> {
    completion: C,
    wanted: Wanted,
    /// What was asked for.
    roots: Vec<(Symbol, EntryId)>,
    /// The symbols it has come by.
    seen: FxHashSet<EntryId>,
    /// At how many of them it waits.
    waits: usize,
}

impl<U, C> State<U, C> {
    /// Looks names up along a search order, and starts whatever produces
    /// them. The answer is an effect, of this operation or of a later one.
    pub fn lookup(
        &mut self,
        order: &[(DylibId, Visibility)],
        names: &[Symbol],
        wanted: Wanted,
        completion: C,
    ) {
        let missing = self.missing(order, names);
        if !missing.is_empty() {
            let error = LookupError::NotFound(missing);
            self.effects.push(Effect::Complete(completion, Err(error)));
            return;
        }
        let find = |name: &Symbol| {
            let entry = self.find(order, name).expect("nothing is missing");
            (name.clone(), entry)
        };
        let roots: Vec<(Symbol, EntryId)> = names.iter().map(find).collect();
        let walk = roots.iter().map(|&(_, entry)| entry).collect();
        let seen = FxHashSet::default();
        let query = Query { completion, wanted, roots, seen, waits: 0 };
        let id = QueryId(self.number());
        self.queries.insert(id, query);
        self.walk(id, walk);
        self.complete_if_done(id);
    }

    /// Goes on walking, from `stack`.
    fn walk(&mut self, id: QueryId, mut stack: Vec<EntryId>) {
        while let Some(at) = stack.pop() {
            let query = self.queries.get_mut(&id).expect("under way");
            // What was ready once and has been removed is no obstacle.
            let Some(entry) = self.entries.get_mut(at) else { continue };
            let is_enough = match query.wanted {
                Wanted::Resolved => entry.address.is_some(),
                Wanted::Ready => entry.stage == Stage::Ready,
            };
            if !query.seen.insert(at) {
                continue;
            }
            let waits = !is_enough && entry.stage != Stage::Emitted;
            entry.queries.push((id, waits));
            query.waits += usize::from(waits);
            if is_enough {
                continue;
            }
            match entry.stage {
                Stage::Lazy(unit) => self.start(unit),
                _ => stack.extend(&entry.dependencies),
            }
        }
    }

    /// A symbol has got so far: those who waited here for that walk on.
    pub(super) fn wake(&mut self, at: EntryId, reached: Wanted) {
        let mut woken = Vec::new();
        for (id, waits) in &mut self.entries[at].queries {
            if *waits && self.queries[id].wanted == reached {
                *waits = false;
                woken.push(*id);
            }
        }
        for id in woken {
            let query = self.queries.get_mut(&id).expect("under way");
            query.waits -= 1;
            if reached == Wanted::Ready {
                self.walk(id, self.entries[at].dependencies.clone());
            }
            self.complete_if_done(id);
        }
    }

    /// Answers a lookup that waits nowhere. If it wanted its symbols ready,
    /// all that it has seen is.
    fn complete_if_done(&mut self, id: QueryId) {
        if self.queries[&id].waits > 0 {
            return;
        }
        let query = self.queries.remove(&id).expect("under way");
        for &at in &query.seen {
            let entry = &mut self.entries[at];
            entry.queries.retain(|&(other, _)| other != id);
            if query.wanted == Wanted::Ready {
                entry.stage = Stage::Ready;
                entry.dependencies = Vec::new();
                entry.dependants = Vec::new();
            }
        }
        let found = query.roots.into_iter().map(|(name, entry)| {
            let address = self.entries[entry].address;
            let address = address.expect("it has been resolved");
            (name, Found { entry, address })
        });
        let found: FxHashMap<Symbol, Found> = found.collect();
        self.effects.push(Effect::Complete(query.completion, Ok(found)));
    }

    /// Answers a lookup with a failure.
    pub(super) fn abandon(&mut self, id: QueryId, failed: &[Symbol]) {
        let Some(query) = self.queries.remove(&id) else { return };
        for at in query.seen {
            if self.entries.contains(at) {
                let queries = &mut self.entries[at].queries;
                queries.retain(|&(other, _)| other != id);
            }
        }
        let error = LookupError::Failed(failed.to_vec());
        self.effects.push(Effect::Complete(query.completion, Err(error)));
    }
}
