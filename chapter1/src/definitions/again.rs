//! Definitions made anew from their source.
//!
//! A unit that has been materialized is consumed. If that came to nothing,
//! its symbols are gone from the session, and a lookup misses them. Then this
//! generator makes another unit from the table of definitions.

use super::{Definition, Definitions};
use crate::cancel;
use crate::ir::Module;
use crate::orc::{Cause, DefineError, DefinitionGenerator, JitDylib, Layer};
use crate::symbol::Symbol;
use std::sync::Arc;
use thiserror::Error;

/// Gives definitions to a layer again.
pub struct Again<L> {
    layer: Arc<L>,
    definitions: Arc<Definitions>,
}

/// The source of a definition does not yield it any more.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("the source of `{0}` cannot be compiled again")]
pub struct Changed(Symbol);

impl<L: Layer<Program = Module>> Again<L> {
    /// A generator for whatever is in `definitions`.
    pub fn new(layer: Arc<L>, definitions: Arc<Definitions>) -> Arc<Again<L>> {
        Arc::new(Again { layer, definitions })
    }
}

impl<L: Layer<Program = Module>> DefinitionGenerator for Again<L> {
    fn name(&self) -> &str {
        "definitions"
    }

    fn generate(&self, _: &JitDylib, names: &[Symbol]) -> Result<(), Cause> {
        for name in names {
            if let Some(definition) = self.definitions.get(name) {
                self.add(name, &definition)?;
            }
        }
        Ok(())
    }
}

impl<L: Layer<Program = Module>> Again<L> {
    /// Adds what is left of a definition.
    // ANCHOR: add
    fn add(
        &self,
        name: &Symbol,
        definition: &Arc<Definition>,
    ) -> Result<(), Cause> {
        let is_current = |name: &Symbol| {
            let current = self.definitions.get(name);
            current.is_some_and(|current| Arc::ptr_eq(&current, definition))
        };
        let mut module = self.module(name, definition)?;
        module.functions.retain(|function| is_current(&function.name));
        let add = || self.layer.add(&definition.tracker, module);
        match self.definitions.while_current(name, definition, add) {
            // It was removed in the meantime.
            None => Ok(()),
            // Or somebody else has done it.
            Some(Ok(()) | Err(DefineError::Duplicate(_))) => Ok(()),
            Some(Err(error)) => Err(Cause::new(error)),
        }
    }
    // ANCHOR_END: add

    fn module(
        &self,
        name: &Symbol,
        definition: &Definition,
    ) -> Result<Module, Cause> {
        let module = self.definitions.module(definition);
        // What was accepted once relies on nothing that can change.
        module.ok_or_else(|| match cancel::check() {
            Err(cancelled) => Cause::new(cancelled),
            Ok(()) => Cause::new(Changed(name.clone())),
        })
    }
}
