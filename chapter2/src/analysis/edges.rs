//! The ways into each block, one by one.

use chapter1::ir::{Block, Function, Inst, Value};

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
    edges: Vec<Edge>,
    /// Where the ways into each block end in `edges`; they begin where those
    /// into the block before end.
    ends: Vec<u32>,
}

impl Edges {
    /// Collects them. Those from blocks that cannot be reached are among
    /// them.
    pub fn compute(function: &Function) -> Edges {
        let mut ends = vec![0; function.blocks.len()];
        visit(function, |to, _| ends[to.as_u32() as usize] += 1);
        let mut sum = 0;
        for end in &mut ends {
            let count = std::mem::replace(end, sum);
            sum += count;
        }
        let (from, terminator) = (function.entry(), Inst::from_u32(0));
        let nothing = Edge { from, terminator, target: 0 };
        let mut edges = vec![nothing; sum as usize];
        // Each block's entry moves from the beginning of its ways to the end.
        visit(function, |to, edge| {
            let end = &mut ends[to.as_u32() as usize];
            edges[*end as usize] = edge;
            *end += 1;
        });
        Edges { edges, ends }
    }

    /// The ways into a block.
    pub fn into(&self, block: Block) -> &[Edge] {
        let index = block.as_u32() as usize;
        let start = index.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.edges[start as usize..self.ends[index] as usize]
    }

    /// What is passed for the parameter with this index along one of the ways
    /// into its block, if there are so many.
    pub fn arg(
        &self,
        function: &Function,
        (block, index): (Block, u32),
        number: usize,
    ) -> Option<Value> {
        let &Edge { terminator, target, .. } = self.into(block).get(number)?;
        let target = &function.insts[terminator].targets()[target];
        Some(function.args(target)[index as usize])
    }
}

fn visit(function: &Function, mut visit: impl FnMut(Block, Edge)) {
    for (from, data) in &function.blocks {
        let Some(&terminator) = data.insts.last() else { continue };
        let targets = function.insts[terminator].targets();
        for (target, call) in targets.iter().enumerate() {
            visit(call.block, Edge { from, terminator, target });
        }
    }
}
