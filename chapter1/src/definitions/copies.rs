//! Who has copies of whose body. Chapter 1 makes none: this is kept apart from
//! what is kept for every function.

use super::{Definitions, others};
use crate::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

impl Definitions {
    /// Notes the functions whose bodies the code of a definition has copies
    /// of, in place of what was noted before.
    pub fn note_inlined(&self, name: &Symbol, inlined: Box<[Symbol]>) {
        self.note_inlined_if(name, inlined, || true);
    }

    /// The same, if the code is still wanted: otherwise what was noted may be
    /// of another definition's code. `is_wanted` must leave the table alone.
    pub fn note_inlined_if(
        &self,
        name: &Symbol,
        inlined: Box<[Symbol]>,
        is_wanted: impl FnOnce() -> bool,
    ) {
        let mut table = self.lock();
        let known = table.functions.get(name);
        let is_defined = known.is_some_and(|known| known.definition.is_some());
        if is_defined && is_wanted() {
            table.copies.note(name, inlined);
        }
    }

    /// The definitions whose code has a copy of a function's body, itself not
    /// counted.
    pub fn inliners(&self, name: &Symbol) -> Vec<Symbol> {
        others(self.lock().copies.inliners(name), name)
    }
}

/// The one relation, read in two directions.
#[derive(Default)]
pub(super) struct Copies {
    /// For a function, the definitions whose code has a copy of its body.
    inliners: FxHashMap<Symbol, FxHashSet<Symbol>>,
    /// For a definition, the functions whose bodies its code has copies of.
    inlined: FxHashMap<Symbol, Box<[Symbol]>>,
}

impl Copies {
    /// Notes the functions whose bodies a definition has copies of, in place
    /// of what was noted before, which is returned.
    pub(super) fn note(
        &mut self,
        name: &Symbol,
        inlined: Box<[Symbol]>,
    ) -> Box<[Symbol]> {
        let before = self.inlined.remove(name).unwrap_or_default();
        for callee in &before {
            if let Some(inliners) = self.inliners.get_mut(callee) {
                inliners.remove(name);
                if inliners.is_empty() {
                    self.inliners.remove(callee);
                }
            }
        }
        for callee in &inlined {
            let inliners = self.inliners.entry(callee.clone()).or_default();
            inliners.insert(name.clone());
        }
        if !inlined.is_empty() {
            self.inlined.insert(name.clone(), inlined);
        }
        before
    }

    /// The definitions whose code has a copy of a function's body.
    pub(super) fn inliners(
        &self,
        name: &Symbol,
    ) -> impl Iterator<Item = &Symbol> {
        self.inliners.get(name).into_iter().flatten()
    }
}
