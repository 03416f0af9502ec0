//! Control flow seen from outside the blocks: their order, their
//! predecessors, and which block lies on every way to which.

use super::entities::Block;
use super::function::Function;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityList, ListPool, SecondaryMap};

/// The edges of a function, backwards, and an order in which to visit its
/// blocks.
///
/// A snapshot: it says nothing of a function whose terminators have changed
/// since.
#[derive(Clone, Debug)]
pub struct ControlFlow {
    reverse_postorder: Vec<Block>,
    /// The place in `reverse_postorder`; `None` for an unreachable block.
    number: SecondaryMap<Block, Option<u32>>,
    predecessors: SecondaryMap<Block, EntityList<Block>>,
    lists: ListPool<Block>,
}

impl ControlFlow {
    /// Walks a function.
    pub fn compute(function: &Function) -> ControlFlow {
        let reverse_postorder = reverse_postorder(function);
        let mut number = SecondaryMap::with_capacity(function.blocks.len());
        for (index, &block) in reverse_postorder.iter().enumerate() {
            number[block] = Some(index as u32);
        }
        let mut predecessors: SecondaryMap<Block, EntityList<Block>> =
            SecondaryMap::with_capacity(function.blocks.len());
        let mut lists = ListPool::new();
        for block in function.blocks.keys() {
            for successor in function.successors(block) {
                predecessors[successor].push(block, &mut lists);
            }
        }
        ControlFlow { reverse_postorder, number, predecessors, lists }
    }

    /// The blocks that can be reached from the entry, each before its
    /// successors except along back edges. The entry is the first.
    pub fn reverse_postorder(&self) -> &[Block] {
        &self.reverse_postorder
    }

    /// Whether a way leads from the entry to the block.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.number[block].is_some()
    }

    /// The place of a block in the reverse postorder, if it is reachable.
    pub fn number(&self, block: Block) -> Option<usize> {
        self.number[block].map(|number| number as usize)
    }

    /// Where the block can be entered from, in the order of the blocks; a
    /// predecessor with two edges here stands twice. Unreachable ones are
    /// included: they pass arguments as others do.
    pub fn predecessors(&self, block: Block) -> &[Block] {
        self.predecessors[block].as_slice(&self.lists)
    }
}

/// Depth-first, with the stack on the heap: each entry is a block and how
/// many of its successors have been visited.
fn reverse_postorder(function: &Function) -> Vec<Block> {
    let mut order = Vec::with_capacity(function.blocks.len());
    if function.blocks.is_empty() {
        return order;
    }
    let mut seen = SecondaryMap::with_capacity(function.blocks.len());
    let mut stack = vec![(function.entry(), 0)];
    seen[function.entry()] = true;
    while let Some((block, visited)) = stack.last_mut() {
        let next = function.successors(*block).nth(*visited);
        *visited += 1;
        match next {
            Some(successor) if seen[successor] => {}
            Some(successor) => {
                seen[successor] = true;
                stack.push((successor, 0));
            }
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// The dominator tree: block `a` dominates `b` if every way from the entry to
/// `b` leads through `a`.
///
/// Computed after Cooper, Harvey and Kennedy, *A Simple, Fast Dominance
/// Algorithm* (2001).
#[derive(Clone, Debug)]
pub struct Dominators {
    nodes: SecondaryMap<Block, Node>,
}

/// A block's place in the tree.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Node {
    idom: PackedOption<Block>,
    /// The numbers of the block's subtree when the tree is numbered in
    /// preorder; the block's own is the first. Empty for an unreachable
    /// block.
    start: u32,
    end: u32,
}

impl Dominators {
    /// Finds each block's immediate dominator.
    pub fn compute(flow: &ControlFlow) -> Dominators {
        let order = flow.reverse_postorder();
        let idoms = immediate_dominators(flow);
        let mut nodes = SecondaryMap::with_capacity(order.len());
        for ((&block, idom), range) in
            order.iter().zip(&idoms).zip(preorder_ranges(&idoms))
        {
            let idom = Some(order[*idom]).filter(|&idom| idom != block);
            let (start, end) = range;
            nodes[block] = Node { idom: idom.into(), start, end };
        }
        Dominators { nodes }
    }

    /// The closest block that dominates this one and is not itself; `None`
    /// for the entry and for unreachable blocks.
    pub fn idom(&self, block: Block) -> Option<Block> {
        self.nodes[block].idom.expand()
    }

    /// Whether `a` dominates `b`, in constant time. Every block dominates
    /// itself; beyond that an unreachable block neither dominates nor is
    /// dominated.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (a_node, b_node) = (self.nodes[a], self.nodes[b]);
        let reachable = b_node.start < b_node.end;
        let inside = (a_node.start..a_node.end).contains(&b_node.start);
        a == b || (reachable && inside)
    }
}

/// Whether each way back comes from a block that its target dominates, if
/// these are the immediate dominators. Such ways change no dominator.
fn only_loops_lead_back(flow: &ControlFlow, idoms: &[usize]) -> bool {
    let ranges = preorder_ranges(idoms);
    let dominates =
        |a: usize, b: usize| (ranges[a].0..ranges[a].1).contains(&ranges[b].0);
    let blocks = flow.reverse_postorder().iter().enumerate();
    let mut ways = blocks.flat_map(|(index, &block)| {
        let sources = flow.predecessors(block).iter();
        let sources = sources.filter_map(|&source| flow.number(source));
        sources.map(move |source| (source, index))
    });
    ways.all(|(source, target)| source < target || dominates(target, source))
}

/// For each place in the reverse postorder, the place of the immediate
/// dominator; the entry has itself.
// ANCHOR: immediate_dominators
fn immediate_dominators(flow: &ControlFlow) -> Vec<usize> {
    let order = flow.reverse_postorder();
    let mut idoms: Vec<Option<usize>> = vec![None; order.len()];
    if let Some(entry) = idoms.first_mut() {
        *entry = Some(0);
    }
    loop {
        let mut changed = false;
        for (index, &block) in order.iter().enumerate().skip(1) {
            // At least one predecessor stands before the block and is known.
            // The last is mostly the deepest: from there the ways up are short.
            let idom = flow
                .predecessors(block)
                .iter()
                .rev()
                .filter_map(|&predecessor| flow.number(predecessor))
                .filter(|&predecessor| idoms[predecessor].is_some())
                .reduce(|a, b| common_dominator(&idoms, a, b));
            changed |= idoms[index] != idom;
            idoms[index] = idom;
        }
        let all = || idoms.iter().map(|idom| idom.expect("reachable"));
        if !changed || only_loops_lead_back(flow, &all().collect::<Vec<_>>()) {
            return all().collect();
        }
    }
}
// ANCHOR_END: immediate_dominators

/// Where the ways up from two blocks meet. A dominator has a smaller number
/// than what it dominates, so the greater of the two moves.
// ANCHOR: common_dominator
fn common_dominator(
    idoms: &[Option<usize>],
    mut a: usize,
    mut b: usize,
) -> usize {
    let up = |number: usize| idoms[number].expect("processed before");
    while a != b {
        if a > b {
            a = up(a);
        } else {
            b = up(b);
        }
    }
    a
}
// ANCHOR_END: common_dominator

/// Numbers the tree in preorder without walking it: a subtree's size is known
/// once its blocks, which stand further back, have been counted; then each
/// block takes the next free part of its parent's range.
fn preorder_ranges(idoms: &[usize]) -> Vec<(u32, u32)> {
    let mut sizes = vec![1; idoms.len()];
    for (index, &idom) in idoms.iter().enumerate().skip(1).rev() {
        sizes[idom] += sizes[index];
    }
    let mut ranges = vec![(0, 0); idoms.len()];
    let mut free = vec![0; idoms.len()];
    for (index, &idom) in idoms.iter().enumerate() {
        let start = free[idom];
        ranges[index] = (start, start + sizes[index]);
        free[idom] = start + sizes[index];
        free[index] = start + 1;
    }
    ranges
}

#[cfg(test)]
mod tests;
