//! The System V calling convention, as far as numbers and truth values go.

use super::regalloc::Reg;
use crate::ir::Type;

/// The integer registers that arguments come in, in order:
/// `rdi rsi rdx rcx r8 r9`.
// ANCHOR: INTEGER_ARGUMENTS
const INTEGER_ARGUMENTS: [Reg; 6] = [
    Reg::gpr(7),
    Reg::gpr(6),
    Reg::gpr(2),
    Reg::gpr(1),
    Reg::gpr(8),
    Reg::gpr(9),
];
// ANCHOR_END: INTEGER_ARGUMENTS

/// How many floating-point arguments come in registers, from `xmm0` on.
// ANCHOR: FLOAT_ARGUMENTS
const FLOAT_ARGUMENTS: u8 = 8;
// ANCHOR_END: FLOAT_ARGUMENTS

/// Where the caller leaves an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
// ANCHOR: Passed
pub enum Passed {
    /// In a register.
    Reg(Reg),
    /// On the stack: the n-th eightbyte above the return address.
    Stack(u32),
}
// ANCHOR_END: Passed

/// Where arguments of these types are passed.
// ANCHOR: passed
pub fn passed(
    types: impl Iterator<Item = Type>,
) -> impl Iterator<Item = Passed> {
    let (mut floats, mut integers, mut stack) = (0, 0, 0);
    types.map(move |ty| {
        let reg = match ty {
            Type::F64 if floats < FLOAT_ARGUMENTS => {
                floats += 1;
                Some(Reg::xmm(floats - 1))
            }
            Type::Bool if integers < INTEGER_ARGUMENTS.len() => {
                integers += 1;
                Some(INTEGER_ARGUMENTS[integers - 1])
            }
            _ => None,
        };
        match reg {
            Some(reg) => Passed::Reg(reg),
            None => {
                stack += 1;
                Passed::Stack(stack - 1)
            }
        }
    })
}
// ANCHOR_END: passed

/// The register that a result comes in.
// ANCHOR: result
pub fn result(ty: Type) -> Reg {
    match ty {
        Type::F64 => Reg::xmm(0),
        Type::Bool => Reg::RAX,
    }
}
// ANCHOR_END: result

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_registers_of_its_own_and_the_rest_is_stacked() {
        let types = [Type::F64, Type::Bool].into_iter().cycle().take(20);
        let places: Vec<Passed> = passed(types).collect();
        assert_eq!(places[0], Passed::Reg(Reg::xmm(0)));
        assert_eq!(places[1], Passed::Reg(Reg::gpr(7)));
        assert_eq!(places[11], Passed::Reg(Reg::gpr(9)));
        assert_eq!(places[13], Passed::Stack(0));
        assert_eq!(places[14], Passed::Reg(Reg::xmm(7)));
        assert_eq!(places[16], Passed::Stack(2));
    }
}
