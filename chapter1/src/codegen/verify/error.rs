//! Why an allocation is refused.

use crate::codegen::regalloc::{Loc, Move, Reg};
use crate::ir::{Block, Type, Value};
use regalloc2::checker::CheckerErrors;
use thiserror::Error;

/// An allocation is wrong.
#[derive(Clone, Debug, Error)]
pub enum Refusal {
    /// It makes no sense at some place.
    #[error("{place}: {problem}")]
    Problem {
        /// The instruction or block.
        place: String,
        /// What is wrong there.
        problem: Problem,
    },
    /// An instruction would not find its operands, or not where it can
    /// read them.
    #[error("{errors:?}\nin\n{code}")]
    Checker {
        /// What regalloc2's checker says. Its virtual registers have the
        /// numbers of our values.
        errors: CheckerErrors,
        /// The translated function, to which the errors refer.
        code: String,
    },
}

/// What can be wrong with an allocation at some place.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum Problem {
    /// There are fewer entries in a list than needed.
    #[error("the list of {0} ends too early")]
    Short(&'static str),
    /// There are more entries in a list than needed.
    #[error("{1} of the {0} are left over")]
    Left(&'static str, usize),
    /// A register that values of this type are not to be kept in.
    #[error("{0:?} cannot hold a value of type {1}")]
    Register(Reg, Type),
    /// A value is to be read from memory, but is not there.
    #[error("{0} has no home that could be read")]
    NoHome(Value),
    /// An operand is to be read from the home of another value.
    #[error("{0} is read from the home of {1}")]
    ForeignHome(Value, Value),
    /// A place in which this operand or result cannot be.
    #[error("{0} cannot be in {1:?}")]
    Location(Value, Loc),
    /// A condition is to be read from the flags, which hold something else.
    #[error("the flags do not hold {0}")]
    Flags(Value),
    /// A move of another type than that of the value, or to a home that
    /// cannot be written.
    #[error("cannot make {0:?}")]
    Move(Move),
    /// An instruction with an effect is left out.
    #[error("must be executed, but is left out")]
    LeftOut,
    /// A constant has code.
    #[error("is a constant, but is executed")]
    Executed,
    /// No room is made for the arguments on the stack, or the function does
    /// not know that it calls.
    #[error("the frame is not prepared for a call")]
    Frame,
    /// A block is not where its predecessors are told, or not at all.
    #[error("{0} is not in its place")]
    Order(Block),
}
