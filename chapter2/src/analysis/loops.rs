//! Natural loops: a header, and all blocks from which one comes back to it
//! without passing it.
//!
//! An edge to a block that dominates its source is a *back edge*; its target
//! is a header. (A cycle that can be entered at two places has no such edge.
//! Kaleidoscope has none, and here it is no loop.)

use super::DominatorTree;
use chapter1::ir::{Block, ControlFlow};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{PrimaryMap, SecondaryMap, entity_impl};

/// A loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loop(u32);
entity_impl!(Loop, "loop");

struct LoopData {
    header: Block,
    parent: PackedOption<Loop>,
    depth: u32,
}

/// The loops of a function.
pub struct Loops {
    loops: PrimaryMap<Loop, LoopData>,
    innermost: SecondaryMap<Block, PackedOption<Loop>>,
}

impl Loops {
    /// Finds the loops of a function.
    pub fn compute(flow: &ControlFlow, tree: &DominatorTree) -> Loops {
        let mut found =
            Loops { loops: PrimaryMap::new(), innermost: SecondaryMap::new() };
        // Headers of inner loops come first: they are dominated by those of
        // the loops around them.
        for &header in flow.reverse_postorder().iter().rev() {
            let sources = flow.predecessors(header).iter().copied();
            let latches: Vec<Block> = sources
                .filter(|&source| tree.dominates(header, source))
                .filter(|&source| flow.is_reachable(source))
                .collect();
            if !latches.is_empty() {
                found.add(header, latches, flow);
            }
        }
        found.set_depths();
        found
    }

    /// The loops, inner ones before those around them.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = Loop> + '_ {
        self.loops.keys()
    }

    /// The block in which each round of a loop begins.
    pub fn header(&self, l: Loop) -> Block {
        self.loops[l].header
    }

    /// The loop around a loop.
    pub fn parent(&self, l: Loop) -> Option<Loop> {
        self.loops[l].parent.expand()
    }

    /// The innermost loop that a block is in.
    pub fn innermost(&self, block: Block) -> Option<Loop> {
        self.innermost[block].expand()
    }

    /// How many loops a block is in.
    pub fn depth(&self, block: Block) -> u32 {
        self.innermost(block).map_or(0, |l| self.loops[l].depth)
    }

    /// Whether a block is in a loop, or in one inside it.
    pub fn contains(&self, l: Loop, block: Block) -> bool {
        let mut at = self.innermost(block);
        while let Some(inner) = at {
            // Inner loops have smaller numbers.
            if inner >= l {
                return inner == l;
            }
            at = self.parent(inner);
        }
        false
    }

    /// Collects the blocks of a loop, backwards from its back edges. Loops
    /// inside it are crossed in one step.
    fn add(&mut self, header: Block, latches: Vec<Block>, flow: &ControlFlow) {
        let data = LoopData { header, parent: None.into(), depth: 0 };
        let this = self.loops.push(data);
        self.innermost[header] = self.outermost(header).unwrap_or(this).into();
        let mut next = latches;
        while let Some(block) = next.pop() {
            let at = match self.outermost(block) {
                None => {
                    self.innermost[block] = this.into();
                    block
                }
                Some(outer) if outer == this => continue,
                Some(inner) => {
                    self.loops[inner].parent = this.into();
                    self.loops[inner].header
                }
            };
            if at != header {
                let sources = flow.predecessors(at).iter().copied();
                next.extend(sources.filter(|&it| flow.is_reachable(it)));
            }
        }
    }

    /// The outermost loop found so far that a block is in.
    fn outermost(&self, block: Block) -> Option<Loop> {
        let mut outermost = self.innermost(block)?;
        while let Some(parent) = self.parent(outermost) {
            outermost = parent;
        }
        Some(outermost)
    }

    fn set_depths(&mut self) {
        for index in (0..self.loops.len() as u32).rev() {
            let l = Loop::from_u32(index);
            let around = self.parent(l).map_or(0, |p| self.loops[p].depth);
            self.loops[l].depth = around + 1;
        }
    }
}
