//! The backward pass: for each operand, where its value is used next.
//!
//! Seen from the end of the function, the use that was met last is the next
//! one. A value that is defined before a loop and used inside it is needed
//! again in the next round, so it lives to the loop's end at least.

use super::{Allocator, Home, NEVER, exit_operands};
use crate::codegen::order::{Exit, Order};
use crate::ir::{Function, Inst, InstData, Value};

/// Fills in `next_uses`, `calls`, `dead`, the homes of constants, and what
/// there is to know of each value before the walk begins.
pub(super) fn find(a: &mut Allocator, function: &Function, order: &Order) {
    let mut operands = std::mem::take(&mut a.operands);
    for placed in &order.blocks {
        a.define_all(function, placed.block, placed.start);
        if a.tuning.preload {
            a.note_calls(function, placed);
        }
    }
    for (index, placed) in order.blocks.iter().enumerate().rev() {
        let exit = Exit::of(function, placed.block);
        exit_operands(function, &exit, &mut operands);
        a.use_all(order, index, placed.end, &operands);
        let insts = &function.blocks[placed.block].insts;
        let (&last, body) = insts.split_last().expect("a terminator");
        let mut awaited = self::awaited(function, last);
        if a.tuning.next_round {
            a.note_arguments(function, order, index, &exit);
        }
        let mut position = placed.end;
        for &inst in body.iter().rev() {
            position -= 1;
            // ANCHOR: await_flags
            if !a.is_needed(function, inst, awaited) {
                a.dead[inst] = true;
                continue;
            }
            if !(a.tuning.keep_flags && keeps_flags(function, inst)) {
                awaited = self::awaited(function, inst);
            }
            // ANCHOR_END: await_flags
            operands.clear();
            function.visit_operands(inst, |value| operands.push(value));
            a.use_all(order, index, position, &operands);
            if a.tuning.preload {
                a.note_reads(order, index, &operands);
            }
            if let InstData::Call { .. } = function.insts[inst] {
                a.calls.push(position);
            }
        }
    }
    a.operands = operands;
    a.rounds.finish();
}

/// The truth value that an instruction looks at, which a comparison before it
/// may leave in the flags.
// ANCHOR: awaited
fn awaited(function: &Function, inst: Inst) -> Option<Value> {
    match function.insts[inst] {
        InstData::Branch { condition, .. }
        | InstData::Select { condition, .. }
        | InstData::FromBool(condition) => Some(condition),
        _ => None,
    }
}
// ANCHOR_END: awaited

/// Whether the flags survive an instruction.
// ANCHOR: keeps_flags
fn keeps_flags(function: &Function, inst: Inst) -> bool {
    matches!(
        function.insts[inst],
        InstData::Binary { .. } | InstData::Load(_) | InstData::Store { .. }
    )
}
// ANCHOR_END: keeps_flags

impl Allocator {
    fn define_all(
        &mut self,
        function: &Function,
        block: crate::ir::Block,
        start: u32,
    ) {
        for &param in function.params(block) {
            self.live[param].defined = start;
        }
        let mut position = start;
        for &inst in &function.blocks[block].insts {
            position += 1;
            let Some(result) = function.results[inst].expand() else {
                continue;
            };
            self.live[result].defined = position;
            if let InstData::Const(_) | InstData::BoolConst(_) =
                function.insts[inst]
            {
                self.allocation.homes[result] = Home::Constant;
            }
        }
    }

    /// Records the operands of the instruction at `position`, last to first.
    fn use_all(
        &mut self,
        order: &Order,
        index: usize,
        position: u32,
        operands: &[Value],
    ) {
        for &value in operands.iter().rev() {
            let live = &mut self.live[value];
            let mut after = live.next_use;
            if after == NEVER {
                let end = match self.allocation.homes[value] {
                    Home::Constant if self.tuning.preload => {
                        self.rounds.end(order, index)
                    }
                    _ => order.loop_end(index, live.defined),
                };
                after = end.filter(|&end| end > position).unwrap_or(NEVER);
                live.last_use = live.last_use.max(after).max(position);
            }
            self.next_uses.push(after);
            live.next_use = position;
            live.uses += 1;
        }
    }

    /// Whether an instruction must be executed: for its effect, or because
    /// its result is used. A comparison that only the instruction uses which
    /// awaits its result in the flags is marked.
    fn is_needed(
        &mut self,
        function: &Function,
        inst: Inst,
        awaited: Option<Value>,
    ) -> bool {
        let data = &function.insts[inst];
        let Some(result) = function.results[inst].expand() else {
            return true;
        };
        let live = &mut self.live[result];
        if live.next_use == NEVER {
            return matches!(data, InstData::Call { .. });
        }
        if let InstData::Compare { .. } = data {
            live.fused = awaited == Some(result) && live.uses == 1;
        }
        // A constant is had from the code where it is used.
        !matches!(data, InstData::Const(_) | InstData::BoolConst(_))
    }
}
