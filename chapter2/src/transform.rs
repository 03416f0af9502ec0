//! The layer that changes modules on their way down.

use chapter1::cancel::Cancelled;
use chapter1::ir::Module;
use chapter1::orc::{Cause, Layer, MaterializationResponsibility, SymbolFlags};
use chapter1::symbol::Symbol;
use std::sync::Arc;
use thiserror::Error;

/// What becomes of modules on their way down.
// ANCHOR: Transform
pub trait Transform: Send + Sync + 'static {
    /// What becomes of a module that defines the symbols of a responsibility.
    /// It must define the same symbols. An error is the fate of these, and of
    /// no others.
    ///
    /// # Errors
    /// Whatever the transform may find wrong with the module.
    fn transform(
        &self,
        module: Module,
        responsibility: &MaterializationResponsibility,
    ) -> Result<Module, Cause>;
}
// ANCHOR_END: Transform

// ANCHOR: closure
impl<F> Transform for F
where
    F: Fn(Module, &MaterializationResponsibility) -> Result<Module, Cause>
        + Send
        + Sync
        + 'static,
{
    fn transform(
        &self,
        module: Module,
        responsibility: &MaterializationResponsibility,
    ) -> Result<Module, Cause> {
        self(module, responsibility)
    }
}
// ANCHOR_END: closure

/// Applies a transform to each module, and hands the result to the layer
/// below.
// ANCHOR: IrTransformLayer
pub struct IrTransformLayer<B, T> {
    below: Arc<B>,
    transform: T,
}
// ANCHOR_END: IrTransformLayer

impl<B: Layer<Program = Module>, T: Transform> IrTransformLayer<B, T> {
    /// A layer above another one.
    pub fn new(below: Arc<B>, transform: T) -> Arc<IrTransformLayer<B, T>> {
        Arc::new(IrTransformLayer { below, transform })
    }

    /// The layer below, for what needs no transformation any more.
    pub fn below(&self) -> &Arc<B> {
        &self.below
    }

    /// What is applied.
    pub fn transform(&self) -> &T {
        &self.transform
    }
}

// ANCHOR: Layer
impl<B, T> Layer for IrTransformLayer<B, T>
where
    B: Layer<Program = Module>,
    T: Transform,
{
    type Program = Module;

    fn symbols(&self, module: &Module) -> Vec<(Symbol, SymbolFlags)> {
        self.below.symbols(module)
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        module: Module,
    ) {
        match self.transform.transform(module, &responsibility) {
            Ok(module) => self.below.emit(responsibility, module),
            Err(cause) => {
                let symbols = responsibility.symbols();
                responsibility.fail(TransformError::of(symbols, cause));
            }
        }
    }
}
// ANCHOR_END: Layer

/// A transform has failed, and the functions that it was to change with it.
#[derive(Debug, Error)]
#[error("cannot transform {}: {cause}", names(.symbols))]
pub struct TransformError {
    /// The functions.
    pub symbols: Vec<Symbol>,
    /// Why.
    pub cause: Cause,
}

impl TransformError {
    /// Says whose transform has failed. One that was given up is no failure
    /// of its functions.
    // ANCHOR: of
    fn of(symbols: Vec<Symbol>, cause: Cause) -> Cause {
        match cause.is::<Cancelled>() {
            true => cause,
            false => Cause::new(TransformError { symbols, cause }),
        }
    }
    // ANCHOR_END: of
}

fn names(symbols: &[Symbol]) -> String {
    let names = symbols.iter().map(|symbol| format!("`{symbol}`"));
    names.collect::<Vec<String>>().join(", ")
}
