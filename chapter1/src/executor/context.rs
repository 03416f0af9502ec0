//! What machine code and signal handlers know of the thread they are on.
//!
//! Every thread that runs JIT'd code has a stack for it, whose size is a
//! power of two and which is aligned to that. The context lies at its very
//! top, so code on the stack finds it from the stack pointer alone:
//! ```text
//! mov r11, rsp
//! or  r11, SIZE - 1         ; the last byte of the stack and the context
//! ```

use super::ExecutorAddr;
use super::escape::Failure;
use super::resolver::Handler;
use super::stack::{GUARD, SIZE};
use std::cell::Cell;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One thread's part in running JIT'd code.
#[repr(C, align(64))]
pub(super) struct Context {
    /// The innermost entry record, which is also where the native stack goes
    /// on. Zero outside of all entries.
    pub(super) record: Word,
    /// Where the JIT stack goes on, while the thread is on its native one.
    pub(super) sp: Word,
    /// Where JIT'd code was when it was left for an error.
    pub(super) site: Site,
    /// The code that the innermost entry may run: its first byte and the one
    /// after its last.
    code: [Word; 2],
    /// Who is asked when that code meets a function without a body. Signal
    /// handlers leave it alone.
    handler: Cell<Option<NonNull<Handler>>>,
    /// What a host function failed with. Signal handlers leave it alone.
    pub(super) failure: Cell<Option<Failure>>,
}

/// A place in running code.
#[repr(C)]
#[derive(Default)]
pub(super) struct Site {
    /// The instruction, or zero where only the frame is known.
    pub(super) pc: Word,
    /// The frame pointer.
    pub(super) fp: Word,
    /// The stack pointer.
    pub(super) sp: Word,
}

impl Context {
    /// The context of a thread that has not entered JIT'd code, and will do
    /// so with this stack pointer.
    pub(super) fn new(sp: usize) -> Context {
        Context {
            record: Word::default(),
            sp: Word::new(sp),
            site: Site::default(),
            code: [Word::default(), Word::default()],
            handler: Cell::new(None),
            failure: Cell::new(None),
        }
    }

    /// The part of the stack that can be used.
    pub(super) fn stack(&self) -> Range<usize> {
        self.base() + GUARD..self.address()
    }

    /// The part of the stack that cannot.
    pub(super) fn guard(&self) -> Range<usize> {
        self.base()..self.base() + GUARD
    }

    /// The code that the innermost entry may run.
    pub(super) fn code(&self) -> Range<ExecutorAddr> {
        let [start, end] = &self.code;
        ExecutorAddr::new(start.get() as u64)
            ..ExecutorAddr::new(end.get() as u64)
    }

    /// Says which code that is.
    pub(super) fn set_code(&self, code: &Range<ExecutorAddr>) {
        let [start, end] = &self.code;
        start.set(code.start.as_u64() as usize);
        end.set(code.end.as_u64() as usize);
    }

    /// Who is asked for bodies during the innermost entry.
    pub(super) fn handler(&self) -> &Cell<Option<NonNull<Handler>>> {
        &self.handler
    }

    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn base(&self) -> usize {
        self.address() & !(SIZE - 1)
    }
}

/// A word that a signal handler on the same thread, or machine code, may
/// read and change between any two instructions.
#[repr(transparent)]
#[derive(Default)]
pub(super) struct Word(AtomicUsize);

impl Word {
    pub(super) const fn new(value: usize) -> Word {
        Word(AtomicUsize::new(value))
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, value: usize) {
        self.0.store(value, Ordering::Relaxed);
    }
}
