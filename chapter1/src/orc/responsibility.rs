//! The duty to produce symbols.

use super::dylib::JitDylib;
use super::session::ExecutionSession;
#[cfg(doc)]
use super::state::LookupError;
use super::state::{
    Cause, Defunct, EntryId, LookupResult, SymbolFlags, Wanted, WorkId,
};
use super::unit::MaterializationUnit;
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use std::sync::Arc;
use std::thread;
use thiserror::Error;

/// What identifies the things that some work has put in place, so that they
/// can be freed when its symbols are gone.
pub type ResourceKey = WorkId;

/// The duty to produce the symbols of a unit. Each must be *resolved*, that
/// is, given an address, and then *emitted*, its bytes put in place; or all
/// of them *fail*. Dropping the responsibility lets them fail, so nobody
/// waits for ever.
pub struct MaterializationResponsibility {
    dylib: JitDylib,
    work: WorkId,
}

/// A unit has given up its responsibility without a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("its unit neither emitted it nor said why not")]
pub struct Abandoned;

/// A unit has panicked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("its unit panicked")]
pub struct Panicked;

impl MaterializationResponsibility {
    pub(super) fn new(
        dylib: JitDylib,
        work: WorkId,
    ) -> MaterializationResponsibility {
        MaterializationResponsibility { dylib, work }
    }

    /// The symbols that are still to be produced: those that were removed
    /// meanwhile are not among them.
    pub fn symbols(&self) -> Vec<Symbol> {
        self.session().locked(|state| state.responsibility(self.work))
    }

    /// The dylib that they are defined in.
    pub fn dylib(&self) -> &JitDylib {
        &self.dylib
    }

    /// The session that they are defined in.
    pub fn session(&self) -> &Arc<ExecutionSession> {
        self.dylib.session()
    }

    /// What the resources of this work are known by.
    pub fn key(&self) -> ResourceKey {
        self.work
    }

    /// Gives each symbol its address. Addresses of other symbols, which may
    /// have been overridden or removed, are ignored.
    ///
    /// # Errors
    /// If the symbols are not wanted any more, or one has no address: they
    /// fail then.
    pub fn resolve(
        &self,
        addresses: &[(Symbol, ExecutorAddr)],
    ) -> Result<(), Defunct> {
        self.session().apply(|state| state.resolve(self.work, addresses))
    }

    /// Says that the bytes of all symbols are in place. They are ready as
    /// soon as their `dependencies` are.
    ///
    /// # Errors
    /// If the symbols are not wanted any more, or something they depend on
    /// is gone: they fail then.
    pub fn emit(self, dependencies: &[EntryId]) -> Result<(), Defunct> {
        self.session().apply(|state| {
            let relied_on = state.take_relied_on(self.work);
            let all = [dependencies, &relied_on].concat();
            let result = state.emit(self.work, &all);
            state.rely_no_more(relied_on);
            result
        })
    }

    /// Looks up what must have addresses before the symbols can have some,
    /// as the dylib's code would, and hands the responsibility on with the
    /// answer. Should these addresses depend on those of the symbols, the
    /// answer is [`LookupError::Circular`]; without saying who asks, a lookup
    /// would wait for itself.
    pub fn ask(
        self,
        names: &[Symbol],
        then: impl FnOnce(Self, LookupResult) + Send + 'static,
    ) {
        let asker = Some(self.work);
        let session = self.session().clone();
        let order = self.dylib.search_order();
        let on_complete = Box::new(move |result| then(self, result));
        session.lookup_for(asker, &order, names, Wanted::Resolved, on_complete);
    }

    /// Takes for granted what is known of a symbol that the dylib's code can
    /// see: it gives way to no other definition while this work is under way,
    /// nor as long as there is what came of it. Generators are asked if need
    /// be. Returns what is known; none if there is no such symbol.
    pub fn rely_on(&self, name: &Symbol) -> Option<SymbolFlags> {
        let order = self.dylib.search_order();
        let names = std::slice::from_ref(name);
        let session = self.session();
        if !session.missing(&order, names).is_empty() {
            session.generate(&order, names).ok()?;
        }
        session.apply(|state| state.rely_on(self.work, &order, name))
    }

    /// Says why the symbols cannot be produced.
    pub fn fail(self, cause: impl Into<Cause>) {
        self.session().fail(self.work, cause.into());
    }

    /// Hands the responsibility for some of the symbols on.
    ///
    /// # Errors
    /// If one of them is not this work's, or not any more.
    pub fn delegate(
        &self,
        names: &[Symbol],
    ) -> Result<MaterializationResponsibility, Defunct> {
        let delegate = |state: &mut super::session::State| {
            state.delegate(self.work, names)
        };
        let work = self.session().apply(delegate)?;
        Ok(MaterializationResponsibility::new(self.dylib.clone(), work))
    }

    /// Gives the symbols of a unit back, to be produced by that unit when
    /// somebody asks for them: at once, if anybody does.
    ///
    /// # Errors
    /// If one of them is not this work's, or not any more, or has an address
    /// already.
    pub fn replace(
        &self,
        unit: impl MaterializationUnit + 'static,
    ) -> Result<(), Defunct> {
        let symbols = unit.symbols().into_iter();
        let names: Vec<Symbol> = symbols.map(|(name, _)| name).collect();
        let unit = Box::new(unit);
        self.session().apply(|state| state.replace(self.work, &names, unit))
    }
}

impl Drop for MaterializationResponsibility {
    // ANCHOR: drop
    fn drop(&mut self) {
        // Nothing is left to fail of what was emitted, failed or handed on.
        if self.session().locked(|state| state.is_open(self.work)) {
            let cause = match thread::panicking() {
                true => Cause::new(Panicked),
                false => Cause::new(Abandoned),
            };
            self.session().fail(self.work, cause);
        }
    }
    // ANCHOR_END: drop
}
