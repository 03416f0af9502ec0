//! The wish to stop: a flag that everything looks at which may take long.
//!
//! There is one for the process, as there is one terminal to press Ctrl-C
//! on. It is set until somebody [takes](take) it; meanwhile no JIT'd code
//! can be entered, and whatever polls gives up.

use crate::executor::traps;
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;

/// Machine code polls it too.
pub(crate) static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether somebody wants everything to stop. It costs next to nothing: a
/// host function that blocks, or a compiler's pass that takes long, asks now
/// and then, and returns soon if so.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Something was given up, because somebody wants everything to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("interrupted")]
pub struct Cancelled;

/// The same question, for those who give up with an error.
///
/// # Errors
/// If somebody wants everything to stop.
#[inline]
pub fn check() -> Result<(), Cancelled> {
    match is_requested() {
        true => Err(Cancelled),
        false => Ok(()),
    }
}

/// Interrupts all threads that run JIT'd code, as Ctrl-C does. Without
/// [`traps::catch_interrupts`], code that calls nothing runs on.
pub fn request() {
    set();
    traps::interrupt::forward();
}

/// Ends the interruption, and returns whether there was one: for those who
/// have seen to it that all is stopped.
pub fn take() -> bool {
    REQUESTED.swap(false, Ordering::SeqCst)
}

/// Sets the flag, in an order with the list of threads: see there.
pub(crate) fn set() {
    REQUESTED.store(true, Ordering::SeqCst);
}
