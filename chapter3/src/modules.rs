//! Which definitions stand together: one after the other in a text. (At the
//! prompt, each is alone.) They are compiled one by one all the same; but those
//! of one module may be inlined in each other, and a partition may ask for
//! them.

use chapter1::symbol::Symbol;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The modules of all definitions.
#[derive(Default)]
pub struct Modules(Mutex<Table>);

#[derive(Default)]
struct Table {
    modules: FxHashMap<usize, Module>,
    of: FxHashMap<Symbol, usize>,
    /// The module that is open, or the last that was.
    last: usize,
    is_closed: bool,
}

/// A module, as long as there is anything of it.
#[derive(Default)]
struct Module {
    /// All that was ever defined in it.
    members: Vec<Symbol>,
    /// How many of these are defined in it still.
    live: usize,
}

impl Modules {
    /// Enters a definition in the module that is open.
    pub fn enter(&self, name: &Symbol) {
        let table = &mut *self.lock();
        if std::mem::take(&mut table.is_closed) {
            table.last += 1;
        }
        let last = table.last;
        let before = table.of.insert(name.clone(), last);
        if before != Some(last) {
            table.leave(before);
            let module = table.modules.entry(last).or_default();
            module.members.push(name.clone());
            module.live += 1;
        }
    }

    /// From now on definitions belong to another module.
    pub fn close(&self) {
        self.lock().is_closed = true;
    }

    /// Forgets a definition.
    pub fn forget(&self, name: &Symbol) {
        let table = &mut *self.lock();
        let before = table.of.remove(name);
        table.leave(before);
    }

    /// The definitions that stand with this one, itself among them, in their
    /// order.
    pub fn members(&self, name: &Symbol) -> Vec<Symbol> {
        let Table { modules, of, .. } = &*self.lock();
        let Some(&module) = of.get(name) else { return Vec::new() };
        let members = modules[&module].members.iter();
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

impl Table {
    /// Notes that a module has one definition less.
    fn leave(&mut self, number: Option<usize>) {
        let Some(number) = number else { return };
        let module = self.modules.get_mut(&number).expect("it has members");
        module.live -= 1;
        if module.live == 0 {
            self.modules.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(symbols: &[Symbol]) -> Vec<&str> {
        symbols.iter().map(Symbol::as_str).collect()
    }

    #[test]
    fn who_is_defined_elsewhere_is_no_member_any_more() {
        let modules = Modules::default();
        let [a, b, c] = ["a", "b", "c"].map(Symbol::new);
        modules.enter(&a);
        modules.enter(&b);
        modules.enter(&a);
        modules.close();
        modules.close();
        modules.enter(&c);
        assert_eq!(names(&modules.members(&b)), ["a", "b"]);
        assert!(modules.are_together(&a, &b) && !modules.are_together(&a, &c));
        modules.enter(&a);
        assert_eq!(names(&modules.members(&b)), ["b"]);
        assert_eq!(names(&modules.members(&a)), ["c", "a"]);
        modules.forget(&b);
        assert_eq!(names(&modules.members(&b)), [""; 0]);
        assert_eq!(modules.lock().modules.len(), 1);
    }
}
