//! A layer that compiles whatever comes.

use super::check::Compile;
use chapter1::ir::Module;
use chapter1::orc::{
    Layer, MaterializationResponsibility, ObjectLinkingLayer, SymbolFlags,
};
use chapter1::symbol::Symbol;
use std::sync::Arc;

pub(super) struct Cache {
    below: Arc<ObjectLinkingLayer>,
    compile: Compile,
}

pub(super) fn layer(
    below: Arc<ObjectLinkingLayer>,
    compile: Compile,
) -> Arc<Cache> {
    Arc::new(Cache { below, compile })
}

impl Layer for Cache {
    type Program = Module;

    fn symbols(&self, module: &Module) -> Vec<(Symbol, SymbolFlags)> {
        let functions = module.functions.iter().map(|function| {
            let params = function.signature.params.len();
            (function.name.clone(), SymbolFlags::function(params))
        });
        functions.collect()
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        module: Module,
    ) {
        match (self.compile)(&module) {
            Ok(graph) => self.below.emit(responsibility, graph),
            Err(error) => responsibility.fail(error),
        }
    }
}
