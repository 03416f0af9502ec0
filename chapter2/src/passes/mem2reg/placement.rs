//! Where a slot's contents depend on the way: the blocks that get parameters.
//!
//! The dominator tree and the levels of its blocks tell where a store reaches
//! beyond what it dominates: along an edge to a block that is no deeper in
//! the tree than the store's own.

use super::Params;
use crate::analysis::{DominatorTree, table};
use chapter1::ir::{Block, ControlFlow, Function, InstData, Slot};
use cranelift_entity::{EntityList, ListPool, SecondaryMap};
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;

/// Where slots are stored to and read.
pub(super) struct Placement<'f> {
    function: &'f mut Function,
    tree: &'f DominatorTree,
    /// The blocks that store to a slot, in reverse postorder.
    stores: SecondaryMap<Slot, EntityList<Block>>,
    /// The blocks that read a slot before they store to it.
    reads: SecondaryMap<Slot, EntityList<Block>>,
    lists: ListPool<Block>,
    leaving: SecondaryMap<Block, Leaving>,
    /// For which slot a block has been visited and given a parameter last: so
    /// the marks of other slots need not be wiped off.
    visited: SecondaryMap<Block, u32>,
    placed: SecondaryMap<Block, u32>,
}

/// How far up the edges lead that leave a block and those that it dominates:
/// bounds for the levels of their targets.
#[derive(Clone, Copy)]
struct Leaving {
    lowest: u32,
    highest: u32,
}

impl Default for Leaving {
    fn default() -> Leaving {
        Leaving { lowest: u32::MAX, highest: 0 }
    }
}

impl Leaving {
    fn add(&mut self, lowest: u32, highest: u32, own_level: u32) {
        if lowest <= own_level {
            self.lowest = self.lowest.min(lowest);
            self.highest = self.highest.max(highest.min(own_level));
        }
    }
}

impl<'f> Placement<'f> {
    pub(super) fn new(
        function: &'f mut Function,
        flow: &'f ControlFlow,
        tree: &'f DominatorTree,
    ) -> Placement<'f> {
        let leaving = leaving(function, tree);
        let mut placement = Placement {
            stores: table(function.slots.len()),
            reads: table(function.slots.len()),
            lists: ListPool::new(),
            leaving,
            visited: table(function.blocks.len()),
            placed: table(function.blocks.len()),
            function,
            tree,
        };
        for &block in flow.reverse_postorder() {
            placement.look_at(block);
        }
        placement
    }

    /// Notes the first reads and the stores of a block.
    fn look_at(&mut self, block: Block) {
        let Placement { stores, reads, lists, .. } = self;
        for &inst in &self.function.blocks[block].insts {
            let is_last = |list: &EntityList<Block>,
                           lists: &ListPool<Block>| {
                list.as_slice(lists).last() == Some(&block)
            };
            match self.function.insts[inst] {
                InstData::Load(slot) => {
                    let is_stored = is_last(&stores[slot], lists);
                    if !is_stored && !is_last(&reads[slot], lists) {
                        reads[slot].push(block, lists);
                    }
                }
                InstData::Store { slot, .. }
                    if !is_last(&stores[slot], lists) =>
                {
                    stores[slot].push(block, lists);
                }
                _ => {}
            }
        }
    }

    /// Gives parameters to the blocks that may need some.
    pub(super) fn place(mut self) -> Params {
        let mut params = Params::new();
        for slot in self.function.slots.keys() {
            let stores = self.stores[slot].as_slice(&self.lists);
            let scope = self.scope(slot);
            // Most slots are stored to once, before anybody reads them.
            let is_plain = stores.len() < 2 && scope.is_some();
            if is_plain || self.reads[slot].is_empty() {
                continue;
            }
            let lowest = scope.map_or(0, |it| self.tree.level(it) + 1);
            let ty = self.function.slots[slot];
            for block in self.frontier(slot, lowest) {
                let value = self.function.push_param(block, ty);
                params[block].push((slot, value));
            }
        }
        params
    }

    /// A block that stores to a slot before anybody else, on any way, does
    /// anything with it.
    fn scope(&self, slot: Slot) -> Option<Block> {
        let (&first, others) =
            self.stores[slot].as_slice(&self.lists).split_first()?;
        let reads = self.reads[slot].as_slice(&self.lists);
        let mut others = others.iter().chain(reads);
        let is_first =
            others.all(|&it| it != first && self.tree.dominates(first, it));
        is_first.then_some(first)
    }

    /// The iterated dominance frontier of the stores, from a level of the
    /// tree downwards. Definitions far down in the tree come first; so no
    /// block is gone into twice.
    // ANCHOR: frontier
    fn frontier(&mut self, slot: Slot, lowest: u32) -> Vec<Block> {
        let tree = self.tree;
        let mark = slot.as_u32() + 1;
        let with_level = |&block: &Block| (tree.level(block), block);
        let stores = self.stores[slot].as_slice(&self.lists);
        let mut queue: BinaryHeap<(u32, Block)> =
            stores.iter().map(with_level).collect();
        let mut frontier = Vec::new();
        while let Some((level, root)) = queue.pop() {
            // The scope leads to nothing but itself, and what is alone on its
            // level in there to itself at most.
            let is_placed = self.placed[root] == mark;
            let is_last = level == lowest && is_placed && is_alone(tree, root);
            let is_over = level < lowest || is_last;
            if !is_over && put(&mut self.visited[root], mark) {
                let known = frontier.len();
                self.search(root, lowest..=level, mark, &mut frontier);
                queue.extend(frontier[known..].iter().map(with_level));
            }
        }
        frontier
    }
    // ANCHOR_END: frontier

    /// Finds the blocks of these levels to which edges lead from a block and
    /// from all that it dominates.
    // ANCHOR: search
    fn search(
        &mut self,
        root: Block,
        levels: RangeInclusive<u32>,
        mark: u32,
        frontier: &mut Vec<Block>,
    ) {
        let mut next = vec![root];
        while let Some(block) = next.pop() {
            let Leaving { lowest, highest } = self.leaving[block];
            if lowest > *levels.end() || highest < *levels.start() {
                continue;
            }
            for joint in self.function.successors(block) {
                if levels.contains(&self.tree.level(joint))
                    && put(&mut self.placed[joint], mark)
                {
                    frontier.push(joint);
                }
            }
            for &child in self.tree.children(block) {
                if put(&mut self.visited[child], mark) {
                    next.push(child);
                }
            }
        }
    }
    // ANCHOR_END: search
}

/// Puts a mark. Returns whether it was another one before.
fn put(place: &mut u32, mark: u32) -> bool {
    std::mem::replace(place, mark) != mark
}

/// Whether a block is the only one of its level in the scope that it begins,
/// as the header of a loop is in that of the loop's variable.
fn is_alone(tree: &DominatorTree, block: Block) -> bool {
    tree.idom(block).is_some_and(|it| tree.children(it).len() == 1)
}

/// From the tree's leaves up, where the edges lead that leave a subtree.
fn leaving(
    function: &Function,
    tree: &DominatorTree,
) -> SecondaryMap<Block, Leaving> {
    let mut leaving: SecondaryMap<Block, Leaving> =
        table(function.blocks.len());
    for &block in tree.preorder().iter().rev() {
        let own_level = tree.level(block);
        let mut ways = leaving[block];
        for target in function.successors(block) {
            let level = tree.level(target);
            ways.add(level, level, own_level);
        }
        leaving[block] = ways;
        if let Some(idom) = tree.idom(block) {
            leaving[idom].add(ways.lowest, ways.highest, own_level - 1);
        }
    }
    leaving
}

#[cfg(test)]
mod tests;
