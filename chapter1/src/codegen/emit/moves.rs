//! Values on their way between registers, memory and code.

use super::operand::Operand;
use super::{Emitter, Fixup};
use crate::codegen::regalloc::{Home, Loc, Move, Place, Reg};
use crate::ir::{Function, InstData, Type, Value, ValueDef};
use crate::link::EdgeKind;

impl Emitter<'_> {
    /// Makes the moves that come before the instruction at `position`.
    pub(super) fn make_moves(&mut self, position: u32) {
        while let Some(&(at, m)) = self.allocation.moves.get(self.moves) {
            if at != position {
                return;
            }
            self.moves += 1;
            self.make(m);
        }
    }

    /// Stores a register, so many bytes from the frame pointer.
    pub(super) fn store(&mut self, offset: i32, from: Reg) {
        match from.class() {
            Type::F64 => self.asm.store(offset, from),
            Type::Bool => self.asm.store_integer(offset, from),
        }
    }

    /// Stores a value that has just been defined, if it is needed in memory.
    pub(super) fn store_home(&mut self, value: Value) {
        if let Home::Spill(_) = self.allocation.homes[value] {
            let Loc::Reg(from) = self.allocation.locs[self.locs - 1] else {
                unreachable!("defined in a register")
            };
            self.store(self.home_offset(value), from);
        }
    }

    /// Copies an operand into a register. The flags survive.
    pub(super) fn copy(&mut self, to: Reg, value: Value, from: Loc) {
        let from = match from {
            Loc::Reg(reg) => Place::Reg(reg),
            _ => Place::Home(value),
        };
        let ty = self.function.values[value].ty;
        self.make(Move { from, to: Place::Reg(to), ty });
    }

    /// Makes a move. The flags survive.
    pub(super) fn make(&mut self, Move { from, to, ty }: Move) {
        match (from, to, ty) {
            (Place::Home(value), Place::Home(target), _) => {
                let offset = self.home_offset(target);
                self.copy_memory(value, offset);
            }
            (Place::Reg(from), Place::Home(target), _) => {
                self.store(self.home_offset(target), from);
            }
            (Place::Home(value), Place::Reg(to), _)
                if self.allocation.homes[value] == Home::Constant =>
            {
                self.load_constant(to, value);
            }
            (Place::Reg(from), Place::Reg(Reg::XMM_SCRATCH), Type::Bool) => {
                self.asm.spare_bool(from);
            }
            (from, Place::Reg(to), ty) => {
                let from = match from {
                    Place::Reg(reg) => Operand::Reg(reg),
                    Place::Home(value) => {
                        Operand::Frame(self.home_offset(value))
                    }
                };
                match ty {
                    Type::Bool if to != Reg::XMM_SCRATCH => {
                        self.asm.load_bool(to, from);
                    }
                    _ => self.asm.load(to, from),
                }
            }
        }
    }

    /// Copies a value from its home to another place in the frame.
    pub(super) fn copy_memory(&mut self, value: Value, offset: i32) {
        let scratch = Reg::GPR_SCRATCH;
        match self.bool_constant(value) {
            Some(constant) => self.asm.bool_constant(scratch, constant),
            None => {
                let from = self.operand(Loc::Home(value));
                self.asm.load_integer(scratch, from);
                self.link_constant();
            }
        }
        self.asm.store_integer(offset, scratch);
    }

    /// The truth value that `value` always is, if it is a constant.
    pub(super) fn bool_constant(&self, value: Value) -> Option<bool> {
        match constant(self.function, value) {
            Some(InstData::BoolConst(constant)) => Some(constant),
            _ => None,
        }
    }

    /// Puts a constant into a register. The flags survive.
    // ANCHOR: load_constant
    pub(super) fn load_constant(&mut self, to: Reg, value: Value) {
        match constant(self.function, value) {
            Some(InstData::BoolConst(constant)) => {
                self.asm.bool_constant(to, constant);
            }
            Some(InstData::Const(number)) if number.to_bits() == 0 => {
                self.asm.zero(to);
            }
            _ => {
                let from = self.operand(Loc::Home(value));
                self.asm.load(to, from);
                self.link_constant();
            }
        }
    }
    // ANCHOR_END: load_constant

    /// A location as an operand of an instruction on numbers.
    pub(super) fn operand(&mut self, loc: Loc) -> Operand {
        match loc {
            Loc::Reg(reg) => Operand::Reg(reg),
            Loc::Home(value) => match constant(self.function, value) {
                Some(InstData::Const(number)) => {
                    self.linked = Some(self.constants.offset(number));
                    Operand::Linked
                }
                _ => Operand::Frame(self.home_offset(value)),
            },
            Loc::None | Loc::Flags => unreachable!("{loc:?} is no operand"),
        }
    }

    /// Notes the address that the instruction just emitted needs, if any.
    // ANCHOR: link_constant
    pub(super) fn link_constant(&mut self) {
        if let Some(addend) = self.linked.take() {
            let target = self.constants.symbol(self.graph);
            let end = self.asm.buffer.here();
            let kind = EdgeKind::Relative32;
            self.fixups.push(Fixup { end, kind, target, addend });
        }
    }
    // ANCHOR_END: link_constant

    /// The distance of a value's home from the frame pointer.
    pub(super) fn home_offset(&self, value: Value) -> i32 {
        match self.allocation.homes[value] {
            Home::Spill(slot) => {
                slot_offset(self.function.slots.len() as u32 + slot)
            }
            // Above the saved frame pointer and the return address.
            Home::Incoming(index) => 16 + 8 * index as i32,
            Home::None | Home::Constant => {
                unreachable!("{value} has no place in the frame")
            }
        }
    }
}

/// The distance of a stack slot from the frame pointer. Spill slots come
/// after those of the IR.
pub(super) fn slot_offset(slot: u32) -> i32 {
    -8 * (slot as i32 + 1)
}

/// The instruction that makes a constant, if `value` is one.
fn constant(function: &Function, value: Value) -> Option<InstData> {
    let ValueDef::Inst(inst) = function.values[value].def else {
        return None;
    };
    let data = function.insts[inst];
    matches!(data, InstData::Const(_) | InstData::BoolConst(_)).then_some(data)
}
