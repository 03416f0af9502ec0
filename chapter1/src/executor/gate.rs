//! The gates through which JIT'd code calls functions of the host: these run
//! on the native stack, just below the record of the innermost entry.
//!
//! A gate is jumped to with the function in `r10` and everything else as the
//! function expects it; see `thunks`. All that the host did on the native
//! stack is gone when it returns, so the headroom found at the entry is there
//! for each of its functions.

use super::closure;
use super::context::Context;
use super::escape::{INTERRUPTED, escape_from_gate};
use super::stack::SIZE;
use crate::cancel;
use std::arch::naked_asm;
use std::mem::offset_of;

/// How many parameters a host function of unknown type can have: eight in
/// registers, the others on the stack.
pub const MAX_PARAMETERS: usize = 8 + STACKED / 8;

/// So many bytes of arguments on the stack are passed on.
pub(super) const STACKED: usize = 192;

/// Defines a gate by what lies between the switch to the native stack and
/// the switch back, and by what follows that. It may jump to 3 with a status
/// in `rax`.
macro_rules! gate {
    (
        $(#[$attribute:meta])*
        $name:ident: { $($call:literal)* } then { $($after:literal)* }
        $($operand:ident = $kind:ident $value:expr),*
    ) => {
        $(#[$attribute])*
        #[unsafe(naked)]
        #[unsafe(link_section = "jit_gates")]
        pub(super) unsafe extern "C" fn $name() {
            naked_asm!(
                ".cfi_startproc",
                // The caller's frame lies on another stack, maybe below.
                // Debuggers accept that only of a signal handler's.
                ".cfi_signal_frame",
                "push rbp",
                ".cfi_def_cfa rsp, 16",
                ".cfi_offset rbp, -16",
                "mov rbp, rsp",
                ".cfi_def_cfa rbp, 16",
                // An interruption that comes before this poll needs none of
                // the host's work, and one that comes later is found by the
                // function's own polls, by the next one, or by the signal
                // handler, which escapes from all that follows.
                "cmp byte ptr [rip + {cancelled}], 0",
                "jne 2f",
                "mov r11, rsp",
                "or r11, {last}",
                "mov [r11 - {last_of_context} + {sp}], rsp",
                "mov rsp, [r11 - {last_of_context} + {record}]",
                $($call,)*
                "mov rsp, rbp",
                "cmp byte ptr [rip + {cancelled}], 0",
                "jne 2f",
                $($after,)*
                ".cfi_remember_state",
                "pop rbp",
                ".cfi_def_cfa rsp, 8",
                "ret",
                ".cfi_restore_state",
                "2: mov eax, {interrupted}",
                "3: mov rsi, rax",
                "jmp {escape}",
                ".cfi_endproc",
                cancelled = sym cancel::REQUESTED,
                last = const SIZE - 1,
                last_of_context = const size_of::<Context>() - 1,
                sp = const offset_of!(Context, sp),
                record = const offset_of!(Context, record),
                interrupted = const INTERRUPTED,
                escape = sym escape_from_gate,
                $($operand = $kind $value,)*
            )
        }
    };
}

gate! {
    /// To a C function whose arguments are all in registers.
    to_c: { "call r10" } then {}
}

gate! {
    /// To a C function that may have arguments on the stack: all that there
    /// can be are copied.
    to_c_with_stack: {
        "sub rsp, {stacked}"
        ".set .Lat, 0"
        ".rept {stacked} / 16"
        "movups xmm8, [rbp + 16 + .Lat]"
        "movups [rsp + .Lat], xmm8"
        ".set .Lat, .Lat + 16"
        ".endr"
        "call r10"
    } then {}
    stacked = const STACKED
}

gate! {
    /// To a Rust function, which may fail.
    to_closure: {
        "mov rdi, r10"
        "call {call}"
    } then {
        "test rax, rax"
        "jne 3f"
    }
    call = sym closure::call
}
