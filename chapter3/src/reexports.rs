//! Lazy re-exports: public symbols that are stubs.

use crate::compile_on_demand::CompileOnDemandLayer;
use crate::redefine::lock;
use chapter1::ir::Module;
use chapter1::ir::lower::Prototypes;
use chapter1::orc::{
    Cause, DefineError, DefinitionGenerator, JitDylib, Layer,
    MaterializationResponsibility, MaterializationUnit, Params,
    ResourceTracker, SymbolFlags,
};
use chapter1::symbol::Symbol;
use std::sync::{Arc, Weak};

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

    // ANCHOR: generate
    fn generate(&self, _: &JitDylib, names: &[Symbol]) -> Result<(), Cause> {
        let Some(layer) = self.0.upgrade() else { return Ok(()) };
        let publish = |name| layer.publish(name).map_err(Cause::new);
        names.iter().try_for_each(publish)
    }
    // ANCHOR_END: generate
}

impl<B: Layer<Program = Module>> CompileOnDemandLayer<B> {
    /// Defines the public symbol of a name, if there is to be one.
    // ANCHOR: publish
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
    // ANCHOR_END: publish

    /// What is to be known of a public symbol; none if there is to be none.
    // ANCHOR: public_flags
    fn public_flags(&self, name: &Symbol) -> Option<SymbolFlags> {
        let (_, params) = self.definitions.prototype(name)?;
        let mut flags = SymbolFlags::function(params);
        if self.definitions.get(name).is_some() {
            return Some(flags);
        }
        if self.executor.has_host_symbol(name) {
            return None;
        }
        lock(&self.undefined).insert(name.clone());
        // A declaration that nobody relies on may be replaced.
        if self.definitions.callers(name).is_empty() {
            flags.params = Params::Unknown;
        }
        Some(flags)
    }
    // ANCHOR_END: public_flags
}

/// A public symbol.
// ANCHOR: LazyReexport
struct LazyReexport<B> {
    layer: Arc<CompileOnDemandLayer<B>>,
    name: Symbol,
    flags: SymbolFlags,
    /// What removes it.
    tracker: ResourceTracker,
}
// ANCHOR_END: LazyReexport

impl<B: Layer<Program = Module>> MaterializationUnit for LazyReexport<B> {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(self.name.clone(), self.flags)]
    }

    /// Its address is that of a stub, now and for ever.
    // ANCHOR: materialize
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
    // ANCHOR_END: materialize
}
