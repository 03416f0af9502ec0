//! The way into JIT'd code and, if all goes well, out of it.
//!
//! An entry leaves a [`Record`] on the native stack and goes on on the JIT
//! stack. Whatever happens there, the record leads back to here.

use super::context::Context;
use super::resolver::Handler;
use super::{ExecutorAddr, ExecutorError, escape, thread};
use crate::cancel;
use std::arch::naked_asm;
use std::mem::offset_of;
use std::ops::Range;
use std::ptr::NonNull;

/// How many arguments a call from the host can pass.
pub const MAX_ARGUMENTS: usize = 8;

/// So much of a thread's native stack must be left for an entry, in bytes:
/// all that the host functions have which JIT'd code calls.
pub const NATIVE_HEADROOM: usize = 256 << 10;

/// Calls a function that runs within `code`, for which `handler` makes what
/// is missing.
///
/// # Safety
/// At `function` begins a published function of the System V calling
/// convention, which takes that many `double`s, of which there are at most
/// [`MAX_ARGUMENTS`], and returns one. What it can
/// reach in `code` is not freed before it has returned, and besides that it
/// calls nothing but host thunks.
// ANCHOR: enter
pub(super) unsafe fn enter(
    code: &Range<ExecutorAddr>,
    handler: &Handler,
    function: ExecutorAddr,
    args: &[f64],
) -> Result<f64, ExecutorError> {
    check_headroom()?;
    thread::with_context(|context| {
        let _restored = EnteredCode::new(context, code, handler);
        // SAFETY: the caller promises what there is at `function`, and that
        // there are registers for all arguments. The JIT stack is free from
        // `context.sp` on: JIT'd code of this thread is suspended above it,
        // or there is none.
        let outcome =
            unsafe { switch(context, function, args.as_ptr(), args.len()) };
        match outcome.status {
            escape::RETURNED => Ok(outcome.value),
            status => Err(escape::error(context, status)),
        }
    })
}
// ANCHOR_END: enter

/// While this exists, a context has other code than before: until an entry
/// has ended, even if it drops an error of the user's which then panics.
struct EnteredCode<'a> {
    context: &'a Context,
    outer: Range<ExecutorAddr>,
    outer_handler: Option<NonNull<Handler>>,
}

impl<'a> EnteredCode<'a> {
    fn new(
        context: &'a Context,
        code: &Range<ExecutorAddr>,
        handler: &'a Handler,
    ) -> Self {
        let outer = context.code();
        context.set_code(code);
        let outer_handler =
            context.handler().replace(Some(NonNull::from(handler)));
        EnteredCode { context, outer, outer_handler }
    }
}

impl Drop for EnteredCode<'_> {
    fn drop(&mut self) {
        self.context.set_code(&self.outer);
        self.context.handler().set(self.outer_handler);
    }
}

/// Native frames grow when host functions enter again.
fn check_headroom() -> Result<(), ExecutorError> {
    match stacker::remaining_stack() {
        Some(left) if left < NATIVE_HEADROOM => {
            Err(ExecutorError::NativeStackFull { left })
        }
        _ => Ok(()),
    }
}

/// What an entry saves on the native stack, from lower addresses to higher.
#[repr(C)]
// ANCHOR: Record
pub(super) struct Record {
    /// The record of the entry around this one, or zero.
    outer: usize,
    /// Where the JIT stack goes on after this entry.
    pub(super) sp: usize,
    /// The control registers of SSE and x87 arithmetic.
    pub(super) mxcsr: u32,
    pub(super) x87: u32,
    /// The registers that a callee preserves.
    saved: [usize; 5],
    /// `rbp` while JIT'd code runs, as in any other frame.
    pub(super) frame: [usize; 2],
}
// ANCHOR_END: Record

/// How an entry has ended: in `rax` and `xmm0`.
#[repr(C)]
pub(super) struct Outcome {
    pub(super) status: u64,
    pub(super) value: f64,
}

/// Makes a record, switches to the JIT stack, and calls a function there.
#[unsafe(naked)]
#[unsafe(link_section = "jit_gates")]
unsafe extern "C" fn switch(
    context: &Context,
    function: ExecutorAddr,
    args: *const f64,
    count: usize,
) -> Outcome {
    naked_asm!(
        // ANCHOR: switch_record
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa rsp, 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa rbp, 16",
        "push rbx",
        ".cfi_offset rbx, -24",
        "push r12",
        ".cfi_offset r12, -32",
        "push r13",
        ".cfi_offset r13, -40",
        "push r14",
        ".cfi_offset r14, -48",
        "push r15",
        ".cfi_offset r15, -56",
        "sub rsp, 8",
        "stmxcsr [rsp]",
        "fnstcw [rsp + 4]",
        "push qword ptr [rdi + {sp}]",
        "push qword ptr [rdi + {record}]",
        "mov [rdi + {record}], rsp",
        // ANCHOR_END: switch_record
        // ANCHOR: switch_call
        // The way back: nobody changes these two before he returns.
        "mov rbx, rdi",
        "mov rsp, [rdi + {sp}]",
        // From here on an interruption need not wait for a poll: the signal
        // handler knows this code, and escapes.
        "cmp byte ptr [rip + {cancelled}], 0",
        "jne 2f",
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7",
        r"cmp rcx, \number",
        "je 3f",
        r"movsd xmm\number, [rdx + 8 * \number]",
        ".endr",
        "3: call rsi",
        "mov eax, {returned}",
        "lea rsp, [rbp - {frame}]",
        "jmp {leave}",
        // ANCHOR_END: switch_call
        // ANCHOR: switch_interrupted
        "2: xor eax, eax",
        "mov [rdi + {pc}], rax",
        "mov [rdi + {fp}], rax",
        "mov [rdi + {site_sp}], rsp",
        "mov esi, {interrupted}",
        "jmp {escape}",
        // ANCHOR_END: switch_interrupted
        ".cfi_endproc",
        sp = const offset_of!(Context, sp),
        record = const offset_of!(Context, record),
        pc = const offset_of!(Context, site.pc),
        fp = const offset_of!(Context, site.fp),
        site_sp = const offset_of!(Context, site.sp),
        frame = const offset_of!(Record, frame),
        returned = const escape::RETURNED,
        interrupted = const escape::INTERRUPTED,
        cancelled = sym cancel::REQUESTED,
        leave = sym leave,
        escape = sym escape::escape,
    )
}

/// Undoes the innermost entry: `rsp` is its record, `rbp` its frame and `rbx`
/// the context. The outcome is in `rax` and `xmm0`.
#[unsafe(naked)]
#[unsafe(link_section = "jit_gates")]
// ANCHOR: leave
pub(super) unsafe extern "C" fn leave() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_def_cfa rbp, 16",
        ".cfi_offset rbp, -16",
        ".cfi_offset rbx, -24",
        ".cfi_offset r12, -32",
        ".cfi_offset r13, -40",
        ".cfi_offset r14, -48",
        ".cfi_offset r15, -56",
        "pop qword ptr [rbx + {record}]",
        "pop qword ptr [rbx + {sp}]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
        record = const offset_of!(Context, record),
        sp = const offset_of!(Context, sp),
    )
}
// ANCHOR_END: leave
