//! What the user has declared and defined: the names that a program may
//! call, where each definition comes from, and who calls whom.
//!
//! | file | what it has |
//! |---|---|
//! | `origin` | what a definition is made from |
//! | `again` | definitions made anew from that |
//! | `change` | definitions that change although others call them |
//! | `copies` | who has copies of whose body |
//!
//! This table outlives the machine code. Code may fail to compile for want
//! of a symbol that is defined later, or be lost; then it is made again from
//! what is kept here. And whether something can be changed or removed
//! depends on who relies on it, which is kept here as well. (Who is *bound*
//! to whom, in machine code, the session knows.)

mod again;
mod change;
mod copies;
mod origin;

pub use again::Again;
pub use origin::Origin;

use copies::Copies;

use crate::ir::lower::Prototypes;
use crate::ir::{Function, Module};
use crate::orc::{InUse, ResourceTracker};
use crate::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// The functions known to the user's programs.
#[derive(Default)]
pub struct Definitions(Mutex<Table>);

#[derive(Default)]
struct Table {
    functions: FxHashMap<Symbol, Known>,
    /// The host functions, with their numbers of parameters: known even
    /// before they are declared, for better messages.
    host: FxHashMap<String, usize>,
    /// How many definitions there have been.
    defined: usize,
    copies: Copies,
}

// ANCHOR: Known
struct Known {
    params: usize,
    /// None for what is only declared.
    definition: Option<Arc<Definition>>,
    /// The definitions that call it.
    callers: FxHashSet<Symbol>,
    /// What it calls, in the order of the first calls, each with the number
    /// of arguments.
    callees: Box<[(Symbol, usize)]>,
}
// ANCHOR_END: Known

/// A definition, from which its code can be made.
pub struct Definition {
    /// The source.
    pub origin: Origin,
    /// The how manieth definition of all it is.
    pub version: usize,
    /// What it is removed by.
    pub tracker: ResourceTracker,
}

/// What the table is going to know of a function.
pub struct Prepared {
    name: Symbol,
    params: usize,
    callees: Box<[(Symbol, usize)]>,
}

/// What the table knew of a function that it has forgotten.
pub struct Removed {
    function: Prepared,
    /// What it was made from.
    pub definition: Arc<Definition>,
    inlined: Box<[Symbol]>,
}

impl Prepared {
    /// What it is going to know of a module's functions.
    pub fn from_module(module: &Module) -> Vec<Prepared> {
        module.functions.iter().map(Prepared::new).collect()
    }

    /// What it is going to know of a function.
    pub fn new(function: &Function) -> Prepared {
        let callees = function.callees.values();
        let callees =
            callees.map(|c| (c.name.clone(), c.signature.params.len()));
        Prepared {
            name: function.name.clone(),
            params: function.signature.params.len(),
            callees: callees.collect(),
        }
    }
}

/// Two prototypes of one function differ in the number of parameters.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{name}` has {known} parameters, not {found}")]
pub struct PrototypeMismatch {
    /// The function.
    pub name: String,
    /// How many parameters it has so far.
    pub known: usize,
    /// How many it would have.
    pub found: usize,
    /// Whether it has been defined, not only declared.
    pub is_defined: bool,
    /// The definitions that pass the old number of arguments.
    pub callers: Vec<Symbol>,
}

impl Definitions {
    /// Nothing but what the host has.
    pub fn new(host: impl Iterator<Item = (String, usize)>) -> Definitions {
        let host = host.collect();
        Definitions(Mutex::new(Table { host, ..Table::default() }))
    }

    /// Whether a function may have so many parameters. A declaration that
    /// nobody relies on may be replaced by another.
    ///
    /// # Errors
    /// If there is a definition or a caller with another number.
    pub fn check(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), PrototypeMismatch> {
        let table = self.lock();
        let symbol = Symbol::find(name);
        let known = symbol.and_then(|symbol| table.functions.get(&symbol));
        let Some(known) = known else { return Ok(()) };
        let is_defined = known.definition.is_some();
        let is_free = !is_defined && known.callers.is_empty();
        if known.params == params || is_free {
            return Ok(());
        }
        Err(PrototypeMismatch {
            name: name.to_owned(),
            known: known.params,
            found: params,
            is_defined,
            callers: known.callers_sorted(),
        })
    }

    /// Enters a declaration that [`check`](Self::check) has passed.
    pub fn declare(&self, name: &str, params: usize) {
        self.lock().enter(Symbol::new(name), params);
    }

    /// Enters the functions of a module that [`check`](Self::check) has
    /// passed, and whom they call.
    pub fn define(
        &self,
        functions: Vec<Prepared>,
        origin: Origin,
        tracker: &ResourceTracker,
    ) {
        let mut table = self.lock();
        table.defined += functions.len();
        let (version, tracker) = (table.defined, tracker.clone());
        let made = Arc::new(Definition { origin, version, tracker });
        for function in functions {
            table.define(function, made.clone());
        }
    }

    /// What a function is made from.
    pub fn get(&self, name: &Symbol) -> Option<Arc<Definition>> {
        self.lock().functions.get(name)?.definition.clone()
    }

    /// The functions that are defined, in the order of their names, each
    /// with its number of parameters.
    pub fn defined(&self) -> Vec<(Symbol, usize)> {
        self.list(|known| known.definition.is_some())
    }

    /// The functions that are declared and not defined, in the order of
    /// their names, each with its number of parameters.
    pub fn declared(&self) -> Vec<(Symbol, usize)> {
        self.list(|known| known.definition.is_none())
    }

    fn list(&self, wanted: impl Fn(&Known) -> bool) -> Vec<(Symbol, usize)> {
        let table = self.lock();
        let functions = table.functions.iter();
        let mut list: Vec<(Symbol, usize)> = functions
            .filter(|(_, known)| wanted(known))
            .map(|(name, known)| (name.clone(), known.params))
            .collect();
        list.sort();
        list
    }

    /// The names that a program can use, declared or not, in no order.
    pub fn names(&self) -> Vec<String> {
        let table = self.lock();
        let functions = table.functions.keys().map(Symbol::to_string);
        functions.chain(table.host.keys().cloned()).collect()
    }

    /// How many definitions there have been.
    pub fn count(&self) -> usize {
        self.lock().defined
    }

    /// What a function calls, in the order of the first calls.
    pub fn callees(&self, name: &Symbol) -> Vec<Symbol> {
        let table = self.lock();
        let known = table.functions.get(name);
        let callees = known.iter().flat_map(|known| &known.callees);
        callees.map(|(callee, _)| callee.clone()).collect()
    }

    /// The definitions that call a function, itself not counted.
    pub fn callers(&self, name: &Symbol) -> Vec<Symbol> {
        let table = self.lock();
        let known = table.functions.get(name);
        known.map_or(vec![], |known| others(&known.callers, name))
    }

    /// Forgets the definition of a function, and that it calls others.
    /// Returns none if there is no definition.
    ///
    /// # Errors
    /// If others call it, or have a copy of its body.
    pub fn remove(&self, name: &Symbol) -> Result<Option<Removed>, InUse> {
        let table = &mut *self.lock();
        let Some(known) = table.functions.get_mut(name) else {
            return Ok(None);
        };
        let users = known.callers.iter().chain(table.copies.inliners(name));
        let users = others(users, name);
        if known.definition.is_some() && !users.is_empty() {
            let (symbol, handles) = (name.clone(), 0);
            return Err(InUse { symbol, users, handles });
        }
        let Some(definition) = known.definition.take() else {
            return Ok(None);
        };
        let (name, params) = (name.clone(), known.params);
        let callees = std::mem::take(&mut known.callees);
        let inlined = table.copies.note(&name, Box::default());
        for (callee, _) in &callees {
            if let Some(known) = table.functions.get_mut(callee) {
                known.callers.remove(&name);
            }
        }
        table.functions.remove(&name);
        let function = Prepared { name, params, callees };
        Ok(Some(Removed { function, definition, inlined }))
    }

    /// Takes a removal back.
    pub fn restore(&self, removed: Removed) {
        let Removed { function, definition, inlined } = removed;
        let mut table = self.lock();
        table.copies.note(&function.name, inlined);
        table.define(function, definition);
    }

    /// Tells of a host function.
    pub fn add_host(&self, name: &str, params: usize) {
        self.lock().host.insert(name.to_owned(), params);
    }

    /// A shortest chain of calls to `end` from one of the functions in
    /// `starts`, both included.
    pub fn path(&self, starts: &[Symbol], end: &Symbol) -> Vec<Symbol> {
        let table = self.lock();
        let mut reached_from: FxHashMap<&Symbol, Option<&Symbol>> =
            starts.iter().map(|start| (start, None)).collect();
        let mut next: VecDeque<&Symbol> = starts.iter().collect();
        while let Some(at) = next.pop_front() {
            if at == end {
                break;
            }
            let known = table.functions.get(at);
            let callees = known.iter().flat_map(|known| &known.callees);
            for (callee, _) in callees {
                reached_from.entry(callee).or_insert_with(|| {
                    next.push_back(callee);
                    Some(at)
                });
            }
        }
        let mut path = vec![end.clone()];
        let mut at = end;
        while let Some(Some(caller)) = reached_from.get(at) {
            path.push((*caller).clone());
            at = caller;
        }
        path.reverse();
        path
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Enters a definition. What it calls is at least declared from now on.
    fn define(&mut self, function: Prepared, definition: Arc<Definition>) {
        let Prepared { name, params, callees } = function;
        for (callee, params) in &callees {
            let known = self.functions.entry(callee.clone());
            let known = known.or_insert_with(|| Known::declared(*params));
            known.callers.insert(name.clone());
        }
        let known = self.enter(name, params);
        known.definition = Some(definition);
        known.callees = callees;
    }

    fn enter(&mut self, name: Symbol, params: usize) -> &mut Known {
        let known = self.functions.entry(name);
        let known = known.or_insert_with(|| Known::declared(params));
        known.params = params;
        known
    }
}

impl Known {
    fn declared(params: usize) -> Known {
        Known {
            params,
            definition: None,
            callers: FxHashSet::default(),
            callees: Box::default(),
        }
    }

    fn callers_sorted(&self) -> Vec<Symbol> {
        let mut callers: Vec<Symbol> = self.callers.iter().cloned().collect();
        callers.sort();
        callers
    }
}

/// Some names in order, without one.
fn others<'n>(
    names: impl IntoIterator<Item = &'n Symbol>,
    name: &Symbol,
) -> Vec<Symbol> {
    let names = names.into_iter().filter(|&other| other != name);
    let mut names: Vec<Symbol> = names.cloned().collect();
    names.sort();
    names.dedup();
    names
}

impl Prototypes for Definitions {
    fn prototype(&self, name: &str) -> Option<(Symbol, usize)> {
        let symbol = Symbol::find(name)?;
        let params = self.lock().functions.get(&symbol)?.params;
        Some((symbol, params))
    }

    fn host_prototype(&self, name: &str) -> Option<usize> {
        self.lock().host.get(name).copied()
    }
}

#[cfg(test)]
mod tests;
