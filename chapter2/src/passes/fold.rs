//! Folding: an instruction whose operands are known yields what the processor
//! would have yielded, to the bit.
//!
//! Rust's `f64` is IEEE-754 binary64, rounded to nearest, at run time too;
//! and so is what our code computes. Only NaNs differ from one processor to
//! another in their sign and payload: what yields NaN is left to run.

use chapter1::ir::{
    BinaryOp, FloatCondition, Function, InstData, Value, ValueDef,
};

/// A value that is known.
#[derive(Clone, Copy, Debug)]
// ANCHOR: Constant
pub enum Constant {
    /// A number, which is not NaN.
    Number(f64),
    /// A truth value.
    Truth(bool),
}
// ANCHOR_END: Constant

/// Zeros differ in their sign; so bits are compared.
// ANCHOR: eq
impl PartialEq for Constant {
    fn eq(&self, other: &Constant) -> bool {
        match (*self, *other) {
            (Constant::Number(a), Constant::Number(b)) => {
                a.to_bits() == b.to_bits()
            }
            (Constant::Truth(a), Constant::Truth(b)) => a == b,
            _ => false,
        }
    }
}
// ANCHOR_END: eq

impl Constant {
    /// A number, unless it is NaN.
    // ANCHOR: number
    pub fn number(value: f64) -> Option<Constant> {
        (!value.is_nan()).then_some(Constant::Number(value))
    }
    // ANCHOR_END: number

    /// The instruction that yields it.
    pub fn inst(self) -> InstData {
        match self {
            Constant::Number(value) => InstData::Const(value),
            Constant::Truth(value) => InstData::BoolConst(value),
        }
    }

    /// What an instruction yields that is a constant.
    pub fn of_inst(data: &InstData) -> Option<Constant> {
        match *data {
            InstData::Const(value) => Constant::number(value),
            InstData::BoolConst(value) => Some(Constant::Truth(value)),
            _ => None,
        }
    }

    /// What a value is, if its instruction says so.
    pub fn of(function: &Function, value: Value) -> Option<Constant> {
        match function.values[value].def {
            ValueDef::Inst(inst) => Constant::of_inst(&function.insts[inst]),
            _ => None,
        }
    }
}

/// The result of arithmetic.
// ANCHOR: binary
pub fn binary(op: BinaryOp, a: f64, b: f64) -> Option<Constant> {
    Constant::number(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
    })
}
// ANCHOR_END: binary

/// The result of a comparison.
pub fn compare(condition: FloatCondition, a: f64, b: f64) -> Constant {
    Constant::Truth(condition.holds(a, b))
}

/// A truth value as a number.
pub fn from_bool(value: bool) -> Constant {
    Constant::Number(f64::from(u8::from(value)))
}
