//! The forward walk: a place for each operand and each result.

use super::moves::{Move, Place};
use super::registers::Registers;
use super::{Allocator, Loc, NEVER, Reg};
use crate::cancel::{self, Cancelled};
use crate::codegen::order::{Exit, Order};
use crate::ir::{Function, Inst, InstData, Type, Value};

/// Walks over the blocks in order. Each takes over the registers as its
/// predecessors leave them.
// ANCHOR: walk
pub(super) fn walk(
    a: &mut Allocator,
    function: &Function,
    order: &Order,
) -> Result<(), Cancelled> {
    let (regs, at, index) = (Registers::new(a.floats), 0, 0);
    let mut walk = Walk { a, function, order, regs, at, index };
    for (index, placed) in order.blocks.iter().enumerate() {
        walk.index = index;
        walk.at = placed.start;
        walk.enter_block();
        let insts = &function.blocks[placed.block].insts;
        for &inst in &insts[..insts.len() - 1] {
            walk.at += 1;
            cancel::check()?;
            if !walk.a.dead[inst] {
                walk.instruction(inst);
            }
        }
        walk.at = placed.end;
        walk.leave_block(&Exit::of(function, placed.block));
    }
    Ok(())
}
// ANCHOR_END: walk

/// The walk at one position.
// ANCHOR: Walk
pub(super) struct Walk<'w> {
    pub(super) a: &'w mut Allocator,
    pub(super) function: &'w Function,
    pub(super) order: &'w Order,
    pub(super) regs: Registers,
    /// The position of the walk.
    pub(super) at: u32,
    /// The index of its block.
    pub(super) index: usize,
}
// ANCHOR_END: Walk

impl Walk<'_> {
    /// Decides where an instruction finds its operands and puts its result.
    // ANCHOR: instruction
    fn instruction(&mut self, inst: Inst) {
        let function = self.function;
        match function.insts[inst] {
            InstData::Binary { op, args } => {
                self.two_operands(args, op.is_commutative());
            }
            InstData::Compare { args, .. } => self.two_operands(args, false),
            InstData::FromBool(value) => self.condition(value),
            InstData::Select { condition, args } => {
                self.select(condition, args);
            }
            InstData::Load(_) => {}
            InstData::Store { value, .. } => {
                self.take_use(value);
                self.in_register(value, 0);
            }
            InstData::Call { .. } => return self.call(inst),
            ref other => unreachable!("has no place here: {other:?}"),
        }
        function.visit_operands(inst, |value| self.drop_dead(value));
        if let Some(result) = function.results[inst].expand() {
            self.define(result);
        }
    }
    // ANCHOR_END: instruction

    /// The operands of an instruction that can read one of them from memory:
    /// the second, or either one.
    // ANCHOR: two_operands
    fn two_operands(&mut self, [a, b]: [Value; 2], either: bool) {
        self.take_use(a);
        self.take_use(b);
        let in_register = |value: Value| self.a.live[value].reg.expand();
        if either && in_register(a).is_none() && in_register(b).is_some() {
            let avoid = self.bit(b);
            self.in_place(a, avoid);
            self.in_register(b, 0);
        } else {
            let avoid = self.bit(b);
            self.in_register(a, avoid);
            self.in_place(b, self.bit(a));
        }
    }
    // ANCHOR_END: two_operands

    /// A choice: its condition, then its operands, which may be in memory.
    /// Consumes their uses.
    fn select(&mut self, condition: Value, [a, b]: [Value; 2]) {
        self.condition(condition);
        let avoid = self.bit(condition);
        self.take_use(a);
        self.in_place(a, avoid);
        self.take_use(b);
        self.in_place(b, avoid | self.bit(a));
    }

    /// A truth value that decides: in the flags, or in a register. Consumes
    /// its use.
    pub(super) fn condition(&mut self, value: Value) {
        self.take_use(value);
        match self.a.live[value].fused {
            true => self.a.allocation.locs.push(Loc::Flags),
            false => self.in_register(value, 0),
        }
    }

    /// Consumes one use: from now on, `next_use` is the one after it. Called
    /// once for each operand, in the order in which `visit_operands` has them.
    pub(super) fn take_use(&mut self, value: Value) {
        let next = self.a.next_uses.pop();
        self.a.live[value].next_use = next.expect("as many as operands");
    }

    /// The bit of the register that a value is in; 0 if it is in none.
    fn bit(&self, value: Value) -> u32 {
        self.a.live[value].reg.expand().map_or(0, Reg::bit)
    }

    /// An operand that must be in a register; it is loaded if need be.
    // ANCHOR: in_register
    fn in_register(&mut self, value: Value, avoid: u32) {
        let reg = match self.a.live[value].reg.expand() {
            Some(reg) => reg,
            None => self.load(value, avoid),
        };
        self.a.allocation.locs.push(Loc::Reg(reg));
    }
    // ANCHOR_END: in_register

    /// An operand that may be in memory. It is loaded only if that saves
    /// another access, before the next call makes registers forget.
    // ANCHOR: in_place
    fn in_place(&mut self, value: Value, avoid: u32) {
        let ty = self.function.values[value].ty;
        let loc = match self.a.live[value].reg.expand() {
            Some(reg) => Loc::Reg(reg),
            None if self.is_used_before_call(value)
                && self.regs.free(ty, avoid).is_some() =>
            {
                Loc::Reg(self.load(value, avoid))
            }
            None => {
                self.a.need_home(value);
                Loc::Home(value)
            }
        };
        self.a.allocation.locs.push(loc);
    }
    // ANCHOR_END: in_place

    /// Whether a value is used again before the next call, so that keeping it
    /// in a register is of use.
    pub(super) fn is_used_before_call(&self, value: Value) -> bool {
        let next = self.a.live[value].next_use;
        next != NEVER && self.a.calls.last().is_none_or(|&call| next <= call)
    }

    /// Moves a value from its home to a register.
    // ANCHOR: load
    fn load(&mut self, value: Value, avoid: u32) -> Reg {
        let ty = self.function.values[value].ty;
        let reg = self.room(ty, avoid);
        self.a.need_home(value);
        self.regs.put(reg, value, &mut self.a.live);
        let (from, to) = (Place::Home(value), Place::Reg(reg));
        self.a.allocation.moves.push((self.at, Move { from, to, ty }));
        reg
    }
    // ANCHOR_END: load

    /// A free register; the value that is needed last makes room for it.
    // ANCHOR: room
    fn room(&mut self, class: Type, avoid: u32) -> Reg {
        if let Some(free) = self.regs.free(class, avoid) {
            return free;
        }
        let reg = self.regs.farthest(class, avoid, &self.a.live);
        self.regs.forget(reg, &mut self.a.live);
        reg
    }
    // ANCHOR_END: room

    /// Frees the register of a value that is not used again.
    // ANCHOR: drop_dead
    fn drop_dead(&mut self, value: Value) {
        let live = &self.a.live[value];
        if let (NEVER, Some(reg)) = (live.next_use, live.reg.expand()) {
            self.regs.forget(reg, &mut self.a.live);
        }
    }
    // ANCHOR_END: drop_dead

    /// Finds a register for a result, unless it stays in the flags.
    // ANCHOR: define
    fn define(&mut self, result: Value) {
        if self.a.live[result].fused {
            return self.a.allocation.locs.push(Loc::Flags);
        }
        let ty = self.function.values[result].ty;
        let preferred = self.preferred(result, ty);
        let reg = preferred
            .filter(|&reg| self.can_have(reg))
            .unwrap_or_else(|| self.room(ty, 0));
        self.regs.forget(reg, &mut self.a.live);
        self.regs.put(reg, result, &mut self.a.live);
        self.a.allocation.locs.push(Loc::Reg(reg));
    }
    // ANCHOR_END: define

    /// Whether a register is free, or holds what the next call will make it
    /// forget anyway.
    fn can_have(&self, reg: Reg) -> bool {
        match self.regs.value(reg) {
            Some(value) => !self.is_used_before_call(value),
            None => true,
        }
    }
}
