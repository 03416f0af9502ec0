//! The functions of a module of several, each a unit of its own for the
//! session.

use crate::modules::{SharedModule, Taken};
use crate::optimiser::Optimiser;
use crate::transform::IrTransformLayer;
use chapter1::definitions::{Definitions, Origin, Prepared};
use chapter1::driver::{Driver, JitError};
use chapter1::ir::Module;
use chapter1::orc::{
    Cause, Layer, MaterializationResponsibility, MaterializationUnit,
    SymbolFlags,
};
use chapter1::symbol::Symbol;
use std::sync::Arc;
use thiserror::Error;

/// The layer that the parts of modules go through.
pub type Optimise<B> = Arc<IrTransformLayer<B, Optimiser>>;

/// Defines a function as part of the module that is open. A module of several
/// functions stays as it is.
///
/// # Errors
/// As [`Driver::define`].
pub fn define<B: Layer<Program = Module>>(
    jit: &impl Driver,
    optimise: &Optimise<B>,
    module: &Module,
    origin: Origin,
) -> Result<(), JitError> {
    let [function] = &module.functions[..] else {
        return jit.define(module, origin);
    };
    let base = jit.base();
    let tracker = base.main.create_tracker();
    let entries = Prepared::from_module(module);
    let (name, params) =
        (function.name.clone(), function.signature.params.len());

    let modules = &optimise.transform().modules;
    let shared = modules.open();
    shared.add(function.clone());
    let part = Part {
        optimise: optimise.clone(),
        definitions: base.definitions.clone(),
        module: shared.clone(),
        name: name.clone(),
        params,
    };
    if let Err(error) = tracker.define(part) {
        shared.forget(&name);
        return Err(base.not_defined(error));
    }
    modules.enter(name, shared);
    base.definitions.define(entries, origin, &tracker);
    Ok(())
}

/// One function of a module of several, as the session sees it.
struct Part<B> {
    optimise: Optimise<B>,
    definitions: Arc<Definitions>,
    module: Arc<SharedModule>,
    name: Symbol,
    params: usize,
}

/// The source of a definition does not yield it any more.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{0}` cannot be compiled again")]
pub struct Changed(Symbol);

impl<B: Layer<Program = Module>> Part<B> {
    /// The function as it was defined, made from its source.
    fn again(&self) -> Option<Module> {
        let definition = self.definitions.get(&self.name)?;
        self.definitions.module(&definition)
    }
}

impl<B: Layer<Program = Module>> MaterializationUnit for Part<B> {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(self.name.clone(), SymbolFlags::function(self.params))]
    }

    // ANCHOR: materialize
    fn materialize(
        self: Box<Self>,
        responsibility: MaterializationResponsibility,
    ) {
        let optimise = &self.optimise;
        let optimiser = optimise.transform();
        let module = |function| Module { functions: vec![function] };
        let is_pure = |name: &Symbol| {
            responsibility.rely_on(name).is_some_and(|flags| flags.pure)
        };
        match self.module.take(&self.name) {
            Taken::Raw(raw) => optimise.emit(responsibility, module(raw)),
            // It has been in the layer, with a function that calls it.
            Taken::Done(function, progress, pure)
                if pure.iter().all(is_pure) =>
            {
                let pure = Arc::new(pure.iter().cloned().collect());
                let mut module = module(function);
                match optimiser.finish(&mut module, vec![progress], &pure) {
                    Ok(()) => optimise.below().emit(responsibility, module),
                    Err(cause) => responsibility.fail(cause),
                }
            }
            Taken::Done(..) | Taken::Gone => match self.again() {
                Some(module) => optimise.emit(responsibility, module),
                None => responsibility.fail(Cause::new(Changed(self.name))),
            },
        }
    }
    // ANCHOR_END: materialize
}
