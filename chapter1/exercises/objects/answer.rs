//! Text to link graphs, one for each function.

use super::check::BadObject;
use chapter1::link::{Edge, EdgeKind, LinkGraph, Section};
use chapter1::orc::{JitDylib, Layer, ObjectLinkingLayer};
use chapter1::symbol::Symbol;
use std::sync::Arc;

// ANCHOR: load
pub(super) fn load(
    text: &str,
    layer: &Arc<ObjectLinkingLayer>,
    dylib: &JitDylib,
) -> Result<(), BadObject> {
    let functions = parse(text)?;
    let tracker = dylib.create_tracker();
    for function in functions {
        if let Err(error) = layer.add(&tracker, function.graph()) {
            // Nobody uses what nobody has been told of.
            let _ = tracker.remove();
            return Err(error.into());
        }
    }
    Ok(())
}
// ANCHOR_END: load

pub(super) struct Function {
    name: Symbol,
    params: u32,
    code: Vec<u8>,
    /// Where four bytes are missing, and which function they lead to.
    calls: Vec<(u32, Symbol)>,
}

impl Function {
    // ANCHOR: graph
    pub(super) fn graph(self) -> LinkGraph {
        let mut graph = LinkGraph::default();
        let block = graph.push_block(Section::Text, 16, &self.code);
        let symbol = graph.define(Some(self.name), block);
        graph.symbols[symbol].params = Some(self.params);
        for (offset, callee) in self.calls {
            let target = graph.declare(callee);
            let kind = EdgeKind::Branch32;
            // A call counts from the end of its four bytes.
            let addend = -4;
            graph.edges.push(Edge { block, offset, kind, target, addend });
        }
        graph
    }
    // ANCHOR_END: graph
}

pub(super) fn parse(text: &str) -> Result<Vec<Function>, BadObject> {
    let mut functions = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = code.split_whitespace().collect();
        let known = take(&words, &mut functions);
        known.ok_or(BadObject::Line(index + 1))?;
    }
    Ok(functions)
}

/// Does what a line says; none if it says nothing that one can do.
fn take(words: &[&str], functions: &mut Vec<Function>) -> Option<()> {
    if let ["function", name, params] = words {
        let (name, params) = (Symbol::new(name), params.parse().ok()?);
        let (code, calls) = (Vec::new(), Vec::new());
        functions.push(Function { name, params, code, calls });
    } else if let ["call", callee] = words {
        let function = functions.last_mut()?;
        function.code.push(0xE8);
        let hole = function.code.len() as u32;
        function.calls.push((hole, Symbol::new(callee)));
        function.code.extend([0; 4]);
    } else {
        for word in words {
            functions.last_mut()?.code.push(byte(word)?);
        }
    }
    Some(())
}

fn byte(word: &str) -> Option<u8> {
    let is_byte = word.len() == 2 && !word.starts_with('+');
    is_byte.then(|| u8::from_str_radix(word, 16).ok())?
}
