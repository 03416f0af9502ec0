//! Lazy re-exports: public symbols that are stubs.

use crate::compile_on_demand::CompileOnDemandLayer;
use chapter1::ir::Module;
use chapter1::ir::lower::Prototypes;
use chapter1::orc::{
    Cause, DefineError, DefinitionGenerator, JitDylib, Layer,
    MaterializationResponsibility, MaterializationUnit, Params,
    ResourceTracker, SymbolFlags,
};
use chapter1::symbol::Symbol;
use std::sync::{Arc, PoisonError, Weak};

/// Defines the public symbols: a name is one when somebody asks for it and it
/// is defined, or when it is declared and the host does not have it. (That is
/// no error before it is called.)
pub(crate) struct PublicNames<B>(Weak<CompileOnDemandLayer<B>>);

impl<B: Layer<Program = Module>> PublicNames<B> {
    pub(crate) fn new(
        layer: Weak<CompileOnDemandLayer<B>>,
    ) -> Arc<PublicNames<B>> {
        Arc::new(PublicNames(layer))
    }
}

impl<B: Layer<Program = Module>> DefinitionGenerator for PublicNames<B> {
    fn name(&self) -> &str {
        "public names"
    }

    fn generate(&self, _: &JitDylib, names: &[Symbol]) -> Result<(), Cause> {
        let Some(layer) = self.0.upgrade() else { return Ok(()) };
        let publish = |name| layer.publish(name).map_err(Cause::new);
        names.iter().try_for_each(publish)
    }
}

impl<B: Layer<Program = Module>> CompileOnDemandLayer<B> {
    /// Defines the public symbol of a name, if there is to be one.
    pub(crate) fn publish(&self, name: &Symbol) -> Result<(), DefineError> {
        let Some(flags) = self.public_flags(name) else { return Ok(()) };
        let tracker = self.main.create_tracker();
        let unit = LazyReexport {
            layer: self.this.upgrade().expect("somebody calls it"),
            name: name.clone(),
            flags,
            tracker: tracker.clone(),
        };
        match tracker.define(unit) {
            // There is one, or another thread has been faster.
            Err(DefineError::Duplicate(_)) => Ok(()),
            result => result,
        }
    }

    /// What is to be known of a public symbol; none if there is to be none.
    fn public_flags(&self, name: &Symbol) -> Option<SymbolFlags> {
        let (_, params) = self.definitions.prototype(name)?;
        let is_defined = self.definitions.get(name).is_some();
        if !is_defined && self.executor.has_host_symbol(name) {
            return None;
        }
        if !is_defined {
            let undefined = self.undefined.lock();
            let mut undefined =
                undefined.unwrap_or_else(PoisonError::into_inner);
            undefined.push(name.clone());
        }
        let mut flags = SymbolFlags::function(params);
        // A declaration that nobody relies on may be replaced.
        if !is_defined && self.definitions.callers(name).is_empty() {
            flags.params = Params::Unknown;
        }
        Some(flags)
    }
}

/// A public symbol.
struct LazyReexport<B> {
    layer: Arc<CompileOnDemandLayer<B>>,
    name: Symbol,
    flags: SymbolFlags,
    /// What removes it.
    tracker: ResourceTracker,
}

impl<B: Layer<Program = Module>> MaterializationUnit for LazyReexport<B> {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(self.name.clone(), self.flags)]
    }

    /// Its address is that of a stub, now and for ever.
    fn materialize(
        self: Box<Self>,
        responsibility: MaterializationResponsibility,
    ) {
        let stubs = &self.layer.stubs;
        let stub = match stubs.add(&self.name, &self.tracker) {
            Ok(stub) => stub,
            Err(error) => return responsibility.fail(error),
        };
        let address = [(self.name.clone(), stub.address)];
        let resolved = responsibility.resolve(&address);
        if resolved.and_then(|()| responsibility.emit(&[])).is_err() {
            stubs.remove(stub);
        }
    }
}
