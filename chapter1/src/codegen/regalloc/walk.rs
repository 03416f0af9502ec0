//! The forward walk: a place for each operand and each result.

use super::moves::{Move, Place};
use super::registers::Registers;
use super::{Allocator, Loc, NEVER, Reg};
use crate::cancel::{self, Cancelled};
use crate::codegen::abi::{self, Passed};
use crate::codegen::order::{Exit, Order};
use crate::ir::{Function, Inst, InstData, Type, Value};

/// Walks over the blocks in order. Each takes over the registers as its
/// predecessors leave them.
pub(super) fn walk(
    a: &mut Allocator,
    function: &Function,
    order: &Order,
) -> Result<(), Cancelled> {
    let mut walk = Walk {
        a,
        function,
        order,
        regs: Registers::default(),
        at: 0,
        index: 0,
    };
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

impl Walk<'_> {
    fn instruction(&mut self, inst: Inst) {
        match self.function.insts[inst] {
            InstData::Const(_) | InstData::BoolConst(_) => {
                unreachable!("constants have no code of their own")
            }
            InstData::Binary { op, args } => {
                self.two_operands(args, op.is_commutative());
                self.define(inst);
            }
            InstData::Compare { args, .. } => {
                self.two_operands(args, false);
                self.define(inst);
            }
            InstData::FromBool(value) => {
                self.condition(value);
                self.drop_dead(&[value]);
                self.define(inst);
            }
            InstData::Select { condition, args } => {
                self.condition(condition);
                let avoid = self.bit(condition);
                self.in_place(args[0], avoid);
                self.in_place(args[1], avoid | self.bit(args[0]));
                self.drop_dead(&[condition, args[0], args[1]]);
                self.define(inst);
            }
            InstData::Load(_) => self.define(inst),
            InstData::Store { value, .. } => {
                self.take_use(value);
                self.in_register(value, 0);
                self.drop_dead(&[value]);
            }
            InstData::Call { .. } => self.call(inst),
            InstData::Jump(_)
            | InstData::Branch { .. }
            | InstData::Return(_) => unreachable!("an exit"),
        }
    }

    /// The operands of an instruction that can read one of them from memory:
    /// the second, or either one.
    fn two_operands(&mut self, [a, b]: [Value; 2], either: bool) {
        self.take_use(a);
        self.take_use(b);
        let in_register = |value: Value| self.a.live[value].reg.expand();
        if either && in_register(a).is_none() && in_register(b).is_some() {
            let avoid = self.bit(b);
            self.in_place_taken(a, avoid);
            self.in_register(b, 0);
        } else {
            let avoid = self.bit(b);
            self.in_register(a, avoid);
            self.in_place_taken(b, self.bit(a));
        }
        self.drop_dead(&[a, b]);
    }

    /// A truth value that decides: in the flags, or in a register.
    pub(super) fn condition(&mut self, value: Value) {
        self.take_use(value);
        match self.a.live[value].fused {
            true => self.a.allocation.locs.push(Loc::Flags),
            false => self.in_register(value, 0),
        }
    }

    fn in_place(&mut self, value: Value, avoid: u32) {
        self.take_use(value);
        self.in_place_taken(value, avoid);
    }

    /// Consumes one use: what is next is the one after it.
    pub(super) fn take_use(&mut self, value: Value) {
        let next = self.a.next_uses.pop();
        self.a.live[value].next_use = next.expect("as many as operands");
    }

    /// The bit of the register that a value is in.
    fn bit(&self, value: Value) -> u32 {
        self.a.live[value].reg.expand().map_or(0, Reg::bit)
    }

    /// An operand that must be in a register; it is loaded if need be.
    fn in_register(&mut self, value: Value, avoid: u32) {
        let reg = match self.a.live[value].reg.expand() {
            Some(reg) => reg,
            None => self.load(value, avoid),
        };
        self.a.allocation.locs.push(Loc::Reg(reg));
    }

    /// An operand that may be in memory. It is loaded only if that saves
    /// another access, before the next call makes registers forget.
    fn in_place_taken(&mut self, value: Value, avoid: u32) {
        let live = &self.a.live[value];
        let class = self.function.values[value].ty;
        let loc = match live.reg.expand() {
            Some(reg) => Loc::Reg(reg),
            None if self.is_used_before_call(value)
                && self.regs.free(class, avoid).is_some() =>
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

    pub(super) fn is_used_before_call(&self, value: Value) -> bool {
        let next = self.a.live[value].next_use;
        next != NEVER && self.a.calls.last().is_none_or(|&call| next <= call)
    }

    /// Moves a value from its home to a register.
    fn load(&mut self, value: Value, avoid: u32) -> Reg {
        let ty = self.function.values[value].ty;
        let reg = self.room(ty, avoid);
        self.a.need_home(value);
        self.regs.put(reg, value, &mut self.a.live);
        let (from, to) = (Place::Home(value), Place::Reg(reg));
        self.a.allocation.moves.push((self.at, Move { from, to, ty }));
        reg
    }

    /// A free register; the value that is needed last makes room for it.
    fn room(&mut self, class: Type, avoid: u32) -> Reg {
        self.regs.free(class, avoid).unwrap_or_else(|| {
            let reg = self.regs.farthest(class, avoid, &self.a.live);
            self.regs.forget(reg, &mut self.a.live);
            reg
        })
    }

    /// Frees the registers of values that are not used again.
    fn drop_dead(&mut self, operands: &[Value]) {
        for &value in operands {
            let live = &self.a.live[value];
            if let (NEVER, Some(reg)) = (live.next_use, live.reg.expand()) {
                self.regs.forget(reg, &mut self.a.live);
            }
        }
    }

    /// Finds a register for the result.
    fn define(&mut self, inst: Inst) {
        let result = self.function.results[inst].expand();
        let result = result.expect("the instruction yields a value");
        let loc = match self.a.live[result].fused {
            true => Loc::Flags,
            false => {
                let ty = self.function.values[result].ty;
                let reg = self
                    .preferred(result, ty)
                    .filter(|&reg| self.can_have(reg))
                    .unwrap_or_else(|| self.room(ty, 0));
                self.regs.forget(reg, &mut self.a.live);
                self.regs.put(reg, result, &mut self.a.live);
                Loc::Reg(reg)
            }
        };
        self.a.allocation.locs.push(loc);
    }

    /// Whether a register is free, or holds what the next call will make it
    /// forget anyway.
    fn can_have(&self, reg: Reg) -> bool {
        match self.regs.value(reg) {
            Some(value) => !self.is_used_before_call(value),
            None => true,
        }
    }

    /// Where the next use would like to find the value: a call in the
    /// register of an argument, a return in that of the result.
    fn preferred(&self, value: Value, ty: Type) -> Option<Reg> {
        let next = self.a.live[value].next_use;
        let placed = &self.order.blocks[self.index];
        if next == placed.end {
            return match Exit::of(self.function, placed.block) {
                Exit::Return(_) => Some(abi::result(ty)),
                _ => None,
            };
        }
        if next > placed.end || self.a.calls.last() != Some(&next) {
            return None;
        }
        let inst = self.order.inst_at(self.function, self.index, next);
        let InstData::Call { args, .. } = self.function.insts[inst] else {
            return None;
        };
        let args = args.as_slice(&self.function.lists);
        let types = args.iter().map(|&arg| self.function.values[arg].ty);
        let mut passed = abi::passed(types);
        let index = args.iter().take(16).position(|&arg| arg == value)?;
        match passed.nth(index) {
            Some(Passed::Reg(reg)) => Some(reg),
            _ => None,
        }
    }

    fn call(&mut self, inst: Inst) {
        let InstData::Call { args, .. } = self.function.insts[inst] else {
            unreachable!("a call")
        };
        let args = args.as_slice(&self.function.lists);
        for &arg in args {
            self.take_use(arg);
        }
        self.pass_arguments(args);
        self.regs.forget_all(&mut self.a.live);
        self.a.calls.pop();
        self.a.allocation.calls = true;
        if let Some(result) = self.function.results[inst].expand() {
            let loc = match self.a.live[result].next_use {
                NEVER => Loc::None,
                _ => {
                    let ty = self.function.values[result].ty;
                    let reg = abi::result(ty);
                    self.regs.put(reg, result, &mut self.a.live);
                    Loc::Reg(reg)
                }
            };
            self.a.allocation.locs.push(loc);
        }
    }

    /// Locates the arguments that go to the stack, and moves the others to
    /// their registers.
    fn pass_arguments(&mut self, args: &[Value]) {
        let types = args.iter().map(|&arg| self.function.values[arg].ty);
        for (&arg, passed) in args.iter().zip(abi::passed(types)) {
            let from = match self.a.live[arg].reg.expand() {
                Some(reg) => Place::Reg(reg),
                None => {
                    self.a.need_home(arg);
                    Place::Home(arg)
                }
            };
            match passed {
                Passed::Reg(to) => {
                    let ty = self.function.values[arg].ty;
                    self.a.parallel.add(from, Place::Reg(to), ty);
                }
                Passed::Stack(index) => {
                    let out = &mut self.a.allocation;
                    out.outgoing = out.outgoing.max(index + 1);
                    out.locs.push(match from {
                        Place::Reg(reg) => Loc::Reg(reg),
                        Place::Home(value) => Loc::Home(value),
                    });
                }
            }
        }
        let Allocator { parallel, allocation, .. } = &mut *self.a;
        let moves = &mut allocation.moves;
        parallel.resolve(&allocation.homes, |m| moves.push((self.at, m)));
    }
}
