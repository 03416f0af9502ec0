//! Instructions with their operands: which bytes they are made of is
//! dynasm's business, which form fits is ours.

#![expect(
    clippy::useless_conversion,
    reason = "dynasm converts operands, whatever type they have"
)]

use super::buffer::{Buffer, Flags};
use crate::codegen::regalloc::Reg;
use crate::codegen::target::Target;
use crate::ir::BinaryOp;
use dynasmrt::{DynasmApi, dynasm};

/// A source operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A register.
    Reg(Reg),
    /// Memory, so many bytes from the frame pointer.
    Frame(i32),
    /// Memory at an address that the linker fills in: the last four bytes
    /// of the instruction.
    Linked,
}

/// Emits an instruction on numbers, in the form that its last operand asks
/// for.
// ANCHOR: instruction_macro
macro_rules! instruction {
    ($buffer:expr, $op:ident $(, $reg:expr)*; $operand:expr) => {
        match $operand {
            Operand::Reg(reg) => dynasm!($buffer
                ; .arch x64
                ; $op $(Rx($reg.encoding()),)* Rx(reg.encoding())),
            Operand::Frame(offset) => match i8::try_from(offset) {
                Ok(offset) => dynasm!($buffer
                    ; .arch x64
                    ; $op $(Rx($reg.encoding()),)*
                        QWORD [BYTE rbp + offset]),
                Err(_) => dynasm!($buffer
                    ; .arch x64
                    ; $op $(Rx($reg.encoding()),)* QWORD [rbp + offset]),
            },
            Operand::Linked => dynasm!($buffer
                ; .arch x64
                ; $op $(Rx($reg.encoding()),)* QWORD [rip + 0]),
        }
    };
}
// ANCHOR_END: instruction_macro

/// Appends instructions to a buffer, for a target.
pub struct Encoder<'b> {
    /// The buffer.
    pub buffer: &'b mut Buffer,
    /// Which instructions may be used.
    pub target: Target,
}

impl Encoder<'_> {
    /// `to = a op b`.
    // ANCHOR: arithmetic
    pub fn arithmetic(&mut self, op: BinaryOp, to: Reg, a: Reg, b: Operand) {
        let buffer = &mut *self.buffer;
        if self.target.avx {
            return match op {
                BinaryOp::Add => instruction!(buffer, vaddsd, to, a; b),
                BinaryOp::Sub => instruction!(buffer, vsubsd, to, a; b),
                BinaryOp::Mul => instruction!(buffer, vmulsd, to, a; b),
                BinaryOp::Div => instruction!(buffer, vdivsd, to, a; b),
            };
        }
        // Two operands: `to` is read as well as written.
        let b = match b {
            Operand::Reg(b) if b == to && a != to => {
                if op.is_commutative() {
                    return self.in_place(op, to, Operand::Reg(a));
                }
                self.load(Reg::XMM_SCRATCH, Operand::Reg(b));
                Operand::Reg(Reg::XMM_SCRATCH)
            }
            _ => b,
        };
        self.copy(to, a);
        self.in_place(op, to, b);
    }
    // ANCHOR_END: arithmetic

    /// `to = to op b`, in SSE2 form.
    fn in_place(&mut self, op: BinaryOp, to: Reg, b: Operand) {
        let buffer = &mut *self.buffer;
        match op {
            BinaryOp::Add => instruction!(buffer, addsd, to; b),
            BinaryOp::Sub => instruction!(buffer, subsd, to; b),
            BinaryOp::Mul => instruction!(buffer, mulsd, to; b),
            BinaryOp::Div => instruction!(buffer, divsd, to; b),
        }
    }

    /// Compares two numbers; the result is in the flags. Unordered operands
    /// compare as below and as equal.
    pub fn compare(&mut self, a: Reg, b: Operand) {
        let buffer = &mut *self.buffer;
        match self.target.avx {
            true => instruction!(buffer, vucomisd, a; b),
            false => instruction!(buffer, ucomisd, a; b),
        }
    }

    /// Copies a number between registers, unless they are the same.
    pub fn copy(&mut self, to: Reg, from: Reg) {
        if to != from {
            self.load(to, Operand::Reg(from));
        }
    }

    /// Loads a number.
    pub fn load(&mut self, to: Reg, from: Operand) {
        let buffer = &mut *self.buffer;
        match (self.target.avx, from) {
            // Copies the whole register: that need not wait for its upper
            // half, as a copy of the lower half would.
            (true, Operand::Reg(from)) => dynasm!(buffer
                ; .arch x64
                ; vmovaps Rx(to.encoding()), Rx(from.encoding())),
            (false, Operand::Reg(from)) => dynasm!(buffer
                ; .arch x64
                ; movaps Rx(to.encoding()), Rx(from.encoding())),
            (true, from) => instruction!(buffer, vmovq, to; from),
            (false, from) => instruction!(buffer, movq, to; from),
        }
    }

    /// Stores a number.
    pub fn store(&mut self, offset: i32, from: Reg) {
        let buffer = &mut *self.buffer;
        let from = from.encoding();
        match (self.target.avx, i8::try_from(offset)) {
            (true, Ok(offset)) => dynasm!(buffer
                ; .arch x64
                ; vmovsd QWORD [BYTE rbp + offset], Rx(from)),
            (true, Err(_)) => dynasm!(buffer
                ; .arch x64
                ; vmovsd QWORD [rbp + offset], Rx(from)),
            (false, Ok(offset)) => dynasm!(buffer
                ; .arch x64
                ; movsd QWORD [BYTE rbp + offset], Rx(from)),
            (false, Err(_)) => dynasm!(buffer
                ; .arch x64
                ; movsd QWORD [rbp + offset], Rx(from)),
        }
    }

    /// `to = 0.0`.
    pub fn zero(&mut self, to: Reg) {
        let buffer = &mut *self.buffer;
        let to = to.encoding();
        match self.target.avx {
            true => dynasm!(buffer
                ; .arch x64
                ; vxorps Rx(to), Rx(to), Rx(to)),
            false => dynasm!(buffer ; .arch x64 ; xorps Rx(to), Rx(to)),
        }
    }

    /// A truth value as a number. The flags survive.
    pub fn number_from_bool(&mut self, to: Reg, from: Reg) {
        // The conversion keeps the upper half of its target; without the
        // zeroing it would wait for whatever was there before.
        self.zero(to);
        let buffer = &mut *self.buffer;
        let (to, from) = (to.encoding(), from.encoding());
        match self.target.avx {
            true => dynasm!(buffer
                ; .arch x64
                ; vcvtsi2sd Rx(to), Rx(to), Rd(from)),
            false => dynasm!(buffer
                ; .arch x64
                ; cvtsi2sd Rx(to), Rd(from)),
        }
    }

    /// The truth of a condition of the flags.
    pub fn bool_from_flags(&mut self, to: Reg, flags: Flags) {
        let buffer = &mut *self.buffer;
        let byte = to.encoding();
        match flags {
            Flags::Below => dynasm!(buffer ; .arch x64 ; setb Rb(byte)),
            Flags::AboveOrEqual => {
                dynasm!(buffer ; .arch x64 ; setae Rb(byte));
            }
            Flags::Equal => dynasm!(buffer ; .arch x64 ; sete Rb(byte)),
            Flags::NotEqual => dynasm!(buffer ; .arch x64 ; setne Rb(byte)),
        }
        self.extend_bool(to);
    }

    /// Clears all but the lowest byte: no more is promised of a truth value
    /// that comes from elsewhere.
    pub fn extend_bool(&mut self, reg: Reg) {
        let buffer = &mut *self.buffer;
        let reg = reg.encoding();
        dynasm!(buffer ; .arch x64 ; movzx Rd(reg), Rb(reg));
    }

    /// Sets the flags by a truth value: not equal if it is true.
    pub fn test_bool(&mut self, reg: Reg) {
        let buffer = &mut *self.buffer;
        let reg = reg.encoding();
        dynasm!(buffer ; .arch x64 ; test Rd(reg), Rd(reg));
    }

    /// `to = value`. The flags survive.
    pub fn bool_constant(&mut self, to: Reg, value: bool) {
        let buffer = &mut *self.buffer;
        let to = to.encoding();
        dynasm!(buffer ; .arch x64 ; mov Rd(to), i32::from(value));
    }

    /// Copies a truth value into an integer register.
    pub fn load_bool(&mut self, to: Reg, from: Operand) {
        let buffer = &mut *self.buffer;
        let to = to.encoding();
        match from {
            Operand::Reg(Reg::XMM_SCRATCH) => dynasm!(buffer
                ; .arch x64
                ; movd Rd(to), Rx(Reg::XMM_SCRATCH.encoding())),
            Operand::Reg(from) => dynasm!(buffer
                ; .arch x64
                ; mov Rd(to), Rd(from.encoding())),
            Operand::Frame(offset) => dynasm!(buffer
                ; .arch x64
                ; movzx Rd(to), BYTE [rbp + offset]),
            Operand::Linked => unreachable!("truth values are immediate"),
        }
    }

    /// Copies a truth value where the spare register of moves is: among
    /// those of numbers.
    pub fn spare_bool(&mut self, from: Reg) {
        let buffer = &mut *self.buffer;
        dynasm!(buffer
            ; .arch x64
            ; movd Rx(Reg::XMM_SCRATCH.encoding()), Rd(from.encoding()));
    }

    /// Stores a truth value, or any eight bytes.
    pub fn store_integer(&mut self, offset: i32, from: Reg) {
        let buffer = &mut *self.buffer;
        dynasm!(buffer
            ; .arch x64
            ; mov QWORD [rbp + offset], Rq(from.encoding()));
    }

    /// Loads any eight bytes.
    pub fn load_integer(&mut self, to: Reg, from: Operand) {
        let buffer = &mut *self.buffer;
        let to = to.encoding();
        match from {
            Operand::Frame(offset) => dynasm!(buffer
                ; .arch x64
                ; mov Rq(to), QWORD [rbp + offset]),
            Operand::Linked => dynasm!(buffer
                ; .arch x64
                ; mov Rq(to), QWORD [rip + 0]),
            Operand::Reg(_) => unreachable!("a move from memory"),
        }
    }

    /// Saves the caller's frame pointer and makes room for a frame.
    pub fn prologue(&mut self, frame: i32) {
        let buffer = &mut *self.buffer;
        dynasm!(buffer ; .arch x64 ; push rbp ; mov rbp, rsp);
        match i8::try_from(frame) {
            Ok(0) => {}
            Ok(frame) => dynasm!(buffer ; .arch x64 ; sub rsp, BYTE frame),
            Err(_) => dynasm!(buffer ; .arch x64 ; sub rsp, frame),
        }
    }

    /// Undoes the prologue and returns.
    pub fn epilogue(&mut self, frame: i32) {
        let buffer = &mut *self.buffer;
        match i8::try_from(frame) {
            Ok(0) => {}
            Ok(frame) => dynasm!(buffer ; .arch x64 ; add rsp, BYTE frame),
            Err(_) => dynasm!(buffer ; .arch x64 ; add rsp, frame),
        }
        dynasm!(buffer ; .arch x64 ; pop rbp ; ret);
    }

    /// Makes the call that comes next a byte longer: by the prefix for short
    /// addresses, of which a call has none.
    pub fn make_room(&mut self) {
        self.buffer.push(0x67);
    }

    /// A call; the linker fills in the last four bytes.
    pub fn call(&mut self) {
        self.buffer.push(0xe8);
        self.buffer.push_i32(0);
    }
}
