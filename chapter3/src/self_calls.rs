//! Recursion that stays in its version.
//!
//! A function that calls itself does not do so by its stub: a body that is
//! running when its function is redefined finishes as it was. Nor does it
//! call itself directly: each body has a pointer of its own, so that whoever
//! makes a better body of the same version can lead its recursion there.

use chapter1::codegen::Tuning;
use chapter1::link::{Edge, EdgeKind, LinkBlock, LinkGraph, Section, SymbolId};
use chapter1::orc::{Layer, MaterializationResponsibility, SymbolFlags};
use chapter1::symbol::Symbol;
use std::sync::Arc;

/// Applies a function to each graph, and hands the result to the layer below.
pub struct ObjectTransformLayer<B, T> {
    below: Arc<B>,
    transform: T,
}

impl<B, T> ObjectTransformLayer<B, T>
where
    B: Layer<Program = LinkGraph>,
    T: Fn(&mut LinkGraph) + Send + Sync + 'static,
{
    /// A layer above another one.
    pub fn new(below: Arc<B>, transform: T) -> Arc<Self> {
        Arc::new(ObjectTransformLayer { below, transform })
    }
}

impl<B, T> Layer for ObjectTransformLayer<B, T>
where
    B: Layer<Program = LinkGraph>,
    T: Fn(&mut LinkGraph) + Send + Sync + 'static,
{
    type Program = LinkGraph;

    fn symbols(&self, graph: &LinkGraph) -> Vec<(Symbol, SymbolFlags)> {
        self.below.symbols(graph)
    }

    // ANCHOR: emit
    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        mut graph: LinkGraph,
    ) {
        (self.transform)(&mut graph);
        self.below.emit(responsibility, graph);
    }
    // ANCHOR_END: emit
}

/// How the code is to be: a function's calls of itself have room for calls
/// through a pointer.
pub const TUNING: Tuning = Tuning { wide_self_calls: true, ..Tuning::ALL };

/// `call [rip + displacement]` without the displacement.
const CALL_THROUGH: [u8; 2] = [0xff, 0x15];

/// What stands there before: `call`, with a prefix that means nothing.
const WIDE_CALL: [u8; 2] = [0x67, 0xe8];

/// Makes each function call itself by a pointer, which leads to itself. What
/// does not call itself stays as it is.
///
/// # Panics
/// If a call of itself has no room for that: see [`TUNING`].
// ANCHOR: by_pointer
pub fn by_pointer(graph: &mut LinkGraph) {
    let functions = graph.symbols.iter().filter_map(|(id, symbol)| {
        symbol.name.as_ref()?;
        Some((id, symbol.definition?.block))
    });
    let functions: Vec<(SymbolId, LinkBlock)> = functions.collect();
    for (function, block) in functions {
        let is_self_call = |edge: &Edge| {
            edge.kind == EdgeKind::Branch32
                && edge.block == block
                && edge.target == function
        };
        if graph.edges.iter().any(is_self_call) {
            let pointer = pointer_to(function, graph);
            let code = graph.blocks[block].range.start as usize;
            let LinkGraph { edges, bytes, .. } = graph;
            for edge in edges.iter_mut().filter(|edge| is_self_call(edge)) {
                call_through(pointer, edge, &mut bytes[code..]);
            }
        }
    }
}
// ANCHOR_END: by_pointer

/// Adds a pointer to a function.
// ANCHOR: pointer_to
fn pointer_to(function: SymbolId, graph: &mut LinkGraph) -> SymbolId {
    let block = graph.push_block(Section::Data, 8, &[0; 8]);
    graph.edges.push(Edge {
        block,
        offset: 0,
        kind: EdgeKind::Absolute64,
        target: function,
        addend: 0,
    });
    graph.define(None, block)
}
// ANCHOR_END: pointer_to

/// Makes a wide call one through a pointer. Its last four bytes, where the
/// edge is, are a distance either way.
// ANCHOR: call_through
fn call_through(pointer: SymbolId, edge: &mut Edge, code: &mut [u8]) {
    let field = edge.offset as usize;
    let call = &mut code[field - 2..field];
    assert_eq!(call, WIDE_CALL, "room for a call through a pointer");
    call.copy_from_slice(&CALL_THROUGH);
    (edge.kind, edge.target) = (EdgeKind::Relative32, pointer);
}
// ANCHOR_END: call_through

#[cfg(test)]
mod tests {
    use super::*;
    use chapter1::codegen::{CodeGenerator, Target};
    use chapter1::ir::parse_module;

    fn graph(callee: &str) -> LinkGraph {
        let text = format!(
            "function @f(f64) -> f64 {{
            fn0 = function @{callee}(f64) -> f64
            block0(v0: f64):
                v1 = call fn0(v0)
                v2 = call fn0(v1)
                return v2
            }}"
        );
        let module = parse_module(&text).unwrap();
        CodeGenerator::tuned(Target::SSE2, TUNING).compile(&module).unwrap()
    }

    #[test]
    fn calls_of_others_stay_as_they_are() {
        let mut graph = graph("g");
        let (blocks, edges) = (graph.blocks.len(), graph.edges.clone());
        by_pointer(&mut graph);
        assert_eq!((graph.blocks.len(), graph.edges), (blocks, edges));
    }

    #[test]
    fn all_self_calls_go_by_one_pointer_which_leads_back() {
        let mut graph = graph("f");
        let before = graph.blocks.len();
        by_pointer(&mut graph);
        assert_eq!(graph.blocks.len(), before + 1);
        let [first, second, back] = graph.edges[..] else {
            panic!("two calls and a pointer")
        };
        for call in [first, second] {
            let range = &graph.blocks[call.block].range;
            let code = &graph.bytes[range.start as usize..];
            let bytes = &code[call.offset as usize - 2..][..2];
            assert_eq!(bytes, CALL_THROUGH);
            assert_eq!(call.kind, EdgeKind::Relative32);
            assert_eq!((call.target, call.addend), (first.target, -4));
        }
        let pointer = graph.symbols[first.target].definition.unwrap();
        assert_eq!(pointer.block, back.block);
        assert_eq!(graph.blocks[back.block].section, Section::Data);
        let name = graph.symbols[back.target].name.clone();
        assert_eq!(name.unwrap().as_str(), "f");
    }
}
