//! How passes change a function: values that stand for others, parameters
//! and blocks that go.
//!
//! A pass notes what it wants while it looks at the function, and changes all
//! in one sweep at its end. So nothing is searched for, and a pass takes time
//! in proportion to the function.

use chapter1::ir::{
    Block, BlockCall, Callee, CalleeData, ControlFlow, Function, Inst,
    InstData, InstList, Value, ValueDef, ValueList,
};
use chapter1::span::Span;
use chapter1::symbol::Symbol;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{PrimaryMap, SecondaryMap};

/// Values that are to be replaced by others.
#[derive(Default)]
// ANCHOR: Replacements
pub struct Replacements {
    by: SecondaryMap<Value, PackedOption<Value>>,
    is_any: bool,
}
// ANCHOR_END: Replacements

impl Replacements {
    /// Whether there is nothing to replace.
    pub fn is_empty(&self) -> bool {
        !self.is_any
    }

    /// Uses of `old` shall be uses of `new`, or of what `new` is replaced by.
    ///
    /// # Panics
    /// If a value would be replaced by itself.
    // ANCHOR: replace
    pub fn replace(&mut self, old: Value, new: Value) {
        let new = self.find(new);
        assert_ne!(old, new, "a value is replaced by another one");
        self.by[old] = new.into();
        self.is_any = true;
    }
    // ANCHOR_END: replace

    /// What is to be used in place of a value. Shortens the way for the next
    /// who asks.
    // ANCHOR: find
    pub fn find(&mut self, value: Value) -> Value {
        let mut last = value;
        while let Some(next) = self.by[last].expand() {
            last = next;
        }
        let mut at = value;
        while let Some(next) = self.by[at].expand() {
            self.by[at] = last.into();
            at = next;
        }
        last
    }
    // ANCHOR_END: find

    /// Replaces, wherever a value is used.
    // ANCHOR: apply
    pub fn apply(&mut self, function: &mut Function) {
        if !self.is_any {
            return;
        }
        for block in function.blocks.keys() {
            for index in 0..function.blocks[block].insts.len() {
                let inst = function.blocks[block].insts[index];
                map_operands(function, inst, |value| self.find(value));
            }
        }
    }
    // ANCHOR_END: apply
}

/// Replaces each value that an instruction reads, in the order in which
/// [`Function::visit_operands`] visits them.
pub fn map_operands(
    function: &mut Function,
    inst: Inst,
    mut map: impl FnMut(Value) -> Value,
) {
    let Function { insts, lists, .. } = function;
    match &mut insts[inst] {
        InstData::Call { args, .. }
        | InstData::Jump(BlockCall { args, .. }) => {
            for value in args.as_mut_slice(lists) {
                *value = map(*value);
            }
            return;
        }
        InstData::Branch { condition, targets } => {
            *condition = map(*condition);
            for target in targets {
                for value in target.args.as_mut_slice(lists) {
                    *value = map(*value);
                }
            }
            return;
        }
        _ => {}
    }
    match &mut insts[inst] {
        InstData::Binary { args, .. } | InstData::Compare { args, .. } => {
            *args = args.map(map);
        }
        InstData::FromBool(value)
        | InstData::Store { value, .. }
        | InstData::Return(value) => *value = map(*value),
        InstData::Select { condition, args } => {
            *condition = map(*condition);
            *args = args.map(map);
        }
        _ => {}
    }
}

/// Removes parameters of blocks, and the arguments that jumps pass for them.
/// Nothing may use them. The entry's parameters stay.
pub fn remove_params(
    function: &mut Function,
    mut is_removed: impl FnMut(Value) -> bool,
) {
    let entry = function.entry();
    let mut kept: SecondaryMap<Block, Option<Box<[bool]>>> =
        SecondaryMap::new();
    let mut is_any_removed = false;
    for block in function.blocks.keys().filter(|&block| block != entry) {
        let params = function.params(block);
        if params.iter().any(|&param| is_removed(param)) {
            let keep = params.iter().map(|&param| !is_removed(param));
            kept[block] = Some(keep.collect());
            is_any_removed = true;
        }
    }
    if !is_any_removed {
        return;
    }
    for block in function.blocks.keys() {
        if let Some(keep) = &kept[block] {
            drop_params(function, block, keep);
        }
        let Some(&last) = function.blocks[block].insts.last() else { continue };
        let Function { insts, lists, .. } = function;
        for target in targets_mut(&mut insts[last]) {
            if let Some(keep) = &kept[target.block] {
                let args = target.args.as_slice(lists).iter();
                let args = args.zip(keep).filter(|&(_, &keep)| keep);
                let args: Vec<Value> = args.map(|(&arg, _)| arg).collect();
                target.args = ValueList::from_slice(&args, lists);
            }
        }
    }
}

fn drop_params(function: &mut Function, block: Block, keep: &[bool]) {
    let params = function.params(block).to_vec();
    let mut list = ValueList::new();
    for (&param, &keep) in params.iter().zip(keep) {
        function.values[param].def = match keep {
            false => ValueDef::Detached,
            true => {
                let index = list.push(param, &mut function.lists);
                ValueDef::Param(block, index as u32)
            }
        };
    }
    function.blocks[block].params = list;
}

/// The blocks that an instruction may continue in, to be changed.
pub fn targets_mut(data: &mut InstData) -> &mut [BlockCall] {
    match data {
        InstData::Jump(target) => std::slice::from_mut(target),
        InstData::Branch { targets, .. } => targets,
        _ => &mut [],
    }
}

/// Makes a branch a jump to the target that it takes.
///
/// # Panics
/// If the instruction is no branch.
pub fn take_branch(function: &mut Function, inst: Inst, condition: bool) {
    let InstData::Branch { targets: [then, other], .. } = function.insts[inst]
    else {
        panic!("{} is no branch", function.display_inst(inst));
    };
    let target = if condition { then } else { other };
    function.insts[inst] = InstData::Jump(target);
}

/// Empties a block: nothing leads to it any more, or is about to.
pub fn remove_block(function: &mut Function, block: Block) {
    let insts = std::mem::take(&mut function.blocks[block].insts);
    for inst in insts {
        detach_result(function, inst);
    }
    let params = std::mem::take(&mut function.blocks[block].params);
    for param in params.as_slice(&function.lists) {
        function.values[*param].def = ValueDef::Detached;
    }
}

/// Removes the blocks that cannot be reached. Returns whether there were any.
pub fn remove_unreachable(function: &mut Function, flow: &ControlFlow) -> bool {
    let is_there = |function: &Function, block: Block| {
        let data = &function.blocks[block];
        !data.insts.is_empty() || !data.params.is_empty()
    };
    let blocks = function.blocks.keys();
    let dead: Vec<Block> = blocks
        .filter(|&block| !flow.is_reachable(block) && is_there(function, block))
        .collect();
    for &block in &dead {
        remove_block(function, block);
    }
    !dead.is_empty()
}

/// Keeps the instructions for which `keep` says so. Nothing may use the
/// results of the others.
pub fn retain_insts(
    function: &mut Function,
    mut keep: impl FnMut(&Function, Inst) -> bool,
) -> bool {
    let mut is_changed = false;
    for block in function.blocks.keys() {
        let mut insts = std::mem::take(&mut function.blocks[block].insts);
        insts.retain(|&mut inst| {
            let keep = keep(function, inst);
            if !keep {
                is_changed = true;
                detach_result(function, inst);
            }
            keep
        });
        function.blocks[block].insts = insts;
    }
    is_changed
}

fn detach_result(function: &mut Function, inst: Inst) {
    if let Some(result) = function.results[inst].expand() {
        function.values[result].def = ValueDef::Detached;
    }
}

/// Puts an instruction at the very beginning of the function, and returns its
/// result.
///
/// # Panics
/// If it has none.
pub fn insert_at_entry(function: &mut Function, data: InstData) -> Value {
    let entry = function.entry();
    let inst = function.push_inst(entry, data, Span::default());
    let insts = &mut function.blocks[entry].insts;
    insts.rotate_right(1);
    function.results[inst].expand().expect("it yields a value")
}

/// Removes from what a function declares to call the functions that it does
/// not call, if `is_removed` says so.
pub fn remove_callees(
    function: &mut Function,
    is_removed: impl Fn(&Symbol) -> bool,
) {
    if !function.callees.values().any(|callee| is_removed(&callee.name)) {
        return;
    }
    let Function { blocks, insts, callees, .. } = function;
    let mut is_called: SecondaryMap<Callee, bool> = SecondaryMap::new();
    let places = || blocks.values().flat_map(|block| &block.insts);
    for &inst in places() {
        if let InstData::Call { callee, .. } = insts[inst] {
            is_called[callee] = true;
        }
    }
    let mut moved: SecondaryMap<Callee, PackedOption<Callee>> =
        SecondaryMap::new();
    let mut kept: PrimaryMap<Callee, CalleeData> = PrimaryMap::new();
    for (callee, data) in std::mem::take(callees) {
        if is_called[callee] || !is_removed(&data.name) {
            moved[callee] = kept.push(data).into();
        }
    }
    *callees = kept;
    for &inst in places() {
        if let InstData::Call { callee, .. } = &mut insts[inst] {
            *callee = moved[*callee].expect("it is called");
        }
    }
}

/// Removes a block's instructions from a place on, its terminator included:
/// it is about to get another one. Nothing may use their results.
pub fn cut(function: &mut Function, block: Block, from: usize) {
    let cut: InstList = function.blocks[block].insts.drain(from..).collect();
    for inst in cut {
        detach_result(function, inst);
    }
}

/// An instruction with argument lists of its own, to be put elsewhere.
pub fn clone_lists(function: &mut Function, data: InstData) -> InstData {
    let mut data = data;
    let lists = &mut function.lists;
    if let InstData::Call { args, .. } = &mut data {
        *args = args.deep_clone(lists);
    }
    for target in targets_mut(&mut data) {
        target.args = target.args.deep_clone(lists);
    }
    data
}
