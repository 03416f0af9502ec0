//! Definitions that come, change and go while code calls them.
//!
//! Each change takes the same way: the stubs of the names concerned ask from
//! now on; the table of definitions changes; the old bodies are removed. Only
//! then are questions answered again. What is running in an old body goes on
//! there, and its memory is freed when it has left.

use crate::compile_on_demand::CompileOnDemandLayer;
use crate::table::Change;
use crate::trace;
use chapter1::definitions::{Definition, Origin, Prepared};
use chapter1::driver::JitError;
use chapter1::executor::ExecutorError;
use chapter1::ir::Module;
use chapter1::orc::{InUse, Layer, LookupError, Params};
use chapter1::symbol::Symbol;
use rustc_hash::FxHashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

impl<B: Layer<Program = Module>> CompileOnDemandLayer<B> {
    /// Whether a function of so many parameters can be defined, for the first
    /// time or again.
    ///
    /// # Errors
    /// If others call it, or the host program does, with another number.
    // ANCHOR: check_definable
    pub fn check_definable(
        &self,
        name: &Symbol,
        params: usize,
    ) -> Result<(), JitError> {
        self.definitions.check_change(name, params)?;
        if self.has_other_params(name, params) {
            self.check_unheld(name)?;
        }
        Ok(())
    }
    // ANCHOR_END: check_definable

    /// Defines the functions of a module, which have been checked. Each is a
    /// definition of its own from now on; one that had a definition has only
    /// the new one.
    ///
    /// # Errors
    /// If a name is defined twice in the module; nothing is defined then. Or
    /// if one that changes its number of parameters is in use, by code that is
    /// running, say; those before it are defined then.
    pub fn define(
        &self,
        module: &Module,
        origin: Origin,
    ) -> Result<(), JitError> {
        if module.functions.len() == 1 {
            return self.define_one(module, origin);
        }
        let mut seen = FxHashSet::default();
        let mut names = module.functions.iter().map(|it| &it.name);
        if let Some(name) = names.find(|&name| !seen.insert(name)) {
            let symbol = name.clone();
            return Err(JitError::Duplicate { symbol, is_host: false });
        }
        for function in &module.functions {
            let module = Arc::new(Module { functions: vec![function.clone()] });
            self.define_one(&module, Origin::Ir(module.clone()))?;
        }
        Ok(())
    }

    // ANCHOR: define_one
    fn define_one(
        &self,
        module: &Module,
        origin: Origin,
    ) -> Result<(), JitError> {
        let function = &module.functions[0];
        let (name, params) = (&function.name, function.signature.params.len());
        let tracker = self.bodies.create_tracker();
        let entry = Prepared::new(function);
        let callees = self.definitions.callees(name);
        let change = self.change(vec![name.clone()])?;
        self.retract_other(name, params)?;
        let replaced = self.definitions.replace(entry, origin, &tracker);
        // It may have been published again; whoever uses that keeps it.
        let _ = self.retract_other(name, params);
        self.modules.enter(name);
        self.progress().made.remove(name);
        replaced.iter().for_each(|definition| drop_body(definition));
        self.end(change);
        // Also of a body that another thread is about to remove.
        let mut outdated = self.definitions.inliners(name);
        match replaced {
            Some(_) => {
                trace::redirected(std::slice::from_ref(name));
                self.publish_before_host(name)?;
            }
            None => outdated.extend(self.hide_host(name)?),
        }
        self.outdate(outdated)?;
        self.sweep_all(callees);
        Ok(())
    }
    // ANCHOR_END: define_one

    /// Removes the definition of a function. Those who call it do so still,
    /// and fail, until it is defined again.
    ///
    /// # Errors
    /// If there is none, or the host program holds it.
    // ANCHOR: remove
    pub fn remove(&self, name: &Symbol) -> Result<(), JitError> {
        if self.definitions.get(name).is_none() {
            return Err(JitError::Undefined(name.clone()));
        }
        self.check_unheld(name)?;
        let mut names = self.definitions.callees(name);
        let change = self.change(vec![name.clone()])?;
        let withdrawn = self.definitions.withdraw(name);
        self.modules.forget(name);
        withdrawn.iter().for_each(|definition| drop_body(definition));
        self.progress().made.remove(name);
        self.end(change);
        self.outdate(self.definitions.inliners(name))?;
        names.push(name.clone());
        self.sweep_all(names);
        Ok(())
    }
    // ANCHOR_END: remove

    /// Removes the public symbols, and their stubs, that are neither defined
    /// nor used: some of those that have been looked up since the last time.
    pub fn sweep(&self) {
        let names = std::mem::take(&mut *lock(&self.undefined));
        self.sweep_all(names);
    }

    /// The same for some names.
    // ANCHOR: sweep_all
    fn sweep_all(&self, names: impl IntoIterator<Item = Symbol>) {
        for name in names {
            if self.definitions.get(&name).is_some() {
                continue;
            }
            if self.retract(&name).is_err() {
                // Those who use it keep it.
                lock(&self.undefined).insert(name);
            } else if self.definitions.get(&name).is_some() {
                // Defined meanwhile, in front of the host's.
                let bound = self.hide_host(&name).unwrap_or_default();
                let _ = self.outdate(bound);
            }
        }
    }
    // ANCHOR_END: sweep_all

    /// Removes a public symbol, if there is one, and its stub. (If nobody has
    /// needed the symbol yet, it has none.)
    // ANCHOR: retract
    fn retract(&self, name: &Symbol) -> Result<(), InUse> {
        if let Some(tracker) = self.main.tracker_of(name) {
            tracker.remove()?;
            if let Some(stub) = self.stubs.get(name, &tracker) {
                self.stubs.remove(stub);
            }
        }
        Ok(())
    }
    // ANCHOR_END: retract

    /// The same, if it says that there are not so many parameters.
    fn retract_other(&self, name: &Symbol, params: usize) -> Result<(), InUse> {
        match self.has_other_params(name, params) {
            true => self.retract(name),
            false => Ok(()),
        }
    }

    /// Makes sure that a definition is found before the host's function of its
    /// name. (Who finds that does not miss anything.) Returns whether there is
    /// one.
    // ANCHOR: publish_before_host
    fn publish_before_host(&self, name: &Symbol) -> Result<bool, JitError> {
        let is_hosts = self.executor.has_host_symbol(name);
        if !is_hosts && self.host.flags(name).is_none() {
            return Ok(false);
        }
        let published = self.publish(name);
        published.map_err(|_| JitError::Lookup(LookupError::Ended))?;
        Ok(true)
    }
    // ANCHOR_END: publish_before_host

    /// Lets a name lead to its definition where it has led to the host's
    /// function. Returns the definitions whose code is bound to that.
    // ANCHOR: hide_host
    fn hide_host(&self, name: &Symbol) -> Result<Vec<Symbol>, JitError> {
        if !self.publish_before_host(name)? {
            return Ok(Vec::new());
        }
        let callers = self.definitions.callers(name);
        let copies = callers.iter().map(|it| self.definitions.inliners(it));
        let mut bound: Vec<Symbol> = copies.flatten().collect();
        bound.extend(callers);
        Ok(bound)
    }
    // ANCHOR_END: hide_host

    /// Removes bodies that are no longer what would be made now.
    // ANCHOR: outdate
    fn outdate(&self, mut names: Vec<Symbol>) -> Result<(), ExecutorError> {
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Ok(());
        }
        let change = self.change(names.clone())?;
        let definitions = names.iter().map(|name| self.definitions.get(name));
        definitions.flatten().for_each(|definition| drop_body(&definition));
        self.end(change);
        trace::redirected(&names);
        Ok(())
    }
    // ANCHOR_END: outdate

    /// Begins to change names.
    fn change(&self, names: Vec<Symbol>) -> Result<Change<'_>, ExecutorError> {
        self.stubs.change(names)
    }

    /// From now on the names mean what they mean in the table.
    fn end(&self, change: Change<'_>) {
        drop(change);
        let mut progress = self.progress();
        progress.complete.clear();
        progress.changes += 1;
    }

    /// Whether a public symbol says that a function has another number of
    /// parameters.
    fn has_other_params(&self, name: &Symbol, params: usize) -> bool {
        let flags = self.main.flags(name);
        let params = u32::try_from(params).map(Params::Exactly);
        flags.is_some_and(|flags| Ok(flags.params) != params)
    }

    fn check_unheld(&self, name: &Symbol) -> Result<(), InUse> {
        match self.main.holders(name) {
            0 => Ok(()),
            handles => {
                let (symbol, users) = (name.clone(), Vec::new());
                Err(InUse { symbol, users, handles })
            }
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is locked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what was made of a definition, also if it is still being made.
// ANCHOR: drop_body
fn drop_body(definition: &Definition) {
    // No symbol is bound to a body, and no handle holds one.
    definition.tracker.remove().expect("bodies are not in use");
}
// ANCHOR_END: drop_body
