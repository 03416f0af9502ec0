//! The order in which a function's blocks are laid out, and the position of
//! every instruction in that order.
//!
//! Blocks stand in reverse postorder: a block comes after whatever dominates
//! it, and all of its predecessors but those at the end of a loop. Positions
//! number the instructions through. What is live at some time can then be
//! said in numbers: from the position of a definition to that of the last
//! use, or to the end of the loop around it.

use crate::ir::{Block, BlockCall, Function, Inst, InstData, Value};
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;

/// A block's place in the order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Which block.
    pub block: Block,
    /// The position of the block's beginning, where its parameters are
    /// defined. Its instructions follow.
    pub start: u32,
    /// The position of its terminator.
    pub end: u32,
    /// The innermost loop around it, as an index into [`Order::loops`].
    pub in_loop: Option<u32>,
}

/// A stretch of the order that is entered again from its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loop {
    /// The position of the first block's beginning.
    pub start: u32,
    /// The position of the last block's terminator.
    pub end: u32,
    /// The next loop outward.
    pub parent: Option<u32>,
}

/// How a block is left.
#[derive(Clone, Copy, Debug)]
pub enum Exit {
    /// With the function's result.
    Return(Value),
    /// To another block.
    Jump(BlockCall),
    /// To one of two blocks.
    Branch(Value, [BlockCall; 2]),
}

impl Exit {
    /// How `block` is left. A jump to a block that only returns is a return:
    /// that costs a copy of the epilogue and saves the jump.
    pub fn of(function: &Function, block: Block) -> Exit {
        match function.insts[function.terminator(block)] {
            InstData::Return(value) => Exit::Return(value),
            InstData::Branch { condition, targets } => {
                Exit::Branch(condition, targets)
            }
            InstData::Jump(target) => match returned(function, &target) {
                Some(value) => Exit::Return(value),
                None => Exit::Jump(target),
            },
            ref other => unreachable!("no terminator: {other:?}"),
        }
    }

    /// The blocks that can follow.
    pub fn targets(&self) -> &[BlockCall] {
        match self {
            Exit::Return(_) => &[],
            Exit::Jump(target) => std::slice::from_ref(target),
            Exit::Branch(_, targets) => targets,
        }
    }
}

/// What a jump returns, if its target does nothing else.
fn returned(function: &Function, target: &BlockCall) -> Option<Value> {
    let [only] = function.blocks[target.block].insts[..] else { return None };
    let InstData::Return(value) = function.insts[only] else { return None };
    let params = function.params(target.block);
    let param = params.iter().position(|&param| param == value);
    Some(param.map_or(value, |index| function.args(target)[index]))
}

/// The blocks of a function in order. Reused from function to function.
#[derive(Default, Debug)]
pub struct Order {
    /// The reachable blocks.
    pub blocks: Vec<Placed>,
    /// The loops, each after those around it.
    pub loops: Vec<Loop>,
    /// For each reachable block, its index in `blocks`.
    pub index: SecondaryMap<Block, PackedOption<Block>>,
    /// The predecessors of each placed block, end to end.
    preds: Vec<u32>,
    /// Where those of each begin.
    pred_starts: Vec<u32>,
    stack: Vec<(Block, u8)>,
}

impl Order {
    /// Orders the blocks of `function`, which must be valid.
    pub fn compute(&mut self, function: &Function) {
        self.place_blocks(function);
        self.find_predecessors(function);
        self.find_loops();
    }

    /// The index of a reachable block.
    pub fn index_of(&self, block: Block) -> usize {
        let index = self.index[block].expand();
        index.expect("the block is reachable").as_u32() as usize
    }

    /// The indices of the blocks before which block `index` can come.
    pub fn predecessors(&self, index: usize) -> &[u32] {
        let start = self.pred_starts[index] as usize;
        let end = self.pred_starts[index + 1] as usize;
        &self.preds[start..end]
    }

    /// The loop that begins with block `index`, if one does.
    pub fn loop_at(&self, index: usize) -> Option<Loop> {
        let placed = &self.blocks[index];
        let inner = self.loops[placed.in_loop? as usize];
        (inner.start == placed.start).then_some(inner)
    }

    /// Whether no other loop is inside this one.
    pub fn is_innermost(&self, number: u32) -> bool {
        let next = self.loops.get(number as usize + 1);
        next.is_none_or(|next| next.parent != Some(number))
    }

    /// Whether an innermost loop begins with block `index`.
    pub fn is_innermost_at(&self, index: usize) -> bool {
        let placed = &self.blocks[index];
        placed.in_loop.is_some_and(|number| {
            self.loops[number as usize].start == placed.start
                && self.is_innermost(number)
        })
    }

    /// The end of the outermost loop that contains position `at`, of block
    /// `index`, but not `definition`.
    pub fn loop_end(&self, index: usize, definition: u32) -> Option<u32> {
        let mut end = None;
        let mut next = self.blocks[index].in_loop;
        while let Some(inner) = next.map(|index| self.loops[index as usize]) {
            if inner.start <= definition {
                break;
            }
            end = Some(inner.end);
            next = inner.parent;
        }
        end
    }

    /// Depth first, with a stack of our own. Later successors are visited
    /// first, so that the first successor follows its block in the order.
    fn place_blocks(&mut self, function: &Function) {
        self.blocks.clear();
        self.index.clear();
        self.index.resize(function.blocks.len());
        let entry = function.entry();
        self.index[entry] = entry.into();
        self.stack.push((entry, 0));
        while let Some((block, visited)) = self.stack.last_mut() {
            let exit = Exit::of(function, *block);
            let targets = exit.targets();
            let left = targets.len() - *visited as usize;
            if left > 0 {
                *visited += 1;
                let target = targets[left - 1].block;
                if self.index[target].is_none() {
                    self.index[target] = target.into();
                    self.stack.push((target, 0));
                }
                continue;
            }
            let (block, _) = self.stack.pop().expect("just seen");
            let placed = Placed { block, start: 0, end: 0, in_loop: None };
            self.blocks.push(placed);
        }
        self.blocks.reverse();
        let mut position = 0;
        for (index, placed) in self.blocks.iter_mut().enumerate() {
            self.index[placed.block] = Block::from_u32(index as u32).into();
            let insts = function.blocks[placed.block].insts.len() as u32;
            placed.start = position;
            placed.end = position + insts;
            position = placed.end + 1;
        }
    }

    fn find_predecessors(&mut self, function: &Function) {
        let count = self.blocks.len();
        self.pred_starts.clear();
        self.pred_starts.resize(count + 1, 0);
        for index in 0..count {
            for target in Exit::of(function, self.blocks[index].block).targets()
            {
                let target = self.index_of(target.block);
                self.pred_starts[target] += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.pred_starts {
            sum += *start;
            *start = sum;
        }
        self.preds.clear();
        self.preds.resize(sum as usize, 0);
        for index in (0..count).rev() {
            for target in Exit::of(function, self.blocks[index].block).targets()
            {
                let target = self.index_of(target.block);
                self.pred_starts[target] -= 1;
                let at = self.pred_starts[target] as usize;
                self.preds[at] = index as u32;
            }
        }
    }

    /// A loop begins at each block with a predecessor that is not before it,
    /// and ends with the last such predecessor. Stretches that overlap
    /// otherwise than by nesting (the order of an irreducible graph may make
    /// such) are made to nest by extending the outer one.
    fn find_loops(&mut self) {
        self.loops.clear();
        let mut open: Option<u32> = None;
        for index in 0..self.blocks.len() {
            let start = self.blocks[index].start;
            while let Some(current) = open {
                if self.loops[current as usize].end > start {
                    break;
                }
                open = self.loops[current as usize].parent;
            }
            let last = self.predecessors(index).iter().max().copied();
            if let Some(last) = last.filter(|&last| last as usize >= index) {
                let end = self.blocks[last as usize].end;
                self.loops.push(Loop { start, end, parent: open });
                let mut outer = open;
                while let Some(parent) = outer {
                    let parent = &mut self.loops[parent as usize];
                    if parent.end >= end {
                        break;
                    }
                    parent.end = end;
                    outer = parent.parent;
                }
                open = Some(self.loops.len() as u32 - 1);
            }
            self.blocks[index].in_loop = open;
        }
    }

    /// The instruction at a position, which must not be a block's beginning.
    pub fn inst_at(
        &self,
        function: &Function,
        index: usize,
        position: u32,
    ) -> Inst {
        let placed = &self.blocks[index];
        let offset = position - placed.start - 1;
        function.blocks[placed.block].insts[offset as usize]
    }
}
