//! How a signal handler makes interrupted code go on in the escape.

use crate::executor::ExecutorAddr;
use crate::executor::context::Context;
use crate::executor::escape::escape;
use libc::{
    REG_RBP, REG_RDI, REG_RIP, REG_RSI, REG_RSP, c_int, siginfo_t, ucontext_t,
};
use std::ffi::c_void;
use std::io;

unsafe extern "C" {
    /// Where the linker has put the machine code of this folder: its first
    /// byte, and the one after its last.
    #[link_name = "__start_jit_gates"]
    static GATES_START: u8;
    #[link_name = "__stop_jit_gates"]
    static GATES_END: u8;
}

/// A signal handler that gets all there is to know.
pub(super) type Handler =
    unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// The registers of interrupted code. The kernel loads them again when the
/// handler returns.
pub(super) struct Interrupted<'a>(&'a mut ucontext_t);

impl Interrupted<'_> {
    /// # Safety
    /// It is the third argument of a handler that has not returned.
    pub(super) unsafe fn new<'a>(context: *mut c_void) -> Interrupted<'a> {
        // SAFETY: the kernel has made it, and nobody else refers to it.
        Interrupted(unsafe { &mut *context.cast::<ucontext_t>() })
    }

    pub(super) fn sp(&self) -> usize {
        self.register(REG_RSP)
    }

    /// Whether code can be left here for an error: it is JIT'd code, or one
    /// of the few instructions that lead there and back.
    pub(super) fn is_ours(&self, context: &Context) -> bool {
        let pc = self.register(REG_RIP);
        let gates =
            (&raw const GATES_START).addr()..(&raw const GATES_END).addr();
        context.code().contains(&ExecutorAddr::new(pc as u64))
            || gates.contains(&pc)
    }

    /// Goes on in the escape from the innermost entry, of which there is one.
    // ANCHOR: escape
    pub(super) fn escape(&mut self, context: &Context, status: u64) {
        context.site.pc.set(self.register(REG_RIP));
        context.site.fp.set(self.register(REG_RBP));
        context.site.sp.set(self.register(REG_RSP));
        self.set(REG_RIP, (escape as *const ()).addr());
        self.set(REG_RDI, context.address());
        self.set(REG_RSI, status as usize);
        // At once, so that the next signal finds room.
        self.set(REG_RSP, context.record.get());
    }
    // ANCHOR_END: escape

    fn register(&self, index: c_int) -> usize {
        self.0.uc_mcontext.gregs[index as usize] as usize
    }

    fn set(&mut self, index: c_int, value: usize) {
        self.0.uc_mcontext.gregs[index as usize] = value as i64;
    }
}

/// What is done with a signal.
pub(super) fn action(signal: c_int) -> io::Result<libc::sigaction> {
    // SAFETY: all zeros are a value of this type, which the call replaces.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        match libc::sigaction(signal, std::ptr::null(), &mut action) {
            0 => Ok(action),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Installs a handler, which runs on the alternate stack.
pub(super) fn handle(signal: c_int, handler: Handler) -> io::Result<()> {
    // SAFETY: all zeros are a value of this type: no flags, nothing masked.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    action.sa_sigaction = (handler as *const ()).expose_provenance();
    // SAFETY: the handler does only what handlers may.
    match unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
