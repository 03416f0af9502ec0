//! What the JITs of all chapters have.

use super::{JitError, Path};
use crate::definitions::Definitions;
use crate::executor::Executor;
use crate::orc::{ExecutionSession, JitDylib, Params, Visibility};
use crate::symbol::Symbol;
use crate::timing::Phases;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// A session with two dylibs, one for definitions and one for expressions.
/// It ends when this is dropped.
pub struct Base {
    /// The session.
    pub session: Arc<ExecutionSession>,
    /// The user's definitions, and the host's functions that they use.
    pub main: JitDylib,
    /// Expressions, as long as they run. They see what is in `main`, which
    /// does not see them.
    pub expressions: JitDylib,
    /// What the user has defined and declared.
    pub definitions: Arc<Definitions>,
    /// The clock.
    pub phases: Arc<Phases>,
    /// How many expressions are at work, and how many there have been.
    pub(super) active: AtomicU64,
    pub(super) begun: AtomicU64,
}

impl Base {
    /// A session for an executor.
    pub fn new(executor: Arc<dyn Executor>) -> Base {
        let host = executor.host_symbols().into_iter();
        let session = ExecutionSession::new(executor.clone());
        // ANCHOR: dylibs
        let main = session.create_dylib("main");
        let expressions = session.create_dylib("expressions");
        expressions.link_against(&main, Visibility::All);
        // ANCHOR_END: dylibs
        Base {
            session,
            main,
            expressions,
            definitions: Arc::new(Definitions::new(host)),
            phases: Arc::default(),
            active: AtomicU64::new(0),
            begun: AtomicU64::new(0),
        }
    }

    /// Whether a function of so many parameters can be defined for the first
    /// time.
    ///
    /// # Errors
    /// If it has a definition, or the host's function of this name is in
    /// use, or others rely on another number.
    pub fn check_definable(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), JitError> {
        if let Some(symbol) = Symbol::find(name) {
            // What has failed is defined, but not in the session.
            let is_defined = self.definitions.get(&symbol).is_some();
            if is_defined || !self.main.is_definable(&symbol) {
                let flags = self.main.flags(&symbol);
                let is_host = flags.is_some_and(|flags| flags.weak);
                return Err(JitError::Duplicate { symbol, is_host });
            }
        }
        Ok(self.definitions.check(name, params)?)
    }

    /// Whether a function takes as many parameters as a caller passes it,
    /// as far as that is known.
    ///
    /// # Errors
    /// If not.
    pub fn check_prototype(
        &self,
        caller: &Symbol,
        name: &Symbol,
        declared: usize,
    ) -> Result<(), JitError> {
        let (params, is_host) = match self.main.flags(name) {
            Some(flags) => (flags.params, flags.weak),
            None if self.definitions.get(name).is_some() => return Ok(()),
            None => {
                let host = self.session.executor().host_symbol(name);
                let Ok(function) = host else { return Ok(()) };
                (Params::from(&function), true)
            }
        };
        match u32::try_from(declared) {
            Ok(arguments) if params.accepts(arguments) => Ok(()),
            _ => Err(JitError::Prototype {
                path: Path(vec![caller.clone(), name.clone()]),
                params,
                declared,
                is_host,
            }),
        }
    }

    /// Removes a function. Those of the same module are compiled again when
    /// they are needed.
    ///
    /// # Errors
    /// If there is none, or it is in use.
    // ANCHOR: remove
    pub fn remove(&self, name: &Symbol) -> Result<(), JitError> {
        // First from the table, so that nobody makes it again.
        let removed = self.definitions.remove(name)?;
        let removed =
            removed.ok_or_else(|| JitError::Undefined(name.clone()))?;
        if let Err(in_use) = removed.definition.tracker.remove() {
            self.definitions.restore(removed);
            return Err(in_use.into());
        }
        Ok(())
    }
    // ANCHOR_END: remove
}

impl Drop for Base {
    fn drop(&mut self) {
        self.session.end();
    }
}
