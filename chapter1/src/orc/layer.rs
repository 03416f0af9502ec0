//! Layers: what becomes of a program on its way to machine code.
//!
//! A layer takes programs of one kind and hands programs of another kind to
//! the layer below. The lowest has none below: it links.

use super::dylib::ResourceTracker;
use super::responsibility::MaterializationResponsibility;
use super::session::DefineError;
use super::state::SymbolFlags;
use super::unit::MaterializationUnit;
use crate::symbol::Symbol;
use std::sync::Arc;

/// A layer.
// ANCHOR: Layer
pub trait Layer: Sized + Send + Sync + 'static {
    /// What it works on.
    type Program: Send + 'static;

    /// The symbols that a program defines.
    fn symbols(&self, program: &Self::Program) -> Vec<(Symbol, SymbolFlags)>;

    /// Produces the symbols of the responsibility from a program, now.
    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        program: Self::Program,
    );

    /// Defines the symbols of a program, to be produced when one of them is
    /// needed.
    ///
    /// # Errors
    /// If one of them has a strong definition. None is defined then.
    fn add(
        self: &Arc<Self>,
        tracker: &ResourceTracker,
        program: Self::Program,
    ) -> Result<(), DefineError> {
        tracker.define(Deferred { layer: self.clone(), program })
    }
}
// ANCHOR_END: Layer

/// A program that waits until it is needed.
// ANCHOR: Deferred
struct Deferred<L: Layer> {
    layer: Arc<L>,
    program: L::Program,
}
// ANCHOR_END: Deferred

// ANCHOR: materialize
impl<L: Layer> MaterializationUnit for Deferred<L> {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        self.layer.symbols(&self.program)
    }

    fn materialize(
        self: Box<Self>,
        responsibility: MaterializationResponsibility,
    ) {
        let Deferred { layer, program } = *self;
        layer.emit(responsibility, program);
    }
}
// ANCHOR_END: materialize
