//! A layer that knows functions by what they do, whatever they are called.

use super::check::Compile;
use chapter1::codegen::CodegenError;
use chapter1::ir::{Function, Module};
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
    /// By a function's text, the code of the first that had it, and the name
    /// of that one.
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
        match self.graph(&module) {
            Ok(graph) => self.below.emit(responsibility, graph),
            Err(error) => responsibility.fail(error),
        }
    }
}

impl Cache {
    // ANCHOR: graph
    fn graph(&self, module: &Module) -> Result<LinkGraph, CodegenError> {
        let [function] = &module.functions[..] else {
            return (self.compile)(module);
        };
        let key = key(function);
        let known = self.known.lock().expect("no panic").get(&key).cloned();
        if let Some((name, mut graph)) = known {
            for symbol in graph.symbols.values_mut() {
                if symbol.name.as_ref() == Some(&name) {
                    symbol.name = Some(function.name.clone());
                }
            }
            return Ok(graph);
        }
        let graph = (self.compile)(module)?;
        let entry = (function.name.clone(), graph.clone());
        self.known.lock().expect("no panic").insert(key, entry);
        Ok(graph)
    }
    // ANCHOR_END: graph
}

/// The text of a function, in which it is called something that no other
/// function can be called.
// ANCHOR: key
fn key(function: &Function) -> String {
    let mut function = function.clone();
    let name = std::mem::replace(&mut function.name, Symbol::new("_itself"));
    for callee in function.callees.values_mut() {
        if callee.name == name {
            callee.name = function.name.clone();
        }
    }
    function.to_string()
}
// ANCHOR_END: key
