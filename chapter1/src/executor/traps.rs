//! Signals that become errors: an overflow of the JIT stack, and Ctrl-C.
//!
//! | file | what it has |
//! |---|---|
//! | `overflow` | the handler of SIGSEGV |
//! | `interrupt` | the handler of SIGINT |
//! | `redirect` | what the two have in common: into the escape |
//! | `alt_stack` | the stack that handlers run on |
//! | `threads` | which threads have to hear of an interruption |
//!
//! Handlers are for the process, and so for its program to install: a library
//! does not do so on its own. They do what is allowed in a handler, no more:
//! they read and write words, and make system calls.

mod alt_stack;
pub(crate) mod interrupt;
mod overflow;
mod redirect;
mod threads;

pub(super) use alt_stack::AltStack;
pub(super) use threads::Registered;

use std::io;

/// Makes overflows of the JIT stack errors, in all threads. Any other fault
/// goes where it has gone before. Without this an overflow ends the process,
/// as it does in a native program, but corrupts nothing. A thread that is
/// ending may have no stack for handlers any more: an overflow in a destructor
/// of its local values ends the process too.
///
/// # Errors
/// If the system refuses.
pub fn catch_overflows() -> io::Result<()> {
    overflow::install()
}

/// Makes Ctrl-C (SIGINT) a [request to stop](crate::cancel), which whoever
/// runs JIT'd code has to [take](crate::cancel::take). What has been done
/// with the signal before is done no more; but a process that ignores it
/// goes on doing so.
///
/// # Errors
/// If the system refuses.
pub fn catch_interrupts() -> io::Result<()> {
    interrupt::install()
}
