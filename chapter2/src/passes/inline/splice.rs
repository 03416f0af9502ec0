//! Calls replaced by the bodies of what they call.
//!
//! A block that calls is cut in two: what comes before the call goes on with
//! a copy of the callee's entry, each `return v` of the copy becomes a jump to
//! what comes after the call, and passes it `v`, which is the call's result.
//! A body of one block leaves its block whole.

use crate::edit::Replacements;
use chapter1::ir::{
    Block, BlockCall, BlockData, Callee, Function, Inst, InstData, Slot, Type,
    Value, ValueDef, ValueList,
};
use chapter1::span::Span;
use chapter1::symbol::Symbol;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, SecondaryMap};
use rustc_hash::FxHashMap;

/// Replaces calls in `function` by bodies: those for which `body` has one.
/// All bodies have as many parameters as their calls have arguments.
pub fn splice<'b>(
    function: &mut Function,
    copied: &mut Copied,
    body: impl Fn(Inst) -> Option<&'b Function>,
) {
    copied.names.clear();
    let callees = function.callees.iter();
    let callees = callees.map(|(callee, data)| (data.name.clone(), callee));
    copied.names.extend(callees);
    let replacements = Replacements::default();
    let mut splicing = Splicing { function, copied, replacements };
    for block in splicing.function.blocks.keys() {
        splicing.block(block, &body);
    }
    let Splicing { function, mut replacements, .. } = splicing;
    replacements.apply(function);
}

struct Splicing<'f> {
    function: &'f mut Function,
    copied: &'f mut Copied,
    replacements: Replacements,
}

/// What the tables of a body have become in the function. Reused, since most
/// bodies are small, and memory is dear then.
#[derive(Default)]
pub struct Copied {
    /// What the function declares to call.
    names: FxHashMap<Symbol, Callee>,
    values: SecondaryMap<Value, PackedOption<Value>>,
    blocks: SecondaryMap<Block, PackedOption<Block>>,
    callees: Vec<Callee>,
    /// The number of the body's first slot.
    slots: u32,
    /// The text of the call, which all of the copy is for.
    span: Span,
}

impl Splicing<'_> {
    /// Replaces the calls of a block.
    // ANCHOR: block
    fn block<'b>(
        &mut self,
        block: Block,
        body: &impl Fn(Inst) -> Option<&'b Function>,
    ) {
        let insts = std::mem::take(&mut self.function.blocks[block].insts);
        self.function.blocks[block].insts.reserve(insts.len());
        let mut at = block;
        for inst in insts {
            match body(inst) {
                None => self.function.blocks[at].insts.push(inst),
                Some(body) => at = self.call(at, inst, body),
            }
        }
    }
    // ANCHOR_END: block

    /// Appends a body to a block in place of a call. Returns where what comes
    /// after the call goes.
    // ANCHOR: call
    fn call(&mut self, at: Block, call: Inst, body: &Function) -> Block {
        self.copy_tables(body, call, at);
        let result = self.function.results[call].expand();
        let result = result.expect("a function yields a number");
        let is_one = body.blocks.values().skip(1).all(|b| b.insts.is_empty());
        if is_one {
            let last = self.copy_insts(body, body.entry(), at);
            let InstData::Return(value) = last else {
                unreachable!("there is no other block")
            };
            let value = self.copied.value(value);
            self.function.values[result].def = ValueDef::Detached;
            self.replacements.replace(result, value);
            return at;
        }
        let after = self.function.blocks.push(BlockData::default());
        self.function.values[result].def = ValueDef::Param(after, 0);
        let params = ValueList::from_slice(&[result], &mut self.function.lists);
        self.function.blocks[after].params = params;
        self.copy_blocks(body, after);
        after
    }
    // ANCHOR_END: call

    /// Copies all blocks of a body. What it returns goes to a block `after` it.
    // ANCHOR: copy_blocks
    fn copy_blocks(&mut self, body: &Function, after: Block) {
        for (block, data) in &body.blocks {
            if data.insts.is_empty() {
                continue;
            }
            let to = self.copied.blocks[block].expect("it is copied");
            let last = match self.copy_insts(body, block, to) {
                InstData::Return(value) => {
                    let value = self.copied.value(value);
                    let lists = &mut self.function.lists;
                    let args = ValueList::from_slice(&[value], lists);
                    InstData::Jump(BlockCall { block: after, args })
                }
                other => self.copy_data(body, &other),
            };
            self.function.push_inst(to, last, self.copied.span);
        }
    }
    // ANCHOR_END: copy_blocks

    /// Makes room for a body's slots, callees, blocks and values.
    fn copy_tables(&mut self, body: &Function, call: Inst, at: Block) {
        self.copy_callees(body);
        let Splicing { function, copied, .. } = self;
        // Its tables may hold much that no block holds any more.
        let count = body.blocks.values().map(|data| data.insts.len()).sum();
        function.insts.reserve(count);
        function.results.reserve(count);
        function.spans.reserve(count);
        function.values.reserve(count);
        copied.slots = function.slots.len() as u32;
        copied.span = function.spans[call];
        copied.values.clear();
        copied.values.resize(body.values.len());
        copied.blocks.clear();
        for &ty in body.slots.values() {
            function.slots.push(ty);
        }
        let InstData::Call { args, .. } = function.insts[call] else {
            unreachable!("only calls are replaced")
        };
        let params = body.params(body.entry()).iter();
        for (index, &param) in params.enumerate() {
            let arg = args.get(index, &function.lists);
            copied.values[param] = arg.into();
        }
        copied.blocks[body.entry()] = at.into();
        for (block, data) in body.blocks.iter().skip(1) {
            if data.insts.is_empty() {
                continue;
            }
            let to = function.blocks.push(BlockData::default());
            copied.blocks[block] = to.into();
            for &param in body.params(block) {
                let ty = body.values[param].ty;
                let value = function.push_param(to, ty);
                copied.values[param] = value.into();
            }
        }
        copied.announce_results(function, body);
    }

    fn copy_callees(&mut self, body: &Function) {
        let Splicing { function, copied, .. } = self;
        copied.callees.clear();
        for data in body.callees.values() {
            let known = copied.names.entry(data.name.clone());
            let push = || function.callees.push(data.clone());
            copied.callees.push(*known.or_insert_with(push));
        }
    }

    /// Copies the instructions of a block but for the last, which is
    /// returned.
    // ANCHOR: copy_insts
    fn copy_insts(
        &mut self,
        body: &Function,
        from: Block,
        to: Block,
    ) -> InstData {
        let insts = &body.blocks[from].insts;
        let (&last, insts) = insts.split_last().expect("a terminator");
        self.function.blocks[to].insts.reserve(insts.len() + 1);
        for &inst in insts {
            let data = self.copy_data(body, &body.insts[inst]);
            let Splicing { function, copied, .. } = self;
            let result = body.results[inst].expand();
            let result = result.map(|result| copied.value(result));
            let inst = function.insts.push(data);
            function.results.push(result.into());
            function.spans.push(copied.span);
            function.blocks[to].insts.push(inst);
            if let Some(result) = result {
                function.values[result].def = ValueDef::Inst(inst);
            }
        }
        body.insts[last]
    }
    // ANCHOR_END: copy_insts

    /// An instruction of a body with the function's own values.
    fn copy_data(&mut self, body: &Function, data: &InstData) -> InstData {
        let Splicing { function, copied, .. } = self;
        let lists = &mut function.lists;
        let mut list = |list: &ValueList| {
            let values = list.as_slice(&body.lists).iter();
            let values = values.map(|&value| copied.value(value));
            ValueList::from_iter(values, lists)
        };
        let mut target = |target: &BlockCall| {
            let block = copied.blocks[target.block].expand();
            let block = block.expect("jumps lead to blocks that are there");
            BlockCall { block, args: list(&target.args) }
        };
        match *data {
            InstData::Const(_) | InstData::BoolConst(_) => *data,
            InstData::Binary { op, args } => {
                InstData::Binary { op, args: args.map(|v| copied.value(v)) }
            }
            InstData::Compare { condition, args } => {
                let args = args.map(|v| copied.value(v));
                InstData::Compare { condition, args }
            }
            InstData::FromBool(v) => InstData::FromBool(copied.value(v)),
            InstData::Select { condition, args } => InstData::Select {
                condition: copied.value(condition),
                args: args.map(|v| copied.value(v)),
            },
            InstData::Load(slot) => InstData::Load(copied.slot(slot)),
            InstData::Store { slot, value } => InstData::Store {
                slot: copied.slot(slot),
                value: copied.value(value),
            },
            InstData::Call { callee, args } => InstData::Call {
                callee: copied.callees[callee.index()],
                args: list(&args),
            },
            InstData::Jump(to) => InstData::Jump(target(&to)),
            InstData::Branch { condition, targets } => InstData::Branch {
                condition: copied.value(condition),
                targets: targets.map(|to| target(&to)),
            },
            InstData::Return(v) => InstData::Return(copied.value(v)),
        }
    }
}

impl Copied {
    fn value(&self, value: Value) -> Value {
        self.values[value].expand().expect("it is defined in the body")
    }

    fn slot(&self, slot: Slot) -> Slot {
        Slot::from_u32(self.slots + slot.as_u32())
    }

    /// Gives each result of the body a value: a block may use what a block
    /// further on in the table defines.
    fn announce_results(&mut self, function: &mut Function, body: &Function) {
        for data in body.blocks.values() {
            for &inst in &data.insts {
                if let Some(result) = body.results[inst].expand() {
                    let mut data = body.values[result];
                    data.def = ValueDef::Detached;
                    self.values[result] = function.values.push(data).into();
                }
            }
        }
    }
}

/// Whether a function could be the body of a call with so many arguments.
pub fn fits(body: &Function, args: usize) -> bool {
    let params = body.params(body.entry());
    params.len() == args
        && body.signature.result == Some(Type::F64)
        && params.iter().all(|&param| body.values[param].ty == Type::F64)
}
