//! The stack that signal handlers run on when the JIT stack is full.
//!
//! Threads that Rust has started have one, and others get one here.

use libc::{SS_DISABLE, stack_t};
use rustix::mm::{
    MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap,
};
use std::ffi::c_void;
use std::io;
use std::ptr::{null, null_mut};

/// What handlers, those of others included, can use, in bytes.
const SIZE: usize = 64 << 10;

/// This thread's alternate stack. It is given back when this is dropped.
pub(in crate::executor) struct AltStack {
    /// Its guard, which lies below it. Null if the thread has another one.
    memory: *mut c_void,
}

impl AltStack {
    pub(in crate::executor) fn new() -> io::Result<AltStack> {
        let mut present = stack(null_mut(), SS_DISABLE);
        // SAFETY: the kernel says what there is.
        check(unsafe { libc::sigaltstack(null(), &mut present) })?;
        if present.ss_flags & SS_DISABLE == 0 {
            return Ok(AltStack { memory: null_mut() });
        }
        let made = AltStack { memory: map()? };
        let new = stack(made.start(), 0);
        // SAFETY: the memory stays until `drop`, which ends its use first.
        check(unsafe { libc::sigaltstack(&new, null_mut()) })?;
        Ok(made)
    }

    fn start(&self) -> *mut c_void {
        self.memory.wrapping_byte_add(rustix::param::page_size())
    }
}

impl Drop for AltStack {
    fn drop(&mut self) {
        if self.memory.is_null() {
            return;
        }
        let mut present = stack(null_mut(), SS_DISABLE);
        // SAFETY: the kernel says what there is. If it is this one, no
        // handler is running on it, and its use ends before its memory goes.
        unsafe {
            libc::sigaltstack(null(), &mut present);
            if present.ss_sp == self.start() {
                libc::sigaltstack(&stack(null_mut(), SS_DISABLE), null_mut());
            }
            let size = SIZE + rustix::param::page_size();
            let _ = munmap(self.memory, size);
        }
    }
}

/// A page that cannot be used, and the stack.
fn map() -> io::Result<*mut c_void> {
    let page = rustix::param::page_size();
    let read_write = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the kernel chooses addresses that nobody uses.
    unsafe {
        let flags = MapFlags::PRIVATE;
        let memory =
            mmap_anonymous(null_mut(), SIZE + page, read_write, flags)?;
        mprotect(memory, page, MprotectFlags::empty())?;
        Ok(memory)
    }
}

fn stack(start: *mut c_void, flags: i32) -> stack_t {
    stack_t { ss_sp: start, ss_flags: flags, ss_size: SIZE }
}

fn check(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
