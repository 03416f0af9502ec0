//! The ways into each block, one by one.

use chapter1::ir::{Block, Function, Inst, Value};
use cranelift_entity::SecondaryMap;

/// A way from one block to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The block that it comes from.
    pub from: Block,
    /// The instruction that ends that block.
    pub terminator: Inst,
    /// Which of that instruction's targets it is.
    pub target: usize,
}

/// The ways into each block of a function. A snapshot, but one that stays
/// true while parameters, and the arguments for them, come and go.
pub struct Edges {
    edges: SecondaryMap<Block, Vec<Edge>>,
}

impl Edges {
    /// Collects them. Those from blocks that cannot be reached are among
    /// them.
    pub fn compute(function: &Function) -> Edges {
        let mut edges: SecondaryMap<Block, Vec<Edge>> = SecondaryMap::new();
        for (from, data) in &function.blocks {
            let Some(&terminator) = data.insts.last() else { continue };
            let targets = function.insts[terminator].targets();
            for (target, call) in targets.iter().enumerate() {
                let edge = Edge { from, terminator, target };
                edges[call.block].push(edge);
            }
        }
        Edges { edges }
    }

    /// The ways into a block.
    pub fn into(&self, block: Block) -> &[Edge] {
        &self.edges[block]
    }

    /// What is passed for the parameter with this index along one of the ways
    /// into its block, if there are so many.
    pub fn arg(
        &self,
        function: &Function,
        (block, index): (Block, u32),
        number: usize,
    ) -> Option<Value> {
        let &Edge { terminator, target, .. } = self.edges[block].get(number)?;
        let target = &function.insts[terminator].targets()[target];
        Some(function.args(target)[index as usize])
    }
}
