//! What an instruction can be.

use super::entities::{Block, Callee, Slot, Value, ValueList};
use std::fmt;

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// An IEEE-754 binary64 number.
    F64,
    /// A truth value, the result of a comparison.
    Bool,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::F64 => "f64",
            Type::Bool => "bool",
        })
    }
}

/// Arithmetic on two numbers, each rounded once, to nearest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
}

impl BinaryOp {
    /// Every operator.
    pub const ALL: [BinaryOp; 4] =
        [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Div];

    /// The operator's name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            BinaryOp::Add => "add",
            BinaryOp::Sub => "sub",
            BinaryOp::Mul => "mul",
            BinaryOp::Div => "div",
        }
    }

    /// How Kaleidoscope writes the operator.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
        }
    }

    /// Whether the operands may change places.
    pub fn is_commutative(self) -> bool {
        matches!(self, BinaryOp::Add | BinaryOp::Mul)
    }
}

/// What a comparison asks of two numbers. Two numbers are *unordered* when
/// one of them is NaN. The names are LLVM's: `u` conditions hold for
/// unordered operands, `o` conditions do not. The set is closed under
/// negation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatCondition {
    /// Less than, or unordered: Kaleidoscope's `<`.
    Ult,
    /// Ordered, and greater or equal: the negation of `Ult`.
    Oge,
    /// Ordered and not equal: Kaleidoscope's truth, against `0.0`.
    One,
    /// Equal, or unordered: the negation of `One`.
    Ueq,
}

impl FloatCondition {
    /// Every condition.
    pub const ALL: [FloatCondition; 4] = [
        FloatCondition::Ult,
        FloatCondition::Oge,
        FloatCondition::One,
        FloatCondition::Ueq,
    ];

    /// The condition that holds exactly when this one does not.
    pub fn negated(self) -> FloatCondition {
        match self {
            FloatCondition::Ult => FloatCondition::Oge,
            FloatCondition::Oge => FloatCondition::Ult,
            FloatCondition::One => FloatCondition::Ueq,
            FloatCondition::Ueq => FloatCondition::One,
        }
    }

    /// Whether the condition holds of `a` and `b`.
    pub fn holds(self, a: f64, b: f64) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let order = a.partial_cmp(&b);
        match self {
            FloatCondition::Ult => matches!(order, None | Some(Less)),
            FloatCondition::Oge => matches!(order, Some(Equal | Greater)),
            FloatCondition::One => matches!(order, Some(Less | Greater)),
            FloatCondition::Ueq => matches!(order, None | Some(Equal)),
        }
    }

    /// The condition's name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            FloatCondition::Ult => "ult",
            FloatCondition::Oge => "oge",
            FloatCondition::One => "one",
            FloatCondition::Ueq => "ueq",
        }
    }
}

/// A block to continue in, and the arguments for its parameters.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BlockCall {
    /// The block.
    pub block: Block,
    /// One value for each of the block's parameters.
    pub args: ValueList,
}

/// An instruction with its operands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum InstData {
    /// A number.
    Const(f64),
    /// A truth value.
    BoolConst(bool),
    /// Arithmetic.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left and right operand, both `f64`.
        args: [Value; 2],
    },
    /// A comparison; yields a `bool`.
    Compare {
        /// What is asked.
        condition: FloatCondition,
        /// Left and right operand, both `f64`.
        args: [Value; 2],
    },
    /// `1.0` for true, `0.0` for false.
    FromBool(Value),
    /// The first of `args` if `condition` is true, else the second.
    Select {
        /// A `bool`.
        condition: Value,
        /// Two values of one type.
        args: [Value; 2],
    },
    /// The contents of a stack slot.
    Load(Slot),
    /// Replaces the contents of a stack slot.
    Store {
        /// Where to.
        slot: Slot,
        /// What, of the slot's type.
        value: Value,
    },
    /// Calls a function by name; yields its result if it has one.
    Call {
        /// Which function.
        callee: Callee,
        /// One argument for each parameter of the callee's signature.
        args: ValueList,
    },
    /// Continues in another block.
    Jump(BlockCall),
    /// Continues in the first target if `condition` is true, else in the
    /// second.
    Branch {
        /// A `bool`.
        condition: Value,
        /// Where to go if true, where if false.
        targets: [BlockCall; 2],
    },
    /// Leaves the function with a result.
    Return(Value),
}

impl InstData {
    /// Whether the instruction ends its block.
    pub fn is_terminator(&self) -> bool {
        matches!(
            self,
            InstData::Jump(_) | InstData::Branch { .. } | InstData::Return(_)
        )
    }

    /// The blocks that can follow.
    pub fn targets(&self) -> &[BlockCall] {
        match self {
            InstData::Jump(target) => std::slice::from_ref(target),
            InstData::Branch { targets, .. } => targets,
            _ => &[],
        }
    }
}
