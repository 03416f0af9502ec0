//! The intermediate representation: functions in SSA form, whose blocks take
//! parameters where other designs have φ-functions.
//!
//! A [`Module`] is a list of [`Function`]s. A function owns dense tables of
//! blocks, instructions and values, and everything else is an index into
//! them: no pointers, no `Rc`, so a module can be cloned, printed, sent to
//! another thread or thrown away without walking it.
//!
//! | file | what it holds |
//! |---|---|
//! | `entities` | the index types |
//! | `instruction` | what an instruction can be |
//! | `function` | the tables |
//! | `builder` | how to fill them |
//! | `lower` | AST to IR |
//! | `text` | IR to text and back |
//! | `dominators`, `verify` | what must hold of every function |

mod builder;
mod dominators;
mod entities;
mod function;
mod instruction;
pub mod lower;
mod text;
mod verify;

pub use builder::FunctionBuilder;
pub use dominators::{ControlFlow, Dominators};
pub use entities::{Block, Callee, Inst, Slot, Value, ValueList};
pub use function::{
    BlockData, CalleeData, CalleeKind, Function, InstList, Module, Signature,
    ValueData, ValueDef,
};
pub use instruction::{BinaryOp, BlockCall, FloatCondition, InstData, Type};
pub use text::{DisplayInst, ParseError, parse_module};
pub use verify::{Problem, VerifyError, verify, verify_module};
