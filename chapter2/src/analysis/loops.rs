//! Natural loops: a header, and all blocks from which one comes back to it
//! without passing it.
//!
//! An edge to a block that dominates its source is a *back edge*; its target
//! is a header. (A cycle that can be entered at two places has no such edge.
//! Kaleidoscope has none, and here it is no loop.)

use super::{DominatorTree, table};
use chapter1::ir::{Block, ControlFlow};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{PrimaryMap, SecondaryMap, entity_impl};
use std::cmp::Ordering;

/// A loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loop(u32);
entity_impl!(Loop, "loop");

struct LoopData {
    header: Block,
    parent: PackedOption<Loop>,
    depth: u32,
    /// A loop further outward, so chosen that the way to any loop around this
    /// one takes a number of steps that is logarithmic in its length.
    jump: PackedOption<Loop>,
}

/// The loops of a function.
pub struct Loops {
    loops: PrimaryMap<Loop, LoopData>,
    innermost: SecondaryMap<Block, PackedOption<Loop>>,
}

impl Loops {
    /// Finds the loops of a function.
    // ANCHOR: compute
    pub fn compute(flow: &ControlFlow, tree: &DominatorTree) -> Loops {
        let mut found =
            Loops { loops: PrimaryMap::new(), innermost: table(flow.blocks()) };
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
    // ANCHOR_END: compute

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
        // Inner loops have smaller numbers.
        self.outward(self.innermost(block), |it| it >= l) == Some(l)
    }

    /// The loop of this depth around a loop, or the loop itself.
    pub fn at_depth(&self, l: Loop, depth: u32) -> Option<Loop> {
        self.outward(Some(l), |it| self.loops[it].depth <= depth)
    }

    /// How many loops two blocks are both in.
    pub fn common_depth(&self, a: Block, b: Block) -> u32 {
        let (mut a, mut b) = (self.innermost(a), self.innermost(b));
        while let (Some(x), Some(y)) = (a, b) {
            match x.cmp(&y) {
                Ordering::Equal => return self.loops[x].depth,
                // Inner loops have smaller numbers.
                Ordering::Less => a = self.outward(a, |it| it >= y),
                Ordering::Greater => b = self.outward(b, |it| it >= x),
            }
        }
        0
    }

    /// The first loop on the way outwards for which something is true that is
    /// then true of all further ones. The way is Myers's, *An Applicative
    /// Random-Access Stack* (1983).
    fn outward(
        &self,
        from: Option<Loop>,
        is_true: impl Fn(Loop) -> bool,
    ) -> Option<Loop> {
        let mut at = from;
        while let Some(l) = at.filter(|&l| !is_true(l)) {
            let jump = self.loops[l].jump.expand();
            at = match jump {
                Some(far) if !is_true(far) => jump,
                _ => self.parent(l),
            };
        }
        at
    }

    /// Collects the blocks of a loop, backwards from its back edges. Loops
    /// inside it are crossed in one step.
    // ANCHOR: add
    fn add(&mut self, header: Block, latches: Vec<Block>, flow: &ControlFlow) {
        let data = LoopData {
            header,
            parent: None.into(),
            depth: 0,
            jump: None.into(),
        };
        let this = self.loops.push(data);
        self.innermost[header] = this.into();
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
            let sources = flow.predecessors(at).iter().copied();
            next.extend(sources.filter(|&it| flow.is_reachable(it)));
        }
    }
    // ANCHOR_END: add

    /// The outermost loop found so far that a block is in.
    fn outermost(&mut self, block: Block) -> Option<Loop> {
        let first = self.innermost(block)?;
        let up = |found: &Loops, l: Loop| {
            let LoopData { jump, parent, .. } = &found.loops[l];
            jump.expand().or(parent.expand())
        };
        let mut outermost = first;
        while let Some(next) = up(self, outermost) {
            outermost = next;
        }
        // Shortens the way for the next who asks.
        let mut at = first;
        while let Some(next) = up(self, at).filter(|&it| it != outermost) {
            self.loops[at].jump = outermost.into();
            at = next;
        }
        Some(outermost)
    }

    /// Where to jump from a loop whose parent this is: as far as two jumps
    /// take the parent if both are of the same length, else to the parent.
    fn jump_from(&self, parent: Loop) -> Loop {
        let depth = |l: Loop| self.loops[l].depth;
        let jump = |l: Loop| self.loops[l].jump.expand().unwrap_or(l);
        let (once, twice) = (jump(parent), jump(jump(parent)));
        match depth(parent) - depth(once) == depth(once) - depth(twice) {
            true => twice,
            false => parent,
        }
    }

    fn set_depths(&mut self) {
        for index in (0..self.loops.len() as u32).rev() {
            let l = Loop::from_u32(index);
            let Some(parent) = self.parent(l) else {
                self.loops[l].depth = 1;
                continue;
            };
            self.loops[l].depth = self.loops[parent].depth + 1;
            self.loops[l].jump = self.jump_from(parent).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DominatorTree, Loops};
    use chapter1::ir::{Block, ControlFlow, parse_module};
    use std::fmt::Write;

    /// `depth` loops, each around the next; block k begins the k-th one.
    fn nest(depth: u32) -> Loops {
        let mut text = "function @f() -> f64 {\nblock0:\n".to_owned();
        text += "v0 = const 1\nv1 = ult v0, v0\njump block1\n";
        for block in 1..depth {
            writeln!(text, "block{block}:\njump block{}", block + 1).unwrap();
        }
        for block in depth..2 * depth {
            let again = 2 * depth - block;
            let then = format!("block{again}, block{}", block + 1);
            let begin = format!("block{block}:\nbranch v1, {then}");
            writeln!(text, "{begin}").unwrap();
        }
        writeln!(text, "block{}:\nreturn v0\n}}", 2 * depth).unwrap();
        let module = parse_module(&text).expect("well-formed text");
        let flow = ControlFlow::compute(&module.functions[0]);
        Loops::compute(&flow, &DominatorTree::compute(&flow))
    }

    #[test]
    fn what_is_asked_of_a_deep_nest_is_answered_as_by_walking_outwards() {
        let depth = 40;
        let loops = nest(depth);
        let blocks = || (1..2 * depth).map(Block::from_u32);
        for a in blocks() {
            let innermost = loops.innermost(a).expect("it is in a loop");
            let around =
                || std::iter::successors(Some(innermost), |&l| loops.parent(l));
            assert_eq!(around().count() as u32, loops.depth(a));
            for wanted in 1..=loops.depth(a) {
                let found = around().nth((loops.depth(a) - wanted) as usize);
                assert_eq!(loops.at_depth(innermost, wanted), found);
            }
            for b in blocks() {
                let common = around().find(|&l| loops.contains(l, b));
                let common = common.map(|l| loops.depth(loops.header(l)));
                assert_eq!(loops.common_depth(a, b), common.unwrap_or(0));
            }
        }
    }
}
