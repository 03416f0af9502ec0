//! The dominator tree as passes walk it: from the entry downwards.

use super::table;
use chapter1::ir::{Block, ControlFlow, Dominators};
use cranelift_entity::{EntityList, ListPool, SecondaryMap};

/// The dominator tree with its edges in both directions.
// ANCHOR: DominatorTree
pub struct DominatorTree {
    dominators: Dominators,
    children: SecondaryMap<Block, EntityList<Block>>,
    level: SecondaryMap<Block, u32>,
    preorder: Vec<Block>,
    lists: ListPool<Block>,
}
// ANCHOR_END: DominatorTree

impl DominatorTree {
    /// Computes the tree of a function.
    pub fn compute(flow: &ControlFlow) -> DominatorTree {
        let order = flow.reverse_postorder();
        let mut tree = DominatorTree {
            dominators: Dominators::compute(flow),
            children: table(flow.blocks()),
            level: table(flow.blocks()),
            preorder: Vec::new(),
            lists: ListPool::new(),
        };
        // A dominator stands before what it dominates.
        for &block in order {
            if let Some(idom) = tree.idom(block) {
                tree.level[block] = tree.level[idom] + 1;
                tree.children[idom].push(block, &mut tree.lists);
            }
        }
        tree.preorder = tree.walk(flow);
        tree
    }

    /// The blocks, each before those that it dominates, and each subtree
    /// without a gap.
    pub fn preorder(&self) -> &[Block] {
        &self.preorder
    }

    /// The closest block that dominates this one and is not itself.
    pub fn idom(&self, block: Block) -> Option<Block> {
        self.dominators.idom(block)
    }

    /// Whether `a` dominates `b`, in constant time. Every block dominates
    /// itself; beyond that an unreachable block neither dominates nor is
    /// dominated.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        self.dominators.dominates(a, b)
    }

    /// The blocks whose closest dominator this one is, in reverse postorder.
    pub fn children(&self, block: Block) -> &[Block] {
        self.children[block].as_slice(&self.lists)
    }

    /// How many blocks dominate this one, itself not counted.
    pub fn level(&self, block: Block) -> u32 {
        self.level[block]
    }

    fn walk(&self, flow: &ControlFlow) -> Vec<Block> {
        let mut order = Vec::with_capacity(flow.reverse_postorder().len());
        let mut next: Vec<Block> =
            flow.reverse_postorder().first().copied().into_iter().collect();
        while let Some(block) = next.pop() {
            order.push(block);
            next.extend(self.children(block).iter().rev());
        }
        order
    }
}
