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

mod placement;

use super::{Changed, Pass};
use crate::analysis::{Analyses, DominatorTree, table};
use crate::edit::{self, Replacements};
use chapter1::ir::{
    Block, ControlFlow, Function, Inst, InstData, Slot, Type, Value, ValueDef,
};
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;
use placement::Placement;

/// The pass.
pub struct Mem2Reg;

impl Pass for Mem2Reg {
    fn name(&self) -> &'static str {
        "mem2reg"
    }

    fn summary(&self) -> &'static str {
        "variables in stack slots become values"
    }

    // ANCHOR: run
    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        if function.slots.is_empty() {
            return Changed::Nothing;
        }
        let flow = analyses.flow(function);
        // Nobody says what a slot holds where nobody comes.
        let unreachable = edit::remove_unreachable(function, &flow);
        let tree = analyses.tree(function);
        let params = Placement::new(function, &flow, &tree).place();
        Renaming::new(function, &params).run(&tree);
        remove_unused(function, &flow, &params);
        function.slots.clear();
        match unreachable {
            true => Changed::ControlFlow,
            false => Changed::Instructions,
        }
    }
    // ANCHOR_END: run
}

/// The parameters that blocks get, each for a slot.
type Params = SecondaryMap<Block, Vec<(Slot, Value)>>;

/// The walk down the dominator tree that gives each load its value.
// ANCHOR: Renaming
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
// ANCHOR_END: Renaming

impl<'f> Renaming<'f> {
    fn new(function: &'f mut Function, params: &'f Params) -> Renaming<'f> {
        Renaming {
            current: table(function.slots.len()),
            function,
            params,
            changes: Vec::new(),
            replacements: Replacements::default(),
            nothing: [None.into(); 2],
        }
    }

    // ANCHOR: Renaming_run
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
    // ANCHOR_END: Renaming_run

    // ANCHOR: block
    fn block(&mut self, block: Block) {
        let params = self.params;
        for &(slot, value) in &params[block] {
            self.set(slot, value);
        }
        let mut insts = std::mem::take(&mut self.function.blocks[block].insts);
        insts.retain(|&mut inst| self.keep(inst));
        let last = *insts.last().expect("a block has a terminator");
        // What has been inserted meanwhile, at the entry, comes first.
        let place = &mut self.function.blocks[block].insts;
        let inserted = std::mem::replace(place, insts);
        place.insert_many(0, inserted);
        self.pass_on(last);
    }
    // ANCHOR_END: block

    /// Takes note of an instruction. Loads and stores go.
    // ANCHOR: keep
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
    // ANCHOR_END: keep

    /// Passes what slots hold to the parameters of the blocks that follow.
    // ANCHOR: pass_on
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
    // ANCHOR_END: pass_on

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

/// Removes those of the new parameters that are of no use: that are passed to
/// each other at most.
fn remove_unused(function: &mut Function, flow: &ControlFlow, params: &Params) {
    let count = function.values.len();
    let mut is_new: SecondaryMap<Value, bool> = table(count);
    for block in function.blocks.keys() {
        for &(_, param) in &params[block] {
            is_new[param] = true;
        }
    }
    let mut used = Used { is_used: table(count), next: Vec::new() };
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

#[cfg(test)]
mod tests;
