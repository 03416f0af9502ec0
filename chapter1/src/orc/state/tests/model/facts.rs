//! What ought to be.

use super::*;
use std::collections::BTreeSet;

/// A definition, by its number.
pub(super) type Def = usize;

/// Who is to make a definition, or has made it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Maker {
    /// A unit that has not begun.
    Unit(usize),
    Work(WorkId),
}

/// A definition of a symbol.
pub(super) struct Fact {
    pub(super) id: EntryId,
    pub(super) dylib: usize,
    pub(super) name: usize,
    pub(super) flags: SymbolFlags,
    pub(super) tracker: usize,
    pub(super) maker: Maker,
    pub(super) address: Option<ExecutorAddr>,
    pub(super) is_emitted: bool,
    /// Somebody has been told that it can be used.
    pub(super) is_ready: bool,
    pub(super) needs: BTreeSet<Def>,
    pub(super) holders: u32,
    pub(super) is_alive: bool,
}

/// A lookup.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) roots: Vec<Def>,
    pub(super) wanted: Wanted,
    pub(super) asker: Option<WorkId>,
}

#[derive(Default)]
pub(super) struct Facts {
    pub(super) defs: Vec<Fact>,
    /// How many units there have been.
    pub(super) units: usize,
    /// Work whose symbols have been emitted.
    pub(super) emitted: BTreeSet<WorkId>,
    /// What the last step must have led to: definitions that are gone, units
    /// that are dropped, work that is released, failures that are reported.
    pub(super) died: Vec<Def>,
    pub(super) dropped: Vec<usize>,
    pub(super) released: Vec<WorkId>,
    pub(super) reported: Vec<Vec<Symbol>>,
}

impl Facts {
    pub(super) fn alive(&self) -> impl Iterator<Item = Def> {
        (0..self.defs.len()).filter(|&def| self.defs[def].is_alive)
    }

    /// The definitions that somebody is to make, or has made.
    pub(super) fn of(&self, maker: Maker) -> Vec<Def> {
        self.alive().filter(|&def| self.defs[def].maker == maker).collect()
    }

    pub(super) fn names(&self, defs: &[Def]) -> Vec<Symbol> {
        defs.iter().map(|&def| name(self.defs[def].name)).collect()
    }

    pub(super) fn at(&self, dylib: usize, name: usize) -> Option<Def> {
        self.alive().find(|&def| {
            (self.defs[def].dylib, self.defs[def].name) == (dylib, name)
        })
    }

    /// What a name means along a search order.
    pub(super) fn find(
        &self,
        order: &[(usize, bool)],
        name: usize,
    ) -> Option<Def> {
        let visible = order.iter().filter_map(|&(dylib, sees_all)| {
            let def = self.at(dylib, name)?;
            (sees_all || self.defs[def].flags.exported).then_some(def)
        });
        visible.into_iter().next()
    }

    /// All that can be reached from some definitions along their needs.
    pub(super) fn reachable(&self, roots: &[Def]) -> BTreeSet<Def> {
        let mut seen = BTreeSet::new();
        let mut stack = roots.to_vec();
        while let Some(at) = stack.pop() {
            if seen.insert(at) {
                stack.extend(&self.defs[at].needs);
            }
        }
        seen
    }

    /// What a lookup is about.
    pub(super) fn concerns(&self, question: &Question) -> BTreeSet<Def> {
        match question.wanted {
            Wanted::Resolved => question.roots.iter().copied().collect(),
            Wanted::Ready => self.reachable(&question.roots),
        }
    }

    pub(super) fn is_satisfied(&self, question: &Question) -> bool {
        let is_enough = |&def: &Def| match question.wanted {
            Wanted::Resolved => self.defs[def].address.is_some(),
            Wanted::Ready => self.defs[def].is_emitted,
        };
        self.concerns(question).iter().all(is_enough)
    }

    /// Those that need a definition themselves.
    pub(super) fn users(&self, of: Def) -> impl Iterator<Item = Def> {
        self.alive().filter(move |&def| self.defs[def].needs.contains(&of))
    }

    /// Whether a definition must stay although it is weak.
    pub(super) fn is_used(
        &self,
        def: Def,
        open: &BTreeMap<usize, Question>,
    ) -> bool {
        let fact = &self.defs[def];
        fact.is_ready
            || fact.holders > 0
            || self.users(def).next().is_some()
            || open.values().any(|q| self.concerns(q).contains(&def))
    }

    /// Whether work has symbols, and has not emitted them.
    pub(super) fn is_open(&self, work: WorkId) -> bool {
        !self.emitted.contains(&work) && !self.of(Maker::Work(work)).is_empty()
    }

    /// Whether work would wait for its own addresses.
    pub(super) fn is_circle(
        &self,
        asker: WorkId,
        roots: &[Def],
        open: &BTreeMap<usize, Question>,
    ) -> bool {
        let mut seen = BTreeSet::new();
        let mut stack = roots.to_vec();
        while let Some(def) = stack.pop() {
            let fact = &self.defs[def];
            if let (Maker::Work(work), None) = (fact.maker, fact.address)
                && seen.insert(work)
            {
                let asked = open.values().filter(|q| q.asker == Some(work));
                stack.extend(asked.flat_map(|q| &q.roots));
            }
        }
        seen.contains(&asker)
    }

    /// The definitions are gone, and with them all that needs them.
    pub(super) fn die_with_users(&mut self, defs: Vec<Def>) {
        let mut going = defs;
        while let Some(def) = going.pop() {
            if self.defs[def].is_alive {
                going.extend(self.users(def));
                self.die(def);
            }
        }
    }

    /// A definition is gone.
    pub(super) fn die(&mut self, def: Def) {
        self.defs[def].is_alive = false;
        self.died.push(def);
        let maker = self.defs[def].maker;
        if self.of(maker).is_empty() {
            match maker {
                Maker::Unit(unit) => self.dropped.push(unit),
                Maker::Work(work) if self.emitted.contains(&work) => {
                    self.released.push(work);
                }
                Maker::Work(_) => {}
            }
        }
    }

    /// Work fails.
    pub(super) fn fail(&mut self, work: WorkId) {
        let defs = self.of(Maker::Work(work));
        self.reported.push(self.names(&defs));
        self.die_with_users(defs);
    }
}
