//! Promotion: variables that live in stack slots become values.
//!
//! A load yields what the last store on the way to it has stored. Where ways
//! meet that come from different stores, the value depends on the way, and
//! becomes a parameter of the block. Those blocks are the *iterated dominance
//! frontier* of the stores: the first blocks that a store reaches, but does
//! not dominate; and then, since a parameter is a definition too, those of
//! the parameters. Found as by Sreedhar and Gao, *A Linear Time Algorithm for
//! Placing φ-Nodes* (1995); slots that nobody reads any more get none. Then,
//! as by Cytron and others (1991), a walk down the dominator tree renames.

use super::{Changed, Pass};
use crate::analysis::{Analyses, DominatorTree};
use crate::edit::{self, Replacements};
use chapter1::ir::{
    Block, ControlFlow, Function, Inst, InstData, Slot, Type, Value, ValueDef,
};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityList, ListPool, SecondaryMap};
use std::collections::BinaryHeap;

/// The pass.
pub struct Mem2Reg;

impl Pass for Mem2Reg {
    fn name(&self) -> &'static str {
        "mem2reg"
    }

    fn summary(&self) -> &'static str {
        "variables in stack slots become values"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        if function.slots.is_empty() {
            return Changed::Nothing;
        }
        let flow = analyses.flow(function);
        // Nobody says what a slot holds where nobody comes.
        edit::remove_unreachable(function, &flow);
        let tree = analyses.tree(function);
        let params = Placement::new(function, &flow, &tree).place();
        Renaming::new(function, &params).run(&tree);
        function.slots.clear();
        Changed::Instructions
    }
}

/// The parameters that blocks get, each for a slot.
type Params = SecondaryMap<Block, Vec<(Slot, Value)>>;

/// Where slots are stored to and read.
struct Placement<'f> {
    function: &'f mut Function,
    flow: &'f ControlFlow,
    tree: &'f DominatorTree,
    stores: SecondaryMap<Slot, EntityList<Block>>,
    /// The blocks that read a slot before they store to it.
    reads: SecondaryMap<Slot, EntityList<Block>>,
    lists: ListPool<Block>,
    marks: Marks,
}

/// What is known of the blocks for one slot. A mark is the slot's number, so
/// that marks of other slots need not be wiped off.
#[derive(Default)]
struct Marks {
    stores: SecondaryMap<Block, u32>,
    is_live: SecondaryMap<Block, u32>,
    visited: SecondaryMap<Block, u32>,
    placed: SecondaryMap<Block, u32>,
}

impl<'f> Placement<'f> {
    fn new(
        function: &'f mut Function,
        flow: &'f ControlFlow,
        tree: &'f DominatorTree,
    ) -> Placement<'f> {
        let (stores, reads) = (SecondaryMap::new(), SecondaryMap::new());
        let (lists, marks) = (ListPool::new(), Marks::default());
        let mut placement =
            Placement { function, flow, tree, stores, reads, lists, marks };
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

    /// Gives parameters to the blocks that need some.
    fn place(mut self) -> Params {
        let mut params = Params::new();
        for slot in self.function.slots.keys() {
            let mark = slot.as_u32() + 1;
            self.mark_live(slot, mark);
            let ty = self.function.slots[slot];
            for block in self.frontier(slot, mark) {
                let value = self.function.push_param(block, ty);
                params[block].push((slot, value));
            }
        }
        params
    }

    /// Marks the blocks at whose beginning the slot's contents are going to
    /// be read: backwards from the reads, as far as the next store.
    fn mark_live(&mut self, slot: Slot, mark: u32) {
        let Placement { marks, lists, flow, .. } = self;
        for &block in self.stores[slot].as_slice(lists) {
            marks.stores[block] = mark;
        }
        let mut next = self.reads[slot].as_slice(lists).to_vec();
        while let Some(block) = next.pop() {
            if std::mem::replace(&mut marks.is_live[block], mark) == mark {
                continue;
            }
            let sources = flow.predecessors(block).iter().copied();
            let sources = sources.filter(|&it| marks.stores[it] != mark);
            next.extend(sources.filter(|&it| flow.is_reachable(it)));
        }
    }

    /// The iterated dominance frontier of the stores, as far as the slot is
    /// live there. Definitions far down in the tree come first; so each of
    /// the tree's blocks is visited once. A block in which the slot is not
    /// live hides those below it: what they need is stored further down.
    fn frontier(&mut self, slot: Slot, mark: u32) -> Vec<Block> {
        let Placement { marks, lists, tree, function, .. } = self;
        let stores = self.stores[slot].as_slice(lists).iter();
        let mut queue: BinaryHeap<(u32, Block)> =
            stores.map(|&block| (tree.level(block), block)).collect();
        let mut frontier = Vec::new();
        while let Some((level, root)) = queue.pop() {
            let mut next = vec![root];
            while let Some(block) = next.pop() {
                for joint in function.successors(block) {
                    let is_beyond = tree.level(joint) <= level;
                    if is_beyond
                        && marks.is_live[joint] == mark
                        && std::mem::replace(&mut marks.placed[joint], mark)
                            != mark
                    {
                        frontier.push(joint);
                        queue.push((tree.level(joint), joint));
                    }
                }
                for &child in tree.children(block) {
                    let visited = &mut marks.visited[child];
                    if marks.is_live[child] == mark
                        && std::mem::replace(visited, mark) != mark
                    {
                        next.push(child);
                    }
                }
            }
        }
        frontier
    }
}

/// The walk down the dominator tree that gives each load its value.
struct Renaming<'f> {
    function: &'f mut Function,
    params: &'f Params,
    /// What each slot holds at this point of the walk.
    current: SecondaryMap<Slot, PackedOption<Value>>,
    /// What has been changed in `current`, to be taken back.
    changes: Vec<(Slot, PackedOption<Value>)>,
    replacements: Replacements,
    /// What is read from a slot that nothing has been stored to, by type.
    nothing: [PackedOption<Value>; 2],
}

impl<'f> Renaming<'f> {
    fn new(function: &'f mut Function, params: &'f Params) -> Renaming<'f> {
        Renaming {
            function,
            params,
            current: SecondaryMap::new(),
            changes: Vec::new(),
            replacements: Replacements::default(),
            nothing: [None.into(); 2],
        }
    }

    fn run(mut self, tree: &DominatorTree) {
        // Each block on the way down, with the number of changes before it.
        let mut open: Vec<(Block, usize)> = Vec::new();
        for &block in tree.preorder() {
            while let Some(&(last, changes)) = open.last()
                && Some(last) != tree.idom(block)
            {
                self.take_back(changes);
                open.pop();
            }
            open.push((block, self.changes.len()));
            self.block(block);
        }
        self.replacements.apply(self.function);
    }

    fn block(&mut self, block: Block) {
        let params = self.params;
        for &(slot, value) in &params[block] {
            self.set(slot, value);
        }
        let mut insts = std::mem::take(&mut self.function.blocks[block].insts);
        insts.retain(|&inst| self.keep(inst));
        let last = *insts.last().expect("a block has a terminator");
        self.function.blocks[block].insts.append(&mut insts);
        self.pass_on(last);
    }

    /// Takes note of an instruction. Loads and stores go.
    fn keep(&mut self, inst: Inst) -> bool {
        match self.function.insts[inst] {
            InstData::Load(slot) => {
                let value = self.get(slot);
                let result = self.function.results[inst].expand();
                let result = result.expect("a load has a result");
                self.replacements.replace(result, value);
                self.function.values[result].def = ValueDef::Detached;
                false
            }
            InstData::Store { slot, value } => {
                let value = self.replacements.find(value);
                self.set(slot, value);
                false
            }
            _ => true,
        }
    }

    /// Passes what slots hold to the parameters of the blocks that follow.
    fn pass_on(&mut self, terminator: Inst) {
        let targets = self.function.insts[terminator].targets().len();
        for index in 0..targets {
            let target = self.function.insts[terminator].targets()[index];
            for &(slot, _) in &self.params[target.block] {
                let value = self.get(slot);
                let Function { insts, lists, .. } = &mut *self.function;
                let target =
                    &mut edit::targets_mut(&mut insts[terminator])[index];
                target.args.push(value, lists);
            }
        }
    }

    fn set(&mut self, slot: Slot, value: Value) {
        let before = std::mem::replace(&mut self.current[slot], value.into());
        self.changes.push((slot, before));
    }

    fn take_back(&mut self, to: usize) {
        for (slot, before) in self.changes.drain(to..).rev() {
            self.current[slot] = before;
        }
    }

    /// What a slot holds; anything, if nothing has been stored.
    fn get(&mut self, slot: Slot) -> Value {
        let ty = self.function.slots[slot];
        let nothing = match ty {
            Type::F64 => InstData::Const(0.0),
            Type::Bool => InstData::BoolConst(false),
        };
        if let Some(value) = self.current[slot].expand() {
            return value;
        }
        if let Some(value) = self.nothing[ty as usize].expand() {
            return value;
        }
        let value = edit::insert_at_entry(self.function, nothing);
        self.nothing[ty as usize] = value.into();
        value
    }
}
