//! SIGSEGV: an overflow of the JIT stack becomes an error, and everything
//! else stays a crash.

use super::redirect::{self, Handler, Interrupted};
use crate::executor::context::Context;
use crate::executor::{escape, thread};
use libc::{SA_SIGINFO, SIG_DFL, SIG_IGN, SIGSEGV, c_int, siginfo_t};
use std::ffi::c_void;
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Who else handles faults.
static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

/// The kernel's mark on a fault that no instruction has made.
const SI_KERNEL: c_int = 0x80;

/// More than the kernel pushes to deliver a signal: all registers, of which
/// the largest are 8 KiB.
const SIGNAL_FRAME: usize = 16 << 10;

pub(super) fn install() -> io::Result<()> {
    static IS_INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut is_installed =
        IS_INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    // Installed twice, the handler would be its own predecessor.
    if !*is_installed {
        let previous = redirect::action(SIGSEGV)?;
        // Before the handler is: it may be needed at once.
        PREVIOUS.get_or_init(|| previous);
        redirect::handle(SIGSEGV, on_fault)?;
        *is_installed = true;
    }
    Ok(())
}

// ANCHOR: on_fault
unsafe extern "C" fn on_fault(
    signal: c_int,
    info: *mut siginfo_t,
    ucontext: *mut c_void,
) {
    if let Some(context) = thread::context() {
        // SAFETY: these are this handler's own arguments.
        let (info, mut interrupted) =
            unsafe { (&*info, Interrupted::new(ucontext)) };
        if is_overflow(context, info, &interrupted) {
            return interrupted.escape(context, escape::OVERFLOWED);
        }
    }
    // SAFETY: as above.
    unsafe { pass_on(signal, info, ucontext) };
}
// ANCHOR_END: on_fault

/// Whether the innermost entry has used up the stack.
// ANCHOR: is_overflow
fn is_overflow(
    context: &Context,
    info: &siginfo_t,
    interrupted: &Interrupted<'_>,
) -> bool {
    if context.record.get() == 0 || !interrupted.is_ours(context) {
        return false;
    }
    let guard = context.guard();
    if info.si_code == SI_KERNEL {
        // A handler that does not ask for the alternate stack gets what is
        // left of this one. The kernel has found that to be too little.
        let near = guard.start..guard.end + SIGNAL_FRAME;
        return near.contains(&interrupted.sp());
    }
    // SAFETY: a fault's signal carries an address.
    info.si_code > 0 && guard.contains(&unsafe { info.si_addr() }.addr())
}
// ANCHOR_END: is_overflow

/// Does what would have been done without this handler.
///
/// # Safety
/// The arguments are those of the handler.
unsafe fn pass_on(signal: c_int, info: *mut siginfo_t, ucontext: *mut c_void) {
    let previous = PREVIOUS.get().expect("stored before the installation");
    let handler = previous.sa_sigaction;
    // SAFETY: the previous handler is a function of the one type or the
    // other, as its flags say, and would have been called so.
    unsafe {
        let is_sent = (*info).si_code <= 0;
        if handler == SIG_IGN && is_sent {
            // Only faults are not ignored.
        } else if handler == SIG_DFL || handler == SIG_IGN {
            // When this one returns, the instruction faults once more. A
            // signal that somebody has sent is sent again.
            libc::signal(signal, SIG_DFL);
            if is_sent {
                libc::raise(signal);
            }
        } else if previous.sa_flags & SA_SIGINFO != 0 {
            let handler = std::mem::transmute::<usize, Handler>(handler);
            handler(signal, info, ucontext);
        } else {
            type Simple = unsafe extern "C" fn(c_int);
            std::mem::transmute::<usize, Simple>(handler)(signal);
        }
    }
}
