//! Definitions that change although others call them. Chapters 1 and 2 allow
//! no such thing: there, callers are bound to a body, not to a name.

use super::{
    Definition, Definitions, Origin, Prepared, PrototypeMismatch, Table, others,
};
use crate::orc::ResourceTracker;
use crate::symbol::Symbol;
use std::sync::Arc;

impl Definitions {
    /// Whether a function may have so many parameters from now on, defined or
    /// not.
    ///
    /// # Errors
    /// If others call it with another number of arguments.
    // ANCHOR: check_change
    pub fn check_change(
        &self,
        name: &Symbol,
        params: usize,
    ) -> Result<(), PrototypeMismatch> {
        let table = self.lock();
        let Some(known) = table.functions.get(name) else { return Ok(()) };
        let callers = others(&known.callers, name);
        if known.params == params || callers.is_empty() {
            return Ok(());
        }
        Err(PrototypeMismatch {
            name: name.to_string(),
            known: known.params,
            found: params,
            // Nobody minds the definition.
            is_defined: false,
            callers,
        })
    }
    // ANCHOR_END: check_change

    /// Enters a definition that [`check_change`](Self::check_change) has
    /// passed. Returns the one that it replaces.
    pub fn replace(
        &self,
        function: Prepared,
        origin: Origin,
        tracker: &ResourceTracker,
    ) -> Option<Arc<Definition>> {
        let mut table = self.lock();
        table.defined += 1;
        let (version, tracker) = (table.defined, tracker.clone());
        let replaced = table.take(&function.name);
        table.define(
            function,
            Arc::new(Definition { origin, version, tracker }),
        );
        replaced
    }

    /// Forgets the definition of a function, if there is one. As long as
    /// others call it, it stays declared.
    // ANCHOR: withdraw
    pub fn withdraw(&self, name: &Symbol) -> Option<Arc<Definition>> {
        let mut table = self.lock();
        let withdrawn = table.take(name)?;
        if table.functions[name].callers.is_empty() {
            table.functions.remove(name);
        }
        Some(withdrawn)
    }
    // ANCHOR_END: withdraw

    /// Does something with a definition, unless that is not the current one
    /// any more; none takes its place meanwhile. `body` must leave the table
    /// alone.
    pub fn while_current<T>(
        &self,
        name: &Symbol,
        definition: &Arc<Definition>,
        body: impl FnOnce() -> T,
    ) -> Option<T> {
        let table = self.lock();
        let current = table.functions.get(name)?.definition.as_ref()?;
        Arc::ptr_eq(current, definition).then(body)
    }
}

impl Table {
    /// Takes a definition out, and the calls that it makes.
    // ANCHOR: take
    fn take(&mut self, name: &Symbol) -> Option<Arc<Definition>> {
        let known = self.functions.get_mut(name)?;
        let definition = known.definition.take()?;
        let callees = std::mem::take(&mut known.callees);
        self.copies.note(name, Box::default());
        for (callee, _) in &callees {
            if let Some(known) = self.functions.get_mut(callee) {
                known.callers.remove(name);
            }
        }
        Some(definition)
    }
    // ANCHOR_END: take
}
