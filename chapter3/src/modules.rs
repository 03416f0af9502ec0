//! Which definitions stand together: one after the other in a text, or in one
//! line at the prompt. Each is compiled by itself all the same; but those of
//! one module may be inlined in each other, and a partition may ask for them.

use chapter1::symbol::Symbol;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The modules of all definitions.
#[derive(Default)]
pub struct Modules(Mutex<Table>);

#[derive(Default)]
struct Table {
    /// Each with all that was ever defined in it.
    members: Vec<Vec<Symbol>>,
    of: FxHashMap<Symbol, usize>,
    /// Whether the last module is complete.
    is_closed: bool,
}

impl Modules {
    /// Enters a definition in the module that is open.
    pub fn enter(&self, name: &Symbol) {
        let Table { members, of, is_closed } = &mut *self.lock();
        if members.is_empty() || std::mem::take(is_closed) {
            members.push(Vec::new());
        }
        let last = members.len() - 1;
        if of.insert(name.clone(), last) != Some(last) {
            members[last].push(name.clone());
        }
    }

    /// From now on definitions belong to another module.
    pub fn close(&self) {
        self.lock().is_closed = true;
    }

    /// Forgets a definition.
    pub fn forget(&self, name: &Symbol) {
        self.lock().of.remove(name);
    }

    /// The definitions that stand with this one, itself among them, in their
    /// order.
    pub fn members(&self, name: &Symbol) -> Vec<Symbol> {
        let Table { members, of, .. } = &*self.lock();
        let Some(&module) = of.get(name) else { return Vec::new() };
        let members = members[module].iter();
        // Some may be defined elsewhere by now, or not at all.
        members.filter(|&it| of.get(it) == Some(&module)).cloned().collect()
    }

    /// Whether two definitions stand together.
    pub fn are_together(&self, a: &Symbol, b: &Symbol) -> bool {
        let of = &self.lock().of;
        of.get(a).is_some_and(|module| of.get(b) == Some(module))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
