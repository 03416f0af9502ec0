//! SIGINT: a wish to stop, for all threads.
//!
//! The kernel gives Ctrl-C to any thread that does not block it, most often
//! the first one. That sets the flag, and sends the signal on to all others
//! that may be in JIT'd code.

use super::redirect::{self, Interrupted};
use super::threads;
use crate::cancel;
use crate::executor::{escape, thread};
use libc::{SIG_IGN, SIGINT, c_int, siginfo_t};
use std::ffi::c_void;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

pub(super) fn install() -> io::Result<()> {
    if redirect::action(SIGINT)?.sa_sigaction == SIG_IGN {
        return Ok(());
    }
    redirect::handle(SIGINT, on_interrupt)?;
    IS_INSTALLED.store(true, Ordering::SeqCst);
    Ok(())
}

/// Makes all threads that are in JIT'd code look at the flag.
pub(crate) fn forward() {
    if IS_INSTALLED.load(Ordering::SeqCst) {
        threads::signal_all(SIGINT);
    }
}

// ANCHOR: on_interrupt
unsafe extern "C" fn on_interrupt(
    signal: c_int,
    info: *mut siginfo_t,
    ucontext: *mut c_void,
) {
    // SAFETY: these are the handler's own arguments.
    let (info, mut interrupted) =
        unsafe { (&*info, Interrupted::new(ucontext)) };
    if !threads::is_from_here(info) {
        // First the flag: whatever is not redirected polls it.
        cancel::set();
        threads::signal_all(signal);
    }
    // A signal that comes late must not begin a new interruption.
    if !cancel::is_requested() {
        return;
    }
    if let Some(context) = thread::context()
        // On its native stack a thread polls before it is here again.
        && context.stack().contains(&interrupted.sp())
        && interrupted.is_ours(context)
    {
        interrupted.escape(context, escape::INTERRUPTED);
    }
}
// ANCHOR_END: on_interrupt
