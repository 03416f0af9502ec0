//! Lookups that walk along dependencies.

use super::State;
use super::entries::{EntryId, EntryList, Stage};
use super::error::LookupError;
use super::types::{
    DylibId, Effect, Found, QueryId, Step, Visibility, Wanted, WorkId,
};
use crate::symbol::Symbol;
use rustc_hash::FxHashSet;

/// A lookup under way.
pub(super) struct Query<C> {
    completion: C,
    wanted: Wanted,
    /// What was asked for.
    roots: EntryList,
    /// The symbols it has come by.
    seen: FxHashSet<EntryId>,
    /// At how many of them it waits.
    waits: usize,
    /// Who cannot go on without the answer.
    asker: Option<WorkId>,
}

impl<U, C> State<U, C> {
    /// Looks names up along a search order, and starts whatever produces
    /// them. The answer is an effect, of this operation or of a later one.
    ///
    /// Work that cannot even give its symbols addresses before it has the
    /// answer says that it is the `asker`: if it would wait for itself, it
    /// is told so.
    // ANCHOR: lookup
    pub fn lookup(
        &mut self,
        order: &[(DylibId, Visibility)],
        names: &[Symbol],
        wanted: Wanted,
        asker: Option<WorkId>,
        completion: C,
    ) {
        let roots = names.iter().map(|name| self.find(order, name));
        let Some(roots) = roots.collect::<Option<EntryList>>() else {
            let error = LookupError::NotFound(self.missing(order, names));
            return self.refuse(completion, error);
        };
        if asker.is_some_and(|asker| self.would_wait_for(asker, &roots)) {
            let error = LookupError::Circular(names.to_vec());
            return self.refuse(completion, error);
        }
        self.set_out(roots, wanted, asker, completion);
    }
    // ANCHOR_END: lookup

    /// Answers a lookup that is not made.
    // ANCHOR: refuse
    pub fn refuse(&mut self, completion: C, error: LookupError) {
        self.effects.push(Effect::Complete(completion, Err(error)));
    }
    // ANCHOR_END: refuse

    /// Begins a lookup, and answers it if there is nothing to wait for.
    // ANCHOR: set_out
    fn set_out(
        &mut self,
        roots: EntryList,
        wanted: Wanted,
        asker: Option<WorkId>,
        completion: C,
    ) {
        let asker = asker.filter(|&asker| self.work.contains_key(asker));
        let (from, seen, waits) = (roots.clone(), FxHashSet::default(), 0);
        let query = Query { completion, wanted, roots, seen, waits, asker };
        let id = self.queries.insert(query);
        if let Some(asker) = asker {
            self.work[asker].asks.push(id);
        }
        let mut next = Vec::new();
        for at in from {
            self.visit(id, at, true, &mut next);
        }
        self.walk(id, next);
        self.complete_if_done(id);
    }
    // ANCHOR_END: set_out

    /// Whether the addresses of some symbols depend on those of some work's.
    // ANCHOR: would_wait_for
    fn would_wait_for(&self, asker: WorkId, symbols: &[EntryId]) -> bool {
        let mut seen = FxHashSet::default();
        let mut stack = symbols.to_vec();
        while let Some(at) = stack.pop() {
            let Some(entry) = self.entries.get(at) else { continue };
            let Stage::Materializing(work) = entry.stage else { continue };
            if work == asker {
                return true;
            }
            if seen.insert(work) {
                for &query in &self.work[work].asks {
                    stack.extend(&self.queries[query].roots);
                }
            }
        }
        false
    }
    // ANCHOR_END: would_wait_for

    /// Goes on walking, from `stack`.
    // ANCHOR: walk
    fn walk(&mut self, id: QueryId, mut stack: Vec<EntryId>) {
        while let Some(at) = stack.pop() {
            self.visit(id, at, false, &mut stack);
        }
    }
    // ANCHOR_END: walk

    /// A lookup comes by a symbol, and perhaps has to wait there. Where to
    /// walk on is added to `next`.
    // ANCHOR: visit
    fn visit(
        &mut self,
        id: QueryId,
        at: EntryId,
        is_root: bool,
        next: &mut Vec<EntryId>,
    ) {
        let query = &mut self.queries[id];
        // What was ready once and has been removed is no obstacle.
        let Some(entry) = self.entries.get_mut(at) else { return };
        let is_enough = match query.wanted {
            Wanted::Resolved => entry.address.is_some(),
            Wanted::Ready => entry.is_ready(),
        };
        // What has come far enough needs no watching, but what was asked for
        // has to exist when the answer is given.
        if is_enough && !is_root || !query.seen.insert(at) {
            return;
        }
        let waits = !is_enough && !matches!(entry.stage, Stage::Emitted(_));
        entry.queries.push((id, waits));
        query.waits += usize::from(waits);
        match entry.stage {
            _ if is_enough => {}
            Stage::Lazy(unit) => self.start(unit),
            _ => next.extend_from_slice(&entry.dependencies),
        }
    }
    // ANCHOR_END: visit

    /// A symbol has got so far: those who waited here for that walk on.
    // ANCHOR: wake
    pub(super) fn wake(&mut self, at: EntryId, reached: Wanted) {
        let mut woken = Vec::new();
        for (id, waits) in &mut self.entries[at].queries {
            if *waits && self.queries[*id].wanted == reached {
                *waits = false;
                woken.push(*id);
            }
        }
        for id in woken {
            self.queries[id].waits -= 1;
            if reached == Wanted::Ready {
                self.walk(id, self.entries[at].dependencies.to_vec());
            }
            self.complete_if_done(id);
        }
    }
    // ANCHOR_END: wake

    /// Answers a lookup that waits nowhere. If it wanted its symbols ready,
    /// all that it has seen is.
    // ANCHOR: complete_if_done
    fn complete_if_done(&mut self, id: QueryId) {
        if self.queries[id].waits > 0 {
            return;
        }
        let query = self.end(id);
        for &at in &query.seen {
            let entry = &mut self.entries[at];
            entry.queries.retain(|(other, _)| *other != id);
            if query.wanted == Wanted::Ready
                && let Stage::Emitted(work) = entry.stage
            {
                entry.stage = Stage::Ready(work);
                self.note(at, Step::Ready);
            }
        }
        let found = query.roots.into_iter().map(|entry| {
            let root = &self.entries[entry];
            let address = root.address.expect("it has been resolved");
            Found { entry, address, flags: root.flags }
        });
        let found = Ok(found.collect());
        self.effects.push(Effect::Complete(query.completion, found));
    }
    // ANCHOR_END: complete_if_done

    /// Answers a lookup with a failure.
    // ANCHOR: abandon
    pub(super) fn abandon(&mut self, id: QueryId, error: LookupError) {
        if !self.queries.contains_key(id) {
            return;
        }
        let query = self.end(id);
        for at in query.seen {
            if let Some(entry) = self.entries.get_mut(at) {
                entry.queries.retain(|(other, _)| *other != id);
            }
        }
        self.effects.push(Effect::Complete(query.completion, Err(error)));
    }
    // ANCHOR_END: abandon

    // ANCHOR: end
    fn end(&mut self, id: QueryId) -> Query<C> {
        let query = self.queries.remove(id).expect("under way");
        if let Some(work) = query.asker.and_then(|w| self.work.get_mut(w)) {
            work.asks.retain(|&other| other != id);
        }
        query
    }
    // ANCHOR_END: end
}
