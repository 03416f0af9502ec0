//! The stack that JIT'd code runs on: one for each thread.
//!
//! ```text
//! base          base + GUARD                                base + SIZE
//! |    guard    |  deepest frame  ...  outermost frame | context |
//! ```
//! `base` is a multiple of `SIZE`. Pages get memory when they are touched.

use super::context::Context;
use crate::codegen::MAX_FRAME;
use rustix::io;
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous,
    mprotect, munmap,
};
use std::ffi::c_void;
use std::ptr::NonNull;

/// The size of the stack with its guard, in bytes.
pub(super) const SIZE: usize = 16 << 20;

/// The size of the guard, in bytes: no call can step over it.
pub(super) const GUARD: usize = 2 << 20;

/// What the frames of one thread can occupy, in bytes: enough for 100 000
/// activations of a function whose frame, return address and saved frame
/// pointer included, has up to 144 bytes.
pub const DEPTH: usize = SIZE - GUARD - TOP;

/// What lies above the outermost frame. The context is the last of it; a host
/// thunk that copies arguments may read the rest.
const TOP: usize = 512;

/// So much of a stack stays in memory when the rest is given back.
const KEEP: usize = 256 << 10;

/// The outermost part, where most programs stay, consists of small pages.
const SMALL_PAGES: usize = 2 << 20;

const _: () = {
    // A frame, and the return address and frame pointer pushed below it.
    assert!(GUARD as u64 >= MAX_FRAME + 4096);
    assert!(DEPTH / 144 >= 100_000);
    assert!(size_of::<Context>() + super::gate::STACKED <= TOP);
};

/// A stack for JIT'd code.
pub(super) struct Stack {
    base: NonNull<c_void>,
}

impl Stack {
    /// Reserves a stack, and puts a context at its top.
    pub(super) fn new() -> io::Result<Stack> {
        let stack = Stack::reserve()?;
        let usable = stack.at(GUARD);
        let read_write = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: this is the stack without its guard, which nobody uses.
        unsafe { mprotect(usable, SIZE - GUARD, read_write) }?;
        let large = SIZE - GUARD - SMALL_PAGES;
        // A deep recursion is faster with huge pages. Without, it works.
        // SAFETY: the advice does not change what is in memory.
        let _ = unsafe { madvise(usable, large, Advice::LinuxHugepage) };
        let outermost = stack.at(SIZE - TOP).addr();
        // SAFETY: the context fits between here and the stack's end, and its
        // size is a multiple of its alignment.
        unsafe { stack.context().write(Context::new(outermost)) };
        Ok(stack)
    }

    /// The context, which is valid as long as the stack.
    pub(super) fn context(&self) -> NonNull<Context> {
        let at = self.at(SIZE - size_of::<Context>());
        NonNull::new(at.cast()).expect("above the base")
    }

    /// An aligned range of addresses without memory.
    fn reserve() -> io::Result<Stack> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let null = std::ptr::null_mut();
        // Twice as much contains an aligned part.
        // SAFETY: the kernel chooses addresses that nobody uses.
        let start = unsafe {
            mmap_anonymous(null, 2 * SIZE, ProtFlags::empty(), flags)
        }?;
        let before = start.addr().next_multiple_of(SIZE) - start.addr();
        let base = start.wrapping_byte_add(before);
        // SAFETY: these are the parts of the mapping that are not kept. If
        // the kernel has no room to split it, they stay, and harm nobody.
        unsafe {
            let _ = before == 0 || munmap(start, before).is_ok();
            let _ = munmap(base.wrapping_byte_add(SIZE), SIZE - before);
        }
        // Frames are found by the numbers in registers.
        base.expose_provenance();
        Ok(Stack { base: NonNull::new(base).expect("mapped") })
    }

    fn at(&self, offset: usize) -> *mut c_void {
        self.base.as_ptr().wrapping_byte_add(offset)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: it is mapped, and its thread has left it. If the kernel
        // refuses, it stays unused.
        let _ = unsafe { munmap(self.base.as_ptr(), SIZE) };
    }
}

/// Gives the memory of a stack back that was used below `sp`, unless that is
/// little. Frames from `sp` on stay.
pub(super) fn give_back(context: &Context, sp: usize) {
    let stack = context.stack();
    let page = rustix::param::page_size();
    let end = sp.min(stack.end - KEEP) & !(page - 1);
    if context.site.sp.get() >= end {
        return;
    }
    let start = std::ptr::with_exposed_provenance_mut(stack.start);
    // SAFETY: the whole pages from the guard to `sp` hold no frames, and the
    // stack stays mapped as long as its thread. If the kernel refuses, the
    // memory stays in use.
    let _ = unsafe { madvise(start, end - stack.start, Advice::LinuxDontNeed) };
}
