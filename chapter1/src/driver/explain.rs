//! From what the session says to what the user needs to know.

use super::{Base, JitError, Path};
use crate::cancel::Cancelled;
use crate::codegen::CodegenError;
use crate::definitions::Definitions;
use crate::executor::HostError;
use crate::orc::{
    Cause, DefineError, DuplicateDefinition, LookupError, ObjectError,
};
use crate::symbol::Symbol;

impl Base {
    /// Why a function that calls these others could not be looked up: the
    /// first cause of all, and the way there.
    pub fn explain(
        &self,
        error: &LookupError,
        name: &Symbol,
        callees: &[Symbol],
    ) -> JitError {
        explain(&self.definitions, error, name, callees)
    }

    /// Why something could not be defined.
    pub fn not_defined(&self, error: DefineError) -> JitError {
        match error {
            DefineError::Duplicate(DuplicateDefinition(symbol)) => {
                JitError::Duplicate { symbol, is_host: false }
            }
            DefineError::Ended => JitError::Lookup(LookupError::Ended),
        }
    }
}

/// Why a function that calls these others could not be looked up.
pub(super) fn explain(
    definitions: &Definitions,
    error: &LookupError,
    name: &Symbol,
    callees: &[Symbol],
) -> JitError {
    let path = |end: &Symbol| {
        if end == name {
            return Path(vec![end.clone()]);
        }
        let mut path = vec![name.clone()];
        path.extend(definitions.path(callees, end));
        Path(path)
    };
    match first_cause(error) {
        First::NotFound(missing) => JitError::Missing { path: path(missing) },
        First::Cause(cause) => explain_cause(definitions, cause, path),
        First::Other(error) => JitError::Lookup(error.clone()),
    }
}

fn explain_cause(
    definitions: &Definitions,
    cause: &Cause,
    path: impl Fn(&Symbol) -> Path,
) -> JitError {
    if let Some(HostError::NotAllowed(name)) = cause.downcast_ref() {
        return JitError::NotAllowed { path: path(&Symbol::new(name)) };
    }
    if let Some(&cancelled) = cause.downcast_ref::<Cancelled>() {
        return JitError::Lookup(cancelled.into());
    }
    if let Some(error) = cause.downcast_ref::<CodegenError>() {
        return JitError::Codegen(error.clone());
    }
    if let Some(ObjectError::Prototype { symbol, params, declared }) =
        cause.downcast_ref()
    {
        return JitError::Prototype {
            path: path(symbol),
            params: *params,
            declared: *declared as usize,
            is_host: definitions.get(symbol).is_none(),
        };
    }
    JitError::Failed(cause.clone())
}

/// Where a chain of failures began.
enum First<'e> {
    NotFound(&'e Symbol),
    Cause(&'e Cause),
    Other(&'e LookupError),
}

/// Follows a failure from dependant to dependency.
fn first_cause(mut error: &LookupError) -> First<'_> {
    loop {
        match error {
            LookupError::NotFound(names) => {
                return First::NotFound(&names[0]);
            }
            LookupError::Failed { cause, .. }
            | LookupError::Generator(cause) => match cause.downcast_ref() {
                Some(earlier) => error = earlier,
                None => return First::Cause(cause),
            },
            other => return First::Other(other),
        }
    }
}
