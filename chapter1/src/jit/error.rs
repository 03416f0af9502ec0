//! What can go wrong between a definition and its result.

use crate::codegen::CodegenError;
use crate::executor::ExecutorError;
use crate::link::LinkError;
use crate::symbol::Symbol;
use crate::syntax::diagnostics::count;
use thiserror::Error;

/// Something cannot be defined, looked up or run.
#[derive(Debug, Error)]
pub enum JitError {
    /// There is a definition of this name.
    #[error("duplicate definition of `{symbol}`")]
    Duplicate {
        /// The name.
        symbol: Symbol,
        /// Whether the host's function has taken the name.
        is_host: bool,
    },
    /// A function that is called has not been defined.
    #[error("`{}` is declared, but not defined", path.end())]
    Missing {
        /// From what was looked up to what is missing.
        path: Path,
    },
    /// A function that is called exists, but may not be.
    #[error("calling `{}` is not allowed", path.end())]
    NotAllowed {
        /// From what was looked up to what is not allowed.
        path: Path,
    },
    /// A host function is declared with the wrong number of parameters.
    #[error(
        "the host's `{}` takes {}, but is declared with \
         {declared}",
        path.end(),
        count(*params, "parameter")
    )]
    HostPrototype {
        /// From what was looked up to the function.
        path: Path,
        /// How many parameters it has.
        params: usize,
        /// How many its caller declares.
        declared: usize,
    },
    /// A function is too large.
    #[error(transparent)]
    Codegen(#[from] CodegenError),
    /// There is no room.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The executor refuses.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
}

/// A chain of calls: each function calls the one after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path(pub Vec<Symbol>);

impl Path {
    /// The function at its end, which is the matter.
    pub fn end(&self) -> &Symbol {
        self.0.last().expect("a path is never empty")
    }
}
