//! What can go wrong between a definition and its result.

use super::ActiveCalls;
use crate::codegen::CodegenError;
use crate::definitions::PrototypeMismatch;
use crate::executor::ExecutorError;
use crate::orc::{Cause, ExecutionSession, InUse, LookupError, Params};
use crate::symbol::Symbol;
use thiserror::Error;

/// Something cannot be defined, looked up, removed or run.
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
    /// Others rely on another number of parameters.
    #[error(transparent)]
    Mismatch(#[from] PrototypeMismatch),
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
    /// A function is declared with the wrong number of parameters.
    #[error(
        "{}`{}` takes {params}, but is declared with {declared}",
        if *is_host { "the host's " } else { "" },
        path.end(),
    )]
    Prototype {
        /// From what was looked up to the function.
        path: Path,
        /// How many parameters it has.
        params: Params,
        /// How many its caller declares.
        declared: usize,
        /// Whether it is the host's.
        is_host: bool,
    },
    /// A function does not have the parameters that a handle on it would
    /// pass.
    #[error("`{name}` takes {params}, not {wanted}")]
    Arity {
        /// The function.
        name: Symbol,
        /// How many parameters it has.
        params: Params,
        /// How many it should have.
        wanted: usize,
    },
    /// There is no definition to remove.
    #[error("`{0}` is not defined")]
    Undefined(Symbol),
    /// A function cannot be removed, since others would miss it.
    #[error(transparent)]
    InUse(#[from] InUse),
    /// A function is too large.
    #[error(transparent)]
    Codegen(#[from] CodegenError),
    /// A function, or one that it needs, cannot be linked or put in place.
    #[error("{0}")]
    Failed(Cause),
    /// A lookup was not possible.
    #[error(transparent)]
    Lookup(LookupError),
    /// Code has met a function that cannot be given a body.
    #[error("{error}")]
    Unresolved {
        /// Why not.
        #[source]
        error: Box<JitError>,
        /// The functions that were active.
        active: ActiveCalls,
    },
    /// A call could not be made, or ended without a result.
    #[error("{error}")]
    Stopped {
        /// Why.
        #[source]
        error: ExecutorError,
        /// The functions that were active.
        active: ActiveCalls,
    },
    /// The executor refuses.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
}

impl JitError {
    /// What has ended a call, with the names of those who took part.
    ///
    /// What cannot be looked up is left to `explain`.
    // ANCHOR: stopped
    pub(super) fn stopped(
        session: &ExecutionSession,
        error: ExecutorError,
        explain: impl FnOnce(&LookupError) -> JitError,
    ) -> JitError {
        let frames = error.frames();
        let active = frames.map(|frames| ActiveCalls::new(session, frames));
        let active = active.unwrap_or_default();
        if let ExecutorError::Unresolved { source, .. } = &error
            && let Some(error) = source.downcast_ref()
        {
            let error = Box::new(explain(error));
            return JitError::Unresolved { error, active };
        }
        JitError::Stopped { error, active }
    }
    // ANCHOR_END: stopped
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
