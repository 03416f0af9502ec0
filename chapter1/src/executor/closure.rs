//! Rust functions that JIT'd code can call by name.
//!
//! They take up to eight numbers, and return one or an error. An error, or a
//! panic, ends the call that the host made, however many functions of JIT'd
//! code lie between.

use super::entry::{MAX_ARGUMENTS, Outcome};
use super::escape::{FAILED, Failure, RETURNED};
use super::thread;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

type Body =
    dyn Fn(&[f64]) -> Result<f64, Box<dyn Error + Send + Sync>> + Send + Sync;

/// A Rust function of numbers.
#[derive(Clone)]
pub struct HostClosure {
    params: usize,
    body: Arc<Body>,
}

impl HostClosure {
    /// A function that always gets so many arguments.
    ///
    /// # Panics
    /// If `params` exceeds [`MAX_ARGUMENTS`].
    pub fn new(
        params: usize,
        body: impl Fn(&[f64]) -> Result<f64, Box<dyn Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
    ) -> HostClosure {
        assert!(params <= MAX_ARGUMENTS, "at most {MAX_ARGUMENTS} parameters");
        HostClosure { params, body: Arc::new(body) }
    }

    /// How many parameters it has.
    pub fn params(&self) -> usize {
        self.params
    }
}

impl fmt::Debug for HostClosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostClosure({} parameters)", self.params)
    }
}

/// A Rust function that can be registered: `Fn(f64, …) -> Result<f64, E>`
/// with up to eight parameters, which `Args` is a tuple of.
pub trait HostFn<Args> {
    /// The same function over a slice.
    fn into_closure(self) -> HostClosure;
}

/// Implements [`HostFn`] for functions with these parameters.
macro_rules! host_fn {
    ($params:literal: $($x:ident)*) => {
        impl<F, E> HostFn<($(host_fn!(number $x),)*)> for F
        where
            F: Fn($(host_fn!(number $x)),*) -> Result<f64, E>
                + Send
                + Sync
                + 'static,
            E: Into<Box<dyn Error + Send + Sync>>,
        {
            fn into_closure(self) -> HostClosure {
                HostClosure::new($params, move |args| {
                    let [$($x),*] = *args else {
                        unreachable!("as many arguments as parameters")
                    };
                    self($($x),*).map_err(Into::into)
                })
            }
        }
    };
    (number $x:ident) => { f64 };
}

host_fn!(0:);
host_fn!(1: a);
host_fn!(2: a b);
host_fn!(3: a b c);
host_fn!(4: a b c d);
host_fn!(5: a b c d e);
host_fn!(6: a b c d e f);
host_fn!(7: a b c d e f g);
host_fn!(8: a b c d e f g h);

/// A closure that has been registered.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) closure: HostClosure,
}

/// Calls a closure: for the gate, which has left its caller's registers as
/// they were. Those that are no arguments hold anything.
pub(super) extern "C" fn call(
    function: &Named,
    x0: f64,
    x1: f64,
    x2: f64,
    x3: f64,
    x4: f64,
    x5: f64,
    x6: f64,
    x7: f64,
) -> Outcome {
    let registers = [x0, x1, x2, x3, x4, x5, x6, x7];
    let HostClosure { params, body } = &function.closure;
    let args = &registers[..*params];
    // Whatever the function leaves half done, nobody but it can see.
    let result = catch_unwind(AssertUnwindSafe(|| body(args)));
    let name = || function.name.clone();
    let failure = match result {
        Ok(Ok(value)) => return Outcome { status: RETURNED, value },
        Ok(Err(source)) => Failure::Failed { name: name(), source },
        Err(payload) => {
            let message = message(payload);
            Failure::Panicked { name: name(), message }
        }
    };
    // There is a context: the gate has just used it.
    let _ = thread::with_context(|context| {
        context.failure.set(Some(failure));
        Ok(())
    });
    Outcome { status: FAILED, value: 0.0 }
}

/// What a panic has to say.
pub(super) fn message(payload: Box<dyn Any + Send>) -> String {
    let message = match payload.downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => match payload.downcast_ref::<String>() {
            Some(text) => text.clone(),
            None => "a panic without a message".to_owned(),
        },
    };
    // The payload is anything, and may panic itself.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    message
}
