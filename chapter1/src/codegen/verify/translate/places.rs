//! Where values are: locations, homes, and the moves between them.

use super::{Outcome, Translator};
use crate::codegen::regalloc::{Home, Loc, Move, Place, Reg};
use crate::codegen::verify::code::{self, vreg};
use crate::codegen::verify::error::Problem;
use crate::ir::{Type, Value};
use regalloc2::{Allocation as At, OperandConstraint, VReg};

/// `xmm0` to `xmm14`.
const FLOATS: std::ops::Range<u8> = 0..15;

/// `rax rcx rdx rsi rdi r8 r9 r10`.
const INTEGERS: [u8; 8] = [0, 1, 2, 6, 7, 8, 9, 10];

impl Translator<'_> {
    pub(super) fn vreg(&self, value: Value) -> VReg {
        vreg(value, self.function.values[value].ty)
    }

    pub(super) fn vregs(&self, values: &[Value]) -> Vec<VReg> {
        values.iter().map(|&value| self.vreg(value)).collect()
    }

    /// The next location that the allocator has decided on.
    pub(super) fn loc(&mut self) -> Outcome<Loc> {
        let loc = self.allocation.locs.get(self.locs);
        self.locs += 1;
        loc.copied().ok_or(Problem::Short("locations"))
    }

    /// An operand that is read from `loc`.
    pub(super) fn read(
        &mut self,
        value: Value,
        loc: Loc,
        constraint: OperandConstraint,
    ) -> Outcome {
        let at = match loc {
            Loc::Reg(reg) => self.reg(value, reg)?,
            Loc::Home(of) if of == value => self.home(value)?,
            Loc::Home(of) => return Err(Problem::ForeignHome(value, of)),
            Loc::None | Loc::Flags => {
                return Err(Problem::Location(value, loc));
            }
        };
        self.code.read(self.vreg(value), constraint, at);
        Ok(())
    }

    /// A truth value that decides: in a register, or in the flags if the
    /// instruction before left it there.
    pub(super) fn condition(
        &mut self,
        value: Value,
        flags: Option<Value>,
    ) -> Outcome {
        match self.loc()? {
            Loc::Flags if flags == Some(value) => Ok(()),
            Loc::Flags => Err(Problem::Flags(value)),
            loc => self.read(value, loc, OperandConstraint::Reg),
        }
    }

    /// A register that a value can be in.
    pub(super) fn reg(&self, value: Value, reg: Reg) -> Outcome<At> {
        allocatable(reg, self.function.values[value].ty)
    }

    /// The n-th parameter on the stack. Its slot follows the spill slots.
    pub(super) fn incoming(&self, index: u32) -> At {
        code::slot(self.allocation.spill_slots as usize + index as usize)
    }

    /// The slot of a constant; they come after the parameters.
    pub(super) fn constant_at(&self, slot: usize) -> At {
        let spilled = self.allocation.spill_slots as usize;
        code::slot(spilled + self.incoming + slot)
    }

    /// Where to read a value that is in memory.
    fn home(&self, value: Value) -> Outcome<At> {
        let at = match self.allocation.homes[value] {
            Home::Spill(_) => self.spill_slot(value),
            Home::Incoming(index) if (index as usize) < self.incoming => {
                Some(self.incoming(index))
            }
            Home::Constant => {
                let slot = self.constants.slot(value);
                slot.map(|slot| self.constant_at(slot))
            }
            Home::Incoming(_) | Home::None => None,
        };
        at.ok_or(Problem::NoHome(value))
    }

    /// Where to write a value that has to be in memory.
    fn spill_slot(&self, value: Value) -> Option<At> {
        match self.allocation.homes[value] {
            Home::Spill(slot) if slot < self.allocation.spill_slots => {
                Some(code::slot(slot as usize))
            }
            _ => None,
        }
    }

    /// Stores a value that has just been defined, if it is needed in memory.
    pub(super) fn store_home(&mut self, value: Value, reg: Reg) -> Outcome {
        if let Home::Spill(_) = self.allocation.homes[value] {
            let to = self.spill_slot(value).ok_or(Problem::NoHome(value))?;
            self.code.copy(self.reg(value, reg)?, to);
        }
        Ok(())
    }

    /// The moves right before the instruction at `position`.
    pub(super) fn make_moves(&mut self, position: u32) -> Outcome {
        while let Some(&(at, m)) = self.allocation.moves.get(self.moves)
            && at == position
        {
            self.moves += 1;
            self.make(m)?;
        }
        Ok(())
    }

    pub(super) fn make(&mut self, m: Move) -> Outcome {
        let is_typed = |value: Value| self.function.values[value].ty == m.ty;
        let from = match m.from {
            Place::Reg(reg) => movable(reg, m.ty)?,
            Place::Home(value) if is_typed(value) => self.home(value)?,
            Place::Home(_) => return Err(Problem::Move(m)),
        };
        let to = match m.to {
            Place::Reg(reg) => movable(reg, m.ty)?,
            Place::Home(value) if is_typed(value) => {
                self.spill_slot(value).ok_or(Problem::Move(m))?
            }
            Place::Home(_) => return Err(Problem::Move(m)),
        };
        if from.is_stack() && to.is_stack() {
            let scratch = At::reg(code::preg(Reg::GPR_SCRATCH));
            self.code.copy(from, scratch);
            self.code.copy(scratch, to);
        } else {
            self.code.copy(from, to);
        }
        Ok(())
    }
}

fn allocatable(reg: Reg, ty: Type) -> Outcome<At> {
    let number = reg.encoding();
    let fits = match ty {
        Type::F64 => FLOATS.contains(&number),
        Type::Bool => INTEGERS.contains(&number),
    };
    match fits && reg.class() == ty {
        true => Ok(At::reg(code::preg(reg))),
        false => Err(Problem::Register(reg, ty)),
    }
}

/// The spare register of moves takes values of either type.
fn movable(reg: Reg, ty: Type) -> Outcome<At> {
    match reg {
        Reg::XMM_SCRATCH => Ok(At::reg(code::preg(reg))),
        _ => allocatable(reg, ty),
    }
}
