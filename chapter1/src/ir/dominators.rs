//! Control flow seen from outside the blocks: their order, their
//! predecessors, and which block lies on every way to which.

use super::entities::Block;
use super::function::Function;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, SecondaryMap};

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
    /// The predecessors of each block, one block's behind the other's.
    predecessors: Vec<Block>,
    /// Where those of each block end; they begin where those of the block
    /// before end.
    ends: Vec<u32>,
}

impl ControlFlow {
    /// Walks a function.
    pub fn compute(function: &Function) -> ControlFlow {
        let reverse_postorder = reverse_postorder(function);
        let mut number = SecondaryMap::new();
        number.resize(function.blocks.len());
        for (index, &block) in reverse_postorder.iter().enumerate() {
            number[block] = Some(index as u32);
        }
        let edges = || {
            let blocks = function.blocks.keys();
            blocks.flat_map(|from| {
                function.successors(from).map(move |to| (from, to))
            })
        };
        let mut ends = vec![0; function.blocks.len()];
        for (_, to) in edges() {
            ends[to.index()] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            let count = std::mem::replace(end, sum);
            sum += count;
        }
        // Each block's entry moves from the beginning of its predecessors to
        // the end.
        let mut predecessors = vec![Block::from_u32(0); sum as usize];
        for (from, to) in edges() {
            let end = &mut ends[to.index()];
            predecessors[*end as usize] = from;
            *end += 1;
        }
        ControlFlow { reverse_postorder, number, predecessors, ends }
    }

    /// How many blocks the function has, those that cannot be reached
    /// included.
    pub fn blocks(&self) -> usize {
        self.ends.len()
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
        let index = block.index();
        let start = index.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.predecessors[start as usize..self.ends[index] as usize]
    }
}

/// Depth-first, with the stack on the heap: each entry is a block and how
/// many of its successors have been visited.
fn reverse_postorder(function: &Function) -> Vec<Block> {
    let mut order = Vec::with_capacity(function.blocks.len());
    if function.blocks.is_empty() {
        return order;
    }
    let mut seen = SecondaryMap::new();
    seen.resize(function.blocks.len());
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
/// Algorithm* (2001), with the jumps of Myers, *An Applicative Random-Access
/// Stack* (1983): O(n log n) if all cycles are loops, which one enters at one
/// place only. Others take more rounds.
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
        let mut nodes = SecondaryMap::new();
        nodes.resize(flow.blocks());
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

/// For each place in the reverse postorder, the place of the immediate
/// dominator; the entry has itself.
// ANCHOR: immediate_dominators
fn immediate_dominators(flow: &ControlFlow) -> Vec<usize> {
    let order = flow.reverse_postorder();
    let mut lines = Lines::new(order.len());
    loop {
        let mut changed = false;
        lines.jumps.fill(0);
        for (index, &block) in order.iter().enumerate().skip(1) {
            let idom = flow
                .predecessors(block)
                .iter()
                .filter_map(|&predecessor| flow.number(predecessor))
                .filter(|&predecessor| lines.idoms[predecessor] != UNKNOWN)
                .reduce(|a, b| lines.meet(a, b))
                .expect("one predecessor stands before the block");
            changed |= lines.idoms[index] != idom;
            lines.put_below(idom, index);
        }
        if !changed || only_loops_lead_back(flow, &lines) {
            return lines.idoms;
        }
    }
}
// ANCHOR_END: immediate_dominators

/// The immediate dominator of a block that has not been looked at.
const UNKNOWN: usize = usize::MAX;

/// The dominators of each block, in a line that ends at the entry. All are
/// places in the reverse postorder; each is smaller than the one before.
// ANCHOR: Lines
struct Lines {
    /// The next one in the line.
    idoms: Vec<usize>,
    /// One further on, or the entry.
    jumps: Vec<usize>,
    /// How many there are.
    depths: Vec<usize>,
}
// ANCHOR_END: Lines

impl Lines {
    fn new(count: usize) -> Lines {
        let mut idoms = vec![UNKNOWN; count];
        idoms.iter_mut().take(1).for_each(|entry| *entry = 0);
        Lines { idoms, jumps: vec![0; count], depths: vec![0; count] }
    }

    /// Gives a block its immediate dominator, whose own line is known.
    // ANCHOR: put_below
    fn put_below(&mut self, idom: usize, block: usize) {
        let once = self.jumps[idom];
        let twice = self.jumps[once];
        let length =
            |from: usize, to: usize| self.depths[from] - self.depths[to];
        let is_as_long = length(idom, once) == length(once, twice);
        self.jumps[block] = if is_as_long { twice } else { idom };
        self.depths[block] = self.depths[idom] + 1;
        self.idoms[block] = idom;
    }
    // ANCHOR_END: put_below

    /// Where the lines of two blocks meet. What dominates both has a smaller
    /// place than either, so the greater of the two moves, and jumps if that
    /// does not take it past the other.
    // ANCHOR: meet
    fn meet(&self, mut a: usize, mut b: usize) -> usize {
        while a != b {
            (a, b) = (a.min(b), a.max(b));
            let jump = self.jumps[b];
            b = if jump >= a { jump } else { self.idoms[b] };
        }
        a
    }
    // ANCHOR_END: meet
}

/// Whether each way back comes from a block that its target dominates. Such
/// ways change no dominator.
fn only_loops_lead_back(flow: &ControlFlow, lines: &Lines) -> bool {
    let blocks = flow.reverse_postorder().iter().enumerate();
    let mut ways = blocks.flat_map(|(target, &block)| {
        let sources = flow.predecessors(block).iter();
        let sources = sources.filter_map(|&source| flow.number(source));
        sources.map(move |source| (source, target))
    });
    ways.all(|(source, target)| {
        source < target || lines.meet(source, target) == target
    })
}

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
