//! Compiled functions as Rust values.

use super::{Base, JitError, explain};
use crate::definitions::Definitions;
use crate::executor::Executor;
use crate::orc::{Hold, Params};
use crate::symbol::Symbol;
use std::marker::PhantomData;
use std::sync::Arc;

/// The type of a compiled function: `fn() -> f64`, `fn(f64) -> f64` and so
/// on, up to eight parameters.
pub trait Signature {
    /// How many parameters it has.
    const PARAMS: usize;
}

/// A compiled function. While it exists, the function is not removed.
pub struct Function<S> {
    executor: Arc<dyn Executor>,
    definitions: Arc<Definitions>,
    name: Symbol,
    hold: Hold,
    signature: PhantomData<S>,
}

impl<S: Signature> Function<S> {
    /// A function that somebody holds.
    ///
    /// # Errors
    /// If it is not known to have this many parameters.
    pub(super) fn new(
        base: &Base,
        hold: Hold,
        name: &Symbol,
    ) -> Result<Function<S>, JitError> {
        match hold.found().flags.params {
            Params::Exactly(params) if params as usize == S::PARAMS => {
                let executor = base.session.executor().clone();
                let definitions = base.definitions.clone();
                let (name, signature) = (name.clone(), PhantomData);
                Ok(Function { executor, definitions, name, hold, signature })
            }
            params => Err(JitError::Arity {
                name: name.clone(),
                params,
                wanted: S::PARAMS,
            }),
        }
    }

    fn call_with(&self, args: &[f64]) -> Result<f64, JitError> {
        // SAFETY: the function is ready, has so many parameters, and is held
        // as long as this value exists.
        let value =
            unsafe { self.executor.call(self.hold.found().address, args) };
        value.map_err(|error| {
            JitError::stopped(self.hold.session(), error, |error| {
                let Function { definitions, name, .. } = self;
                let callees = definitions.callees(name);
                explain::explain(definitions, error, name, &callees)
            })
        })
    }
}

macro_rules! signatures {
    ($($count:literal: $($arg:ident)*;)*) => { $(
        impl Signature for signatures!(@type $($arg)*) {
            const PARAMS: usize = $count;
        }

        impl Function<signatures!(@type $($arg)*)> {
            /// Calls the function.
            ///
            /// # Errors
            /// If the call comes to no end.
            #[allow(clippy::too_many_arguments, reason = "that is its type")]
            pub fn call(&self $(, $arg: f64)*) -> Result<f64, JitError> {
                self.call_with(&[$($arg),*])
            }
        }
    )* };
    (@type $($arg:ident)*) => { fn($(signatures!(@f64 $arg)),*) -> f64 };
    (@f64 $arg:ident) => { f64 };
}

signatures! {
    0: ;
    1: a;
    2: a b;
    3: a b c;
    4: a b c d;
    5: a b c d e;
    6: a b c d e f;
    7: a b c d e f g;
    8: a b c d e f g h;
}
