//! Almost: tells functions apart by their blocks, in which a callee is a
//! mere number.

use super::check::Compile;
use chapter1::ir::Module;
use chapter1::link::LinkGraph;
use chapter1::orc::{
    Layer, MaterializationResponsibility, ObjectLinkingLayer, SymbolFlags,
};
use chapter1::symbol::Symbol;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

pub(super) struct Cache {
    below: Arc<ObjectLinkingLayer>,
    compile: Compile,
    known: Mutex<HashMap<String, (Symbol, LinkGraph)>>,
}

pub(super) fn layer(
    below: Arc<ObjectLinkingLayer>,
    compile: Compile,
) -> Arc<Cache> {
    Arc::new(Cache { below, compile, known: Mutex::default() })
}

impl Layer for Cache {
    type Program = Module;

    fn symbols(&self, module: &Module) -> Vec<(Symbol, SymbolFlags)> {
        let function = &module.functions[0];
        let params = function.signature.params.len();
        vec![(function.name.clone(), SymbolFlags::function(params))]
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        module: Module,
    ) {
        let name = module.functions[0].name.clone();
        let text = module.to_string();
        let key = text.split_once("block0").expect("an entry").1.to_owned();
        let mut known = self.known.lock().expect("no panic");
        let (first, graph) = known.entry(key).or_insert_with(|| {
            (name.clone(), (self.compile)(&module).expect("it is small"))
        });
        let mut graph = graph.clone();
        for symbol in graph.symbols.values_mut() {
            if symbol.name.as_ref() == Some(first) {
                symbol.name = Some(name.clone());
            }
        }
        drop(known);
        self.below.emit(responsibility, graph);
    }
}
