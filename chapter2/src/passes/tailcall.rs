//! Self tail calls become jumps: a function whose last act is to call itself
//! begins anew instead, with other arguments, in the same frame.
//!
//! Nothing may jump to the entry, so the function's text moves to a new
//! block, whose parameters are what the entry's were; the entry jumps there,
//! and so does each call in the last place. A call is in the last place if
//! its result is returned at once, or passed on and on by blocks that do
//! nothing else until one returns it, as the blocks behind an `if` do. Which
//! blocks do nothing else is found in one sweep, so that a deep nest of such
//! blocks is not followed again for each call.
//!
//! The idea is Steele's, *Debunking the "Expensive Procedure Call" Myth*
//! (1977): a call in the last place is a `goto` that passes arguments.

use super::{Changed, Pass};
use crate::analysis::Analyses;
use crate::edit::{self, Replacements};
use chapter1::ir::{
    Block, BlockCall, BlockData, CalleeKind, ControlFlow, Function, Inst,
    InstData, Value, ValueDef, ValueList,
};
use chapter1::span::Span;
use cranelift_entity::SecondaryMap;

/// The pass.
pub struct TailCall;

impl Pass for TailCall {
    fn name(&self) -> &'static str {
        "tailcall"
    }

    fn summary(&self) -> &'static str {
        "self tail calls become loops"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        if !function.callees.values().any(|it| *it.name == *function.name) {
            return Changed::Nothing;
        }
        let flow = analyses.flow(function);
        let calls = tail_calls(function, &flow);
        if calls.is_empty() {
            return Changed::Nothing;
        }
        let header = make_header(function);
        for (block, index) in calls {
            call_to_jump(function, block, index, header);
        }
        edit::remove_unreachable(function, &ControlFlow::compute(function));
        Changed::ControlFlow
    }
}

/// What a block returns that does nothing else.
#[derive(Clone, Copy)]
// ANCHOR: Returned
enum Returned {
    /// What it was passed for this parameter.
    Param(usize),
    /// This value, on whatever way it was reached.
    Value(Value),
}
// ANCHOR_END: Returned

/// The calls in the last place: their blocks, and their places in them.
// ANCHOR: tail_calls
fn tail_calls(function: &Function, flow: &ControlFlow) -> Vec<(Block, usize)> {
    let mut returned: SecondaryMap<Block, Option<Returned>> =
        SecondaryMap::new();
    let mut calls = Vec::new();
    // A block stands before its successors, except at the end of a loop;
    // blocks that only lead to each other return nothing.
    for &block in flow.reverse_postorder().iter().rev() {
        let last = function.terminator(block);
        let Some(value) = result_of(function, last, &returned) else {
            continue;
        };
        if let [_] = function.blocks[block].insts[..] {
            returned[block] = Some(match function.values[value].def {
                ValueDef::Param(of, index) if of == block => {
                    Returned::Param(index as usize)
                }
                _ => Returned::Value(value),
            });
        } else if let Some(index) = tail_call(function, block, value) {
            calls.push((block, index));
        }
    }
    calls
}
// ANCHOR_END: tail_calls

/// What is returned if this instruction ends a block and nothing else happens
/// after it.
fn result_of(
    function: &Function,
    last: Inst,
    returned: &SecondaryMap<Block, Option<Returned>>,
) -> Option<Value> {
    match &function.insts[last] {
        InstData::Return(value) => Some(*value),
        InstData::Jump(target) => Some(match returned[target.block]? {
            Returned::Param(index) => function.args(target)[index],
            Returned::Value(value) => value,
        }),
        _ => None,
    }
}

/// The place of the call in a block which returns `value` at its end: the
/// last call, if `value` is its result, and nothing is stored after it.
// ANCHOR: tail_call
fn tail_call(function: &Function, block: Block, value: Value) -> Option<usize> {
    let insts = &function.blocks[block].insts;
    let has_effect = |&inst: &Inst| {
        let data = &function.insts[inst];
        matches!(data, InstData::Call { .. } | InstData::Store { .. })
    };
    let index = insts.iter().rposition(has_effect)?;
    let InstData::Call { callee, .. } = function.insts[insts[index]] else {
        return None;
    };
    let callee = &function.callees[callee];
    let is_self = callee.name == function.name
        && callee.kind == CalleeKind::Function
        && callee.signature == function.signature;
    let is_result = function.values[value].def == ValueDef::Inst(insts[index]);
    (is_self && is_result).then_some(index)
}
// ANCHOR_END: tail_call

/// Moves the entry's instructions to a new block with the same parameters,
/// and makes the entry jump there.
fn make_header(function: &mut Function) -> Block {
    let entry = function.entry();
    let insts = std::mem::take(&mut function.blocks[entry].insts);
    let params = ValueList::new();
    let header = function.blocks.push(BlockData { params, insts });
    let params = function.params(entry).to_vec();
    let mut replacements = Replacements::default();
    for &param in &params {
        let ty = function.values[param].ty;
        replacements.replace(param, function.push_param(header, ty));
    }
    replacements.apply(function);
    let args = ValueList::from_slice(&params, &mut function.lists);
    let jump = InstData::Jump(BlockCall { block: header, args });
    function.push_inst(entry, jump, Span::default());
    header
}

/// Ends a block with a jump in place of the call.
fn call_to_jump(
    function: &mut Function,
    block: Block,
    index: usize,
    header: Block,
) {
    // The call of the entry is in the header now.
    let block = if block == function.entry() { header } else { block };
    let call = function.blocks[block].insts[index];
    let InstData::Call { args, .. } = function.insts[call] else {
        unreachable!("a call")
    };
    edit::cut(function, block, index);
    let jump = InstData::Jump(BlockCall { block: header, args });
    function.push_inst(block, jump, function.spans[call]);
}

#[cfg(test)]
mod tests;
