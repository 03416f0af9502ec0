//! The dominator tree as passes walk it: from the entry downwards.

use super::dominators::immediate_dominators;
use chapter1::ir::{Block, ControlFlow};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityList, ListPool, SecondaryMap};

/// The dominator tree with its edges in both directions.
pub struct DominatorTree {
    idoms: SecondaryMap<Block, PackedOption<Block>>,
    /// The places in the preorder of a block and of all that it dominates.
    ranges: SecondaryMap<Block, (u32, u32)>,
    children: SecondaryMap<Block, EntityList<Block>>,
    level: SecondaryMap<Block, u32>,
    preorder: Vec<Block>,
    lists: ListPool<Block>,
}

impl DominatorTree {
    /// Computes the tree of a function.
    pub fn compute(flow: &ControlFlow) -> DominatorTree {
        let order = flow.reverse_postorder();
        let mut tree = DominatorTree {
            idoms: SecondaryMap::new(),
            ranges: SecondaryMap::new(),
            children: SecondaryMap::new(),
            level: SecondaryMap::new(),
            preorder: Vec::new(),
            lists: ListPool::new(),
        };
        // A dominator stands before what it dominates.
        let idoms = immediate_dominators(flow);
        for (&block, idom) in order.iter().zip(idoms).skip(1) {
            let idom = order[idom as usize];
            tree.idoms[block] = idom.into();
            tree.level[block] = tree.level[idom] + 1;
            tree.children[idom].push(block, &mut tree.lists);
        }
        tree.preorder = tree.walk(flow);
        tree.set_ranges();
        tree
    }

    /// The blocks, each before those that it dominates, and each subtree
    /// without a gap.
    pub fn preorder(&self) -> &[Block] {
        &self.preorder
    }

    /// The closest block that dominates this one and is not itself.
    pub fn idom(&self, block: Block) -> Option<Block> {
        self.idoms[block].expand()
    }

    /// Whether `a` dominates `b`, in constant time. Every block dominates
    /// itself; beyond that an unreachable block neither dominates nor is
    /// dominated.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let ((start, end), (at, b_end)) = (self.ranges[a], self.ranges[b]);
        a == b || (at < b_end && (start..end).contains(&at))
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

    /// Blocks come before those that they dominate, so from the end on each
    /// block's range is complete when it is added to that of its dominator.
    fn set_ranges(&mut self) {
        for (place, &block) in self.preorder.iter().enumerate().rev() {
            let place = place as u32;
            let end = self.ranges[block].1.max(place + 1);
            self.ranges[block] = (place, end);
            if let Some(idom) = self.idoms[block].expand() {
                let range = &mut self.ranges[idom];
                range.1 = range.1.max(end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DominatorTree;
    use chapter1::ir::{
        BlockCall, ControlFlow, Dominators, Function, InstData, Signature,
        ValueList,
    };
    use chapter1::span::Span;
    use chapter1::symbol::Symbol;

    /// A function of so many blocks with ways between them at random.
    fn random(blocks: u32, mut seed: u64) -> Function {
        let mut random = |below: u32| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
            (seed >> 33) as u32 % below
        };
        let signature = Signature::kaleidoscope(0);
        let mut function = Function::new(Symbol::new("f"), signature);
        let all: Vec<_> = (0..blocks)
            .map(|_| function.blocks.push(Default::default()))
            .collect();
        for &block in &all {
            let data = InstData::BoolConst(true);
            let inst = function.push_inst(block, data, Span::default());
            let condition = function.results[inst].expect("a constant");
            let targets = [(); 2].map(|()| {
                let block = all[random(blocks) as usize];
                BlockCall { block, args: ValueList::new() }
            });
            let data = match random(3) {
                0 => InstData::Jump(targets[0]),
                _ => InstData::Branch { condition, targets },
            };
            function.push_inst(block, data, Span::default());
        }
        function
    }

    #[test]
    fn the_tree_is_that_of_the_verifier() {
        for seed in 0..2000 {
            let function = random(1 + seed as u32 % 30, seed);
            let flow = ControlFlow::compute(&function);
            let tree = DominatorTree::compute(&flow);
            let expected = Dominators::compute(&flow);
            for a in function.blocks.keys() {
                assert_eq!(tree.idom(a), expected.idom(a));
                for b in function.blocks.keys() {
                    let found = tree.dominates(a, b);
                    assert_eq!(found, expected.dominates(a, b));
                }
            }
        }
    }
}
