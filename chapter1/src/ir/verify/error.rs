//! What the verifier can find.

use crate::ir::entities::{Block, Value};
use crate::ir::instruction::Type;
use crate::ir::text::Name;
use crate::symbol::Symbol;
use std::fmt;

/// A function breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The function.
    pub function: Symbol,
    /// The instruction as the text form shows it, or the block; none if it
    /// is the function as a whole.
    pub place: Option<String>,
    /// The rule.
    pub problem: Problem,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in {}", Name(&self.function))?;
        if let Some(place) = &self.place {
            write!(f, ", at `{place}`")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for VerifyError {}

/// What can be wrong with a function.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// Another function of the module has the same name.
    #[error("the name is taken by another function of the module")]
    DuplicateName,
    /// There is nothing to run.
    #[error("there is no entry block")]
    NoEntry,
    /// The signature yields nothing.
    #[error("a function must have a result")]
    NoResult,
    /// The instructions, their results and their spans are not as many.
    #[error("the instruction tables differ in length")]
    Tables,
    /// An index that is in no table.
    #[error("`{0}` does not exist")]
    OutOfRange(String),
    /// An instruction stands twice, in one block or in two.
    #[error("the instruction has a second place")]
    PlacedTwice,
    /// What defines the value says so, but the value disagrees.
    #[error("`{0}` is recorded as defined elsewhere")]
    Redefined(Value),
    /// An instruction yields something and has no value for it, or the
    /// reverse.
    #[error("the result is missing, superfluous or of a wrong type")]
    WrongResult,
    /// A block's last instruction does not end it.
    #[error("the block does not end in a terminator")]
    NoTerminator,
    /// A terminator is followed by other instructions.
    #[error("a terminator must be the last instruction of its block")]
    EarlyTerminator,
    /// The entry's parameters do not agree with the signature.
    #[error("the entry's parameters are not those of the signature")]
    EntryParams,
    /// A jump to the entry, whose parameters come from the caller.
    #[error("the entry cannot be jumped to")]
    EntryTarget,
    /// A jump to a block that has been removed.
    #[error("`{0}` has been removed")]
    RemovedBlock(Block),
    /// A value whose definition has been removed.
    #[error("the definition of `{0}` has been removed")]
    RemovedValue(Value),
    /// A jump or a call with too few or too many arguments.
    #[error("`{target}` takes {expected} arguments, {found} are passed")]
    ArgumentCount {
        /// The block or callee.
        target: String,
        /// How many it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// An operand of the wrong type.
    #[error("`{value}` is {found}, {expected} is needed")]
    WrongType {
        /// The operand.
        value: Value,
        /// What is needed in its place.
        expected: Type,
        /// What it is.
        found: Type,
    },
    /// The definition does not come before the use on every way from the
    /// entry.
    #[error("`{0}` may be used before it is defined")]
    NotDominated(Value),
}
