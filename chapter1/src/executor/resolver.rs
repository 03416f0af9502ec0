//! The resolver: what JIT'd code runs into when it calls a function that has
//! no body yet. It asks for one, and goes on there as if nothing had been.
//!
//! It is jumped to with the stub of the function in `r10` and everything else
//! as the function expects it: arguments in registers and above the return
//! address. Those in registers are kept on the JIT stack meanwhile; the
//! others stay where they are.

use super::context::Context;
use super::escape::{FAILED, Failure, INTERRUPTED, RETURNED, escape_from_gate};
use super::stack::SIZE;
use super::traits::Reentry;
use super::{ExecutorAddr, closure, thread};
use crate::cancel;
use std::arch::naked_asm;
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, Weak};

/// Who is asked for bodies, if anybody is.
#[derive(Default)]
pub(super) struct Handler(Mutex<Option<Weak<dyn Reentry>>>);

impl Handler {
    pub(super) fn set(&self, handler: Weak<dyn Reentry>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(handler);
    }

    /// Asks where the function behind a stub begins.
    // ANCHOR: handler_ask
    fn ask(&self, stub: ExecutorAddr) -> Result<ExecutorAddr, Failure> {
        // The handler commits and calls: the lock ends before it begins.
        let handler = {
            let handler = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            handler.as_ref().and_then(Weak::upgrade)
        };
        let handler = handler.ok_or(Failure::NobodyToAsk { stub })?;
        let unresolved = |source| Failure::Unresolved { stub, source };
        // Whatever the handler leaves half done, it is for it to mend.
        match catch_unwind(AssertUnwindSafe(|| handler.resolve(stub))) {
            Ok(result) => result.map_err(unresolved),
            Err(payload) => {
                let message = closure::message(payload);
                Err(unresolved(Panicked(message).into()))
            }
        }
    }
    // ANCHOR_END: handler_ask
}

/// Whoever was asked for a body has panicked.
#[derive(Debug, thiserror::Error)]
#[error("a panic while it was made: {0}")]
struct Panicked(String);

/// Where to go on: in `rax` and `rdx`.
// ANCHOR: Answer
#[repr(C)]
struct Answer {
    status: u64,
    body: ExecutorAddr,
}
// ANCHOR_END: Answer

/// Asks on the native stack.
// ANCHOR: ask
extern "C" fn ask(stub: ExecutorAddr) -> Answer {
    let mut answer = Answer { status: FAILED, body: ExecutorAddr::new(0) };
    // There is a context, with a handler: code has been entered.
    let _ = thread::with_context(|context| {
        let handler = context.handler().get().expect("set by the entry");
        // SAFETY: the innermost entry has borrowed it until it ends.
        match unsafe { handler.as_ref() }.ask(stub) {
            Ok(body) => answer = Answer { status: RETURNED, body },
            Err(failure) => context.failure.set(Some(failure)),
        }
        Ok(())
    });
    answer
}
// ANCHOR_END: ask

/// What is kept for the registers that can carry an argument: `xmm0` to
/// `xmm7`, then `rdi`, `rsi`, `rdx`, `rcx`, `r8`, `r9` and `rax`, and what
/// keeps the stack aligned.
const KEPT: usize = 8 * 16 + 8 * 8;

/// Finds the body of the function whose stub is in `r10`, and jumps there.
#[unsafe(naked)]
#[unsafe(link_section = "jit_gates")]
// ANCHOR: resolver_poll
pub(super) unsafe extern "C" fn resolver() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_signal_frame",
        "push rbp",
        ".cfi_def_cfa rsp, 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa rbp, 16",
        // As in the gates: see there.
        "cmp byte ptr [rip + {cancelled}], 0",
        "jne 2f",
        // ANCHOR_END: resolver_poll
        // ANCHOR: resolver_save
        "sub rsp, {kept}",
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7",
        r"movups [rsp + 16 * \number], xmm\number",
        ".endr",
        "mov [rsp + 128], rdi",
        "mov [rsp + 136], rsi",
        "mov [rsp + 144], rdx",
        "mov [rsp + 152], rcx",
        "mov [rsp + 160], r8",
        "mov [rsp + 168], r9",
        "mov [rsp + 176], rax",
        // ANCHOR_END: resolver_save
        // ANCHOR: resolver_ask
        "mov r11, rsp",
        "or r11, {last}",
        "mov [r11 - {last_of_context} + {sp}], rsp",
        "mov rsp, [r11 - {last_of_context} + {record}]",
        "mov rdi, r10",
        "call {ask}",
        // ANCHOR_END: resolver_ask
        // ANCHOR: resolver_look
        "lea rsp, [rbp - {kept}]",
        "cmp byte ptr [rip + {cancelled}], 0",
        "jne 2f",
        "test rax, rax",
        "jne 3f",
        "mov r11, rdx",
        // ANCHOR_END: resolver_look
        // ANCHOR: resolver_restore
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7",
        r"movups xmm\number, [rsp + 16 * \number]",
        ".endr",
        "mov rdi, [rsp + 128]",
        "mov rsi, [rsp + 136]",
        "mov rdx, [rsp + 144]",
        "mov rcx, [rsp + 152]",
        "mov r8, [rsp + 160]",
        "mov r9, [rsp + 168]",
        "mov rax, [rsp + 176]",
        "mov rsp, rbp",
        ".cfi_remember_state",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "jmp r11",
        // ANCHOR_END: resolver_restore
        // ANCHOR: resolver_escape
        ".cfi_restore_state",
        "2: mov eax, {interrupted}",
        "3: mov rsi, rax",
        "jmp {escape}",
        ".cfi_endproc",
        // ANCHOR_END: resolver_escape
        // ANCHOR: resolver_operands
        cancelled = sym cancel::REQUESTED,
        kept = const KEPT,
        last = const SIZE - 1,
        last_of_context = const size_of::<Context>() - 1,
        sp = const offset_of!(Context, sp),
        record = const offset_of!(Context, record),
        interrupted = const INTERRUPTED,
        ask = sym ask,
        escape = sym escape_from_gate,
    )
}
// ANCHOR_END: resolver_operands

/// Where trampolines jump.
pub(super) fn address() -> ExecutorAddr {
    ExecutorAddr::new((resolver as *const ()).addr() as u64)
}
