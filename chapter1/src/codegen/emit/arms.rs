//! One method for each kind of instruction in the IR.

use super::moves::slot_offset;
use super::operand::Operand;
use super::{Emitter, Fixup, Flags, symbol};
use crate::codegen::abi::{self, Passed};
use crate::codegen::regalloc::{Loc, Reg};
use crate::ir::{BinaryOp, Callee, FloatCondition, Inst, Slot, Type, Value};
use crate::link::EdgeKind;

impl Emitter<'_> {
    /// Arithmetic. One operand is in a register: the first, unless the two
    /// may change places.
    // ANCHOR: binary
    pub(super) fn binary(&mut self, op: BinaryOp) {
        let (mut a, mut b) = (self.loc(), self.loc());
        if !matches!(a, Loc::Reg(_)) {
            debug_assert!(op.is_commutative());
            (a, b) = (b, a);
        }
        let to = self.reg();
        let Loc::Reg(a) = a else { unreachable!("both in memory") };
        let b = self.operand(b);
        self.asm.arithmetic(op, to, a, b);
        self.link_constant();
    }
    // ANCHOR_END: binary

    /// A comparison, whose result may stay in the flags.
    // ANCHOR: compare
    pub(super) fn compare(&mut self, condition: FloatCondition) {
        let (a, b) = (self.reg(), self.loc());
        let b = self.operand(b);
        self.asm.compare(a, b);
        self.link_constant();
        self.flags = flags(condition);
        if let Loc::Reg(to) = self.loc() {
            self.asm.bool_from_flags(to, self.flags);
        }
    }
    // ANCHOR_END: compare

    /// A truth value, which may be in the flags, as a number.
    pub(super) fn number_from_bool(&mut self) {
        let from = match self.loc() {
            Loc::Reg(reg) => reg,
            _ => {
                self.asm.bool_from_flags(Reg::GPR_SCRATCH, self.flags);
                Reg::GPR_SCRATCH
            }
        };
        let to = self.reg();
        self.asm.number_from_bool(to, from);
    }

    /// One of two values. One of them is put where the result goes, and a
    /// jump skips the copy of the other one.
    pub(super) fn select(&mut self, [a, b]: [Value; 2]) {
        if let Loc::Reg(condition) = self.loc() {
            self.asm.test_bool(condition);
            self.flags = Flags::NotEqual;
        }
        let (a_at, b_at) = (self.loc(), self.loc());
        let to = self.reg();
        let done = self.asm.buffer.new_label();
        if a_at == Loc::Reg(to) {
            self.asm.buffer.jump(Some(self.flags), done);
            self.copy(to, b, b_at);
        } else {
            if b_at != Loc::Reg(to) {
                self.copy(to, b, b_at);
            }
            self.asm.buffer.jump(Some(self.flags.negated()), done);
            self.copy(to, a, a_at);
        }
        self.asm.buffer.bind(done);
    }

    /// The contents of a stack slot.
    pub(super) fn load_slot(&mut self, slot: Slot) {
        let to = self.reg();
        let from = Operand::Frame(slot_offset(slot.as_u32()));
        match self.function.slots[slot] {
            Type::F64 => self.asm.load(to, from),
            Type::Bool => self.asm.load_bool(to, from),
        }
    }

    /// Puts those arguments in place that are passed on the stack.
    pub(super) fn stack_arguments(&mut self, args: &[Value]) {
        let types = args.iter().map(|&arg| self.function.values[arg].ty);
        for (&arg, passed) in args.iter().zip(abi::passed(types)) {
            let Passed::Stack(index) = passed else { continue };
            let offset = 8 * index as i32 - self.frame;
            match self.loc() {
                Loc::Reg(reg) => self.store(offset, reg),
                _ => self.copy_memory(arg, offset),
            }
        }
    }

    /// A call. Where the callee is, the linker knows.
    // ANCHOR: call
    pub(super) fn call(&mut self, callee: Callee) {
        let index = callee.as_u32() as usize;
        let target = *self.callees[index].get_or_insert_with(|| {
            let callee = &self.function.callees[callee];
            let params = callee.signature.params.len();
            symbol(self.names, &callee.name, params, self.graph)
        });
        self.make_room(callee);
        self.asm.call();
        let end = self.asm.buffer.here();
        let kind = EdgeKind::Branch32;
        self.fixups.push(Fixup { end, kind, target, addend: 0 });
    }
    // ANCHOR_END: call

    /// Makes the function's call of itself as long as one through a pointer,
    /// if it is to be so.
    fn make_room(&mut self, callee: Callee) {
        let callee = &self.function.callees[callee].name;
        let is_self = *callee == self.function.name;
        if is_self && self.allocator.tuning().wide_self_calls {
            self.asm.make_room();
        }
    }

    /// What a call returns, if anybody wants it.
    pub(super) fn call_result(&mut self, inst: Inst) {
        let Some(result) = self.function.results[inst].expand() else {
            return;
        };
        if let Loc::Reg(reg) = self.loc() {
            if reg.class() == Type::Bool {
                self.asm.extend_bool(reg);
            }
            self.store_home(result);
        }
    }
}

/// The flags that say whether a comparison holds.
fn flags(condition: FloatCondition) -> Flags {
    match condition {
        FloatCondition::Ult => Flags::Below,
        FloatCondition::Oge => Flags::AboveOrEqual,
        FloatCondition::One => Flags::NotEqual,
        FloatCondition::Ueq => Flags::Equal,
    }
}
