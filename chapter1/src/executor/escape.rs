//! The way out of JIT'd code when it cannot go on: the innermost entry ends
//! with an error, and the frames above it on the JIT stack are forgotten.
//!
//! That is sound because JIT'd frames own nothing. Rust frames are never
//! among them: a Rust function that enters JIT'd code has an entry of its
//! own, which gets the error and returns it like any other.

use super::context::Context;
use super::entry::{Record, leave};
use super::stack::{SIZE, give_back};
use super::{ExecutorAddr, ExecutorError, frames};
use std::arch::naked_asm;
use std::error::Error;
use std::mem::offset_of;

/// The function has returned.
pub(super) const RETURNED: u64 = 0;
/// A host function or the resolver has left a [`Failure`] in the context.
pub(super) const FAILED: u64 = 1;
/// The JIT stack is full.
pub(super) const OVERFLOWED: u64 = 2;
/// Somebody wants everything to stop.
pub(super) const INTERRUPTED: u64 = 3;

/// Why a host function did not return a number, or there is no body.
pub(super) enum Failure {
    /// It returned an error.
    Failed { name: String, source: Box<dyn Error + Send + Sync> },
    /// It panicked.
    Panicked { name: String, message: String },
    /// Nobody was asked for a body.
    NobodyToAsk { stub: ExecutorAddr },
    /// There is no body to be had.
    Unresolved { stub: ExecutorAddr, source: Box<dyn Error + Send + Sync> },
}

/// Ends the innermost entry with a status, from wherever.
#[unsafe(naked)]
#[unsafe(link_section = "jit_gates")]
// ANCHOR: escape
pub(super) unsafe extern "C" fn escape(context: &Context, status: u64) -> ! {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "mov rsp, [rdi + {record}]",
        "lea rbp, [rsp + {frame}]",
        "mov rbx, rdi",
        // Code that returns has kept these; code that does not may not have.
        "ldmxcsr [rsp + {mxcsr}]",
        "fldcw [rsp + {x87}]",
        "mov rax, rsi",
        "jmp {leave}",
        ".cfi_endproc",
        record = const offset_of!(Context, record),
        frame = const offset_of!(Record, frame),
        mxcsr = const offset_of!(Record, mxcsr),
        x87 = const offset_of!(Record, x87),
        leave = sym leave,
    )
}
// ANCHOR_END: escape

/// The same for a gate, on the JIT stack: `rbp` is its frame, and `rsi` the
/// status.
#[unsafe(naked)]
#[unsafe(link_section = "jit_gates")]
pub(super) unsafe extern "C" fn escape_from_gate() -> ! {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_signal_frame",
        ".cfi_def_cfa rbp, 16",
        ".cfi_offset rbp, -16",
        "mov rdi, rbp",
        "or rdi, {last}",
        "sub rdi, {size} - 1",
        "mov qword ptr [rdi + {pc}], 0",
        "mov [rdi + {fp}], rbp",
        "mov [rdi + {sp}], rbp",
        "jmp {escape}",
        ".cfi_endproc",
        last = const SIZE - 1,
        size = const size_of::<Context>(),
        pc = const offset_of!(Context, site.pc),
        fp = const offset_of!(Context, site.fp),
        sp = const offset_of!(Context, site.sp),
        escape = sym escape,
    )
}

/// What an entry that has been escaped from returns.
#[cold]
pub(super) fn error(context: &Context, status: u64) -> ExecutorError {
    let frames = frames::walk(context);
    give_back(context, context.sp.get());
    // An interruption may have come between a failure and its escape.
    let failure = context.failure.take();
    match (status, failure) {
        (OVERFLOWED, _) => ExecutorError::StackOverflow { frames },
        (FAILED, Some(Failure::Failed { name, source })) => {
            ExecutorError::HostFailed { name, source, frames }
        }
        (FAILED, Some(Failure::Panicked { name, message })) => {
            ExecutorError::HostPanicked { name, message, frames }
        }
        (FAILED, Some(Failure::NobodyToAsk { stub })) => {
            ExecutorError::NobodyToAsk { stub }
        }
        (FAILED, Some(Failure::Unresolved { stub, source })) => {
            ExecutorError::Unresolved { stub, source, frames }
        }
        _ => ExecutorError::Interrupted { frames },
    }
}
