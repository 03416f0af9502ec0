//! Promotion: variables that live in stack slots become values.
//!
//! A load yields what the last store on the way to it has stored. Where ways
//! meet that come from different stores, the value depends on the way, and
//! becomes a parameter of the block. Those blocks are the *iterated dominance
//! frontier* of the stores: the first blocks that a store reaches, but does
//! not dominate; and then, since a parameter is a definition too, those of
//! the parameters. Found as by Sreedhar and Gao, *A Linear Time Algorithm for
//! Placing φ-Nodes* (1995), with two cuts that keep the search short where
//! there are many slots: it does not go down where no way leads back up far
//! enough, nor out of the blocks behind the first store, the variable's
//! scope. Then, as by Cytron and others (1991), a walk down the dominator tree
//! renames. At last, the parameters go that nobody turned out to read.

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
        remove_unused(function, &flow, &params);
        function.slots.clear();
        Changed::Instructions
    }
}

/// The parameters that blocks get, each for a slot.
type Params = SecondaryMap<Block, Vec<(Slot, Value)>>;

/// Where slots are stored to and read.
struct Placement<'f> {
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
    fn new(
        function: &'f mut Function,
        flow: &'f ControlFlow,
        tree: &'f DominatorTree,
    ) -> Placement<'f> {
        let leaving = leaving(function, tree);
        let mut placement = Placement {
            function,
            tree,
            stores: SecondaryMap::new(),
            reads: SecondaryMap::new(),
            lists: ListPool::new(),
            leaving,
            visited: SecondaryMap::new(),
            placed: SecondaryMap::new(),
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
    fn place(mut self) -> Params {
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
    /// tree downwards. Definitions far down in the tree come first; so each
    /// of the tree's blocks is visited once.
    fn frontier(&mut self, slot: Slot, lowest: u32) -> Vec<Block> {
        let Placement { lists, tree, function, leaving, .. } = self;
        let mark = slot.as_u32() + 1;
        let stores = self.stores[slot].as_slice(lists).iter();
        let mut queue: BinaryHeap<(u32, Block)> =
            stores.map(|&block| (tree.level(block), block)).collect();
        let mut frontier = Vec::new();
        while let Some((level, root)) = queue.pop() {
            // The scope leads to nothing but itself, and what is alone on its
            // level in there to itself at most.
            let is_placed = self.placed[root] == mark;
            let is_last = level == lowest && is_placed && is_alone(tree, root);
            if level < lowest || is_last {
                continue;
            }
            let mut next = vec![root];
            while let Some(block) = next.pop() {
                let ways = leaving[block];
                if ways.lowest > level || ways.highest < lowest {
                    continue;
                }
                for joint in function.successors(block) {
                    let is_beyond =
                        (lowest..=level).contains(&tree.level(joint));
                    if is_beyond
                        && std::mem::replace(&mut self.placed[joint], mark)
                            != mark
                    {
                        frontier.push(joint);
                        queue.push((tree.level(joint), joint));
                    }
                }
                for &child in tree.children(block) {
                    if std::mem::replace(&mut self.visited[child], mark) != mark
                    {
                        next.push(child);
                    }
                }
            }
        }
        frontier
    }
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
    let mut leaving: SecondaryMap<Block, Leaving> = SecondaryMap::new();
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

/// Removes those of the new parameters that are of no use: that are passed to
/// each other at most.
fn remove_unused(function: &mut Function, flow: &ControlFlow, params: &Params) {
    let mut is_new: SecondaryMap<Value, bool> = SecondaryMap::new();
    for block in function.blocks.keys() {
        for &(_, param) in &params[block] {
            is_new[param] = true;
        }
    }
    let mut used = Used { is_used: SecondaryMap::new(), next: Vec::new() };
    for &block in flow.reverse_postorder() {
        for &inst in &function.blocks[block].insts {
            let data = &function.insts[inst];
            if data.targets().is_empty() {
                function.visit_operands(inst, |value| used.add(value));
            }
            if let InstData::Branch { condition, .. } = data {
                used.add(*condition);
            }
            for target in data.targets() {
                let params = function.params(target.block).iter();
                for (&param, &arg) in params.zip(function.args(target)) {
                    if !is_new[param] {
                        used.add(arg);
                    }
                }
            }
        }
    }
    while let Some(value) = used.next.pop() {
        let ValueDef::Param(block, index) = function.values[value].def else {
            continue;
        };
        if !is_new[value] {
            continue;
        }
        let sources = flow.predecessors(block).iter().copied();
        for from in sources.filter(|&it| flow.is_reachable(it)) {
            let last = function.terminator(from);
            for target in function.insts[last].targets() {
                if target.block == block {
                    used.add(function.args(target)[index as usize]);
                }
            }
        }
    }
    edit::remove_params(function, |it| is_new[it] && !used.is_used[it]);
}

/// The values found to be of use, and those whose sources are still to be.
struct Used {
    is_used: SecondaryMap<Value, bool>,
    next: Vec<Value>,
}

impl Used {
    fn add(&mut self, value: Value) {
        if !std::mem::replace(&mut self.is_used[value], true) {
            self.next.push(value);
        }
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
