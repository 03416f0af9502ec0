//! Recursion that stays in its version.
//!
//! A function that calls itself does not do so by its stub: a body that is
//! running when its function is redefined finishes as it was. Nor does it
//! call itself directly: each body has a pointer of its own, so that whoever
//! makes a better body of the same version can lead its recursion there.

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

/// `jmp [rip + displacement]`, before the linker has filled it in.
const JUMP_THROUGH: [u8; 6] = [0xff, 0x25, 0, 0, 0, 0];

/// Makes each function call itself by a pointer, which leads to itself. What
/// does not call itself stays as it is.
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
            let jump = jump_by_pointer(graph, function);
            let calls = graph.edges.iter_mut().filter(|it| is_self_call(it));
            calls.for_each(|call| call.target = jump);
        }
    }
}
// ANCHOR_END: by_pointer

/// Adds a pointer to a function, and a jump through it. Returns the jump.
// ANCHOR: jump_by_pointer
fn jump_by_pointer(graph: &mut LinkGraph, function: SymbolId) -> SymbolId {
    let jump = graph.push_block(Section::Text, 16, &JUMP_THROUGH);
    let pointer = graph.push_block(Section::Data, 8, &[0; 8]);
    let [to_jump, to_pointer] =
        [jump, pointer].map(|block| graph.define(None, block));
    graph.edges.push(Edge {
        block: jump,
        offset: 2,
        kind: EdgeKind::Relative32,
        target: to_pointer,
        // The processor counts from the end of the four bytes.
        addend: -4,
    });
    graph.edges.push(Edge {
        block: pointer,
        offset: 0,
        kind: EdgeKind::Absolute64,
        target: function,
        addend: 0,
    });
    to_jump
}
// ANCHOR_END: jump_by_pointer

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
        CodeGenerator::new(Target::SSE2).compile(&module).unwrap()
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
        assert_eq!(graph.blocks.len(), before + 2);
        let [first, second, to_pointer, back] = graph.edges[..] else {
            panic!("two calls, a jump and a pointer")
        };
        assert_eq!(first.target, second.target);
        let name = |id: SymbolId| graph.symbols[id].name.clone();
        assert_eq!(name(first.target), None);
        let jump = graph.symbols[first.target].definition.unwrap();
        assert_eq!(jump.block, to_pointer.block);
        let pointer = graph.symbols[to_pointer.target].definition.unwrap();
        assert_eq!(pointer.block, back.block);
        assert_eq!(graph.blocks[back.block].section, Section::Data);
        assert_eq!(name(back.target).unwrap().as_str(), "f");
    }
}
