//! What a thread needs before it can enter JIT'd code.
//!
//! It is made at the first entry, and goes when the thread ends.

use super::ExecutorError;
use super::context::Context;
use super::stack::Stack;
use super::traps::{AltStack, Registered};
use std::cell::{Cell, OnceCell};
use std::io;
use std::ptr::{NonNull, null};
use std::thread::AccessError;

struct Thread {
    stack: Stack,
    /// These two live as long as the thread can enter.
    _signals: AltStack,
    _registered: Registered,
}

thread_local! {
    /// The context of this thread, or null: for signal handlers too, which
    /// may not initialise anything.
    static CONTEXT: Cell<*const Context> = const { Cell::new(null()) };

    static THREAD: OnceCell<Thread> = const { OnceCell::new() };
}

/// Runs `body` with the context of this thread.
///
/// # Errors
/// Those of `body`, or if there is no context and it cannot be made.
#[inline]
pub(super) fn with_context<T>(
    body: impl FnOnce(&Context) -> Result<T, ExecutorError>,
) -> Result<T, ExecutorError> {
    let context = match NonNull::new(CONTEXT.get().cast_mut()) {
        Some(context) => context,
        None => set_up().map_err(ExecutorError::NoStack)?,
    };
    // SAFETY: the context is valid until the thread's local values go, and
    // it is never borrowed mutably.
    body(unsafe { context.as_ref() })
}

/// The context of this thread, if it has entered JIT'd code. Signal handlers
/// may call this.
pub(super) fn context<'a>() -> Option<&'a Context> {
    // SAFETY: it is valid or null, and a handler ends before anything else
    // happens on this thread.
    unsafe { CONTEXT.get().as_ref() }
}

#[cold]
fn set_up() -> io::Result<NonNull<Context>> {
    THREAD
        .try_with(|thread| {
            let made = Thread {
                stack: Stack::new()?,
                _signals: AltStack::new()?,
                _registered: Registered::new(),
            };
            let context = thread.get_or_init(|| made).stack.context();
            CONTEXT.set(context.as_ptr());
            Ok(context)
        })
        .map_err(at_end)?
}

/// Why a destructor of a thread's local values cannot call JIT'd code.
pub(super) fn at_end(_: AccessError) -> io::Error {
    io::Error::other("the thread is about to end")
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Before the stack: a signal handler must not find it half gone.
        CONTEXT.set(null());
    }
}
