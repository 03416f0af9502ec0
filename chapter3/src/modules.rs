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
    places: FxHashMap<Symbol, Place>,
    /// The module that is open, or the last that was.
    last: usize,
    is_closed: bool,
}

/// A module, as long as there is anything of it.
#[derive(Default)]
struct Module {
    /// The definitions in their order, and the gaps that others have left.
    members: Vec<Option<Symbol>>,
    /// How many are no gaps.
    live: usize,
}

/// Where a definition stands: in which module, and as the how manieth.
#[derive(Clone, Copy)]
struct Place {
    module: usize,
    index: usize,
}

impl Modules {
    /// Enters a definition in the module that is open.
    pub fn enter(&self, name: &Symbol) {
        let table = &mut *self.lock();
        if std::mem::take(&mut table.is_closed) {
            table.last += 1;
        }
        let before = table.places.get(name).copied();
        if before.is_none_or(|place| place.module != table.last) {
            table.leave(before);
            let module = table.modules.entry(table.last).or_default();
            let place =
                Place { module: table.last, index: module.members.len() };
            module.members.push(Some(name.clone()));
            module.live += 1;
            table.places.insert(name.clone(), place);
        }
    }

    /// From now on definitions belong to another module.
    pub fn close(&self) {
        self.lock().is_closed = true;
    }

    /// Forgets a definition.
    pub fn forget(&self, name: &Symbol) {
        let table = &mut *self.lock();
        let before = table.places.remove(name);
        table.leave(before);
    }

    /// The definitions that stand with this one, itself among them, in their
    /// order.
    pub fn members(&self, name: &Symbol) -> Vec<Symbol> {
        let Table { modules, places, .. } = &*self.lock();
        let Some(place) = places.get(name) else { return Vec::new() };
        modules[&place.module].members.iter().flatten().cloned().collect()
    }

    /// Whether two definitions stand together.
    pub fn are_together(&self, a: &Symbol, b: &Symbol) -> bool {
        let places = &self.lock().places;
        let [a, b] = [a, b].map(|name| places.get(name).map(|it| it.module));
        a.is_some() && a == b
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Leaves a gap where a definition stood.
    fn leave(&mut self, place: Option<Place>) {
        let Some(Place { module: number, index }) = place else { return };
        let module = self.modules.get_mut(&number).expect("it has members");
        module.members[index] = None;
        module.live -= 1;
        while let Some(None) = module.members.last() {
            module.members.pop();
        }
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
        for _ in 0..3 {
            modules.forget(&a);
            modules.enter(&a);
        }
        assert_eq!(names(&modules.members(&a)), ["c", "a"]);
        modules.forget(&b);
        assert_eq!(names(&modules.members(&b)), [""; 0]);
        assert_eq!(modules.lock().modules.len(), 1);
    }
}
