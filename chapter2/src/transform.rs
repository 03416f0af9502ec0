//! The layer that changes modules on their way down.

use chapter1::cancel::Cancelled;
use chapter1::ir::Module;
use chapter1::orc::{Cause, Layer, MaterializationResponsibility, SymbolFlags};
use chapter1::symbol::Symbol;
use std::sync::Arc;
use thiserror::Error;

/// What becomes of a module that defines the symbols of a responsibility. An
/// error is the fate of these symbols, and of no others.
pub type Transform = Box<
    dyn Fn(Module, &MaterializationResponsibility) -> Result<Module, Cause>
        + Send
        + Sync,
>;

/// Applies a function to each module, and hands the result to the layer
/// below. The function must not change which symbols there are.
// ANCHOR: IrTransformLayer
pub struct IrTransformLayer<B> {
    below: Arc<B>,
    transform: Transform,
}
// ANCHOR_END: IrTransformLayer

impl<B: Layer<Program = Module>> IrTransformLayer<B> {
    /// A layer above another one.
    // ANCHOR: new
    pub fn new(
        below: Arc<B>,
        transform: impl Fn(
            Module,
            &MaterializationResponsibility,
        ) -> Result<Module, Cause>
        + Send
        + Sync
        + 'static,
    ) -> Arc<IrTransformLayer<B>> {
        let transform = Box::new(transform);
        Arc::new(IrTransformLayer { below, transform })
    }
    // ANCHOR_END: new

    /// The layer below, for what needs no transformation any more.
    pub fn below(&self) -> &Arc<B> {
        &self.below
    }
}

// ANCHOR: Layer
impl<B: Layer<Program = Module>> Layer for IrTransformLayer<B> {
    type Program = Module;

    fn symbols(&self, module: &Module) -> Vec<(Symbol, SymbolFlags)> {
        self.below.symbols(module)
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        module: Module,
    ) {
        match (self.transform)(module, &responsibility) {
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
    fn of(symbols: Vec<Symbol>, cause: Cause) -> Cause {
        match cause.is::<Cancelled>() {
            true => cause,
            false => Cause::new(TransformError { symbols, cause }),
        }
    }
}

fn names(symbols: &[Symbol]) -> String {
    let names = symbols.iter().map(|symbol| format!("`{symbol}`"));
    names.collect::<Vec<String>>().join(", ")
}
