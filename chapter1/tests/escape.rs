//! Errors in the midst of JIT'd code end the call, and nothing else.

mod machine;

use chapter1::cancel;
use chapter1::codegen::MAX_FRAME;
use chapter1::executor::{
    DEPTH, Executor, ExecutorAddr, ExecutorError, Frames, MAX_FRAMES, traps,
};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, DynasmLabelApi};
use machine::{Machine, alone, call, resident};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

/// So often each kind of failure is repeated.
const TIMES: usize = 1_000;

/// What the resident size may vary by, in bytes.
const FLAT: usize = 4 << 20;

fn machine() -> Machine {
    traps::catch_overflows().unwrap();
    Machine::default()
}

/// A function that returns twice its argument.
fn twice(machine: &Machine) -> ExecutorAddr {
    machine.define(|a| dynasm!(a; .arch x64; addsd xmm0, xmm0; ret))
}

/// A function that calls itself without end, with a frame of so many bytes.
fn endless(machine: &Machine, frame: i32) -> ExecutorAddr {
    machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; again:
            ; push rbp
            ; mov rbp, rsp
            ; sub rsp, frame - 16
            ; call <again
            ; leave
            ; ret
        );
    })
}

/// A function that calls `callee` with its argument, in a frame.
fn caller(machine: &Machine, callee: i64) -> ExecutorAddr {
    machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; push rbp
            ; mov rbp, rsp
            ; mov rax, QWORD callee
            ; call rax
            ; pop rbp
            ; ret
        );
    })
}

fn expect_overflow(result: Result<f64, ExecutorError>) -> Frames {
    match result {
        Err(ExecutorError::StackOverflow { frames }) => frames,
        other => panic!("{other:?}"),
    }
}

/// Calls a function that overflows its stack, again and again. In between
/// others work, and in the end no more memory is in use.
fn overflow_often(machine: &Machine, function: ExecutorAddr) {
    let twice = twice(machine);
    machine.call(twice, &[1.0]).unwrap();
    let before = resident();
    for i in 0..TIMES {
        let frames = expect_overflow(machine.call(function, &[1.0]));
        assert_eq!(frames.addresses.len(), MAX_FRAMES);
        assert!(frames.is_cut);
        let half = i as f64;
        assert_eq!(machine.call(twice, &[half]).unwrap(), 2.0 * half);
    }
    let after = resident();
    assert!(after < before + FLAT, "{before} bytes, then {after}");
}

#[test]
fn an_overflow_is_an_error_each_time() {
    alone(|| {
        let machine = machine();
        overflow_often(&machine, endless(&machine, 16));
    });
}

#[test]
fn functions_that_call_each_other_overflow_cleanly() {
    alone(|| {
        let machine = machine();
        let even = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; even:
                ; push rbp
                ; mov rbp, rsp
                ; call >odd
                ; pop rbp
                ; ret
                ; odd:
                ; push rbp
                ; mov rbp, rsp
                ; sub rsp, 64
                ; call <even
                ; leave
                ; ret
            );
        });
        overflow_often(&machine, even);
    });
}

#[test]
fn other_threads_overflow_cleanly() {
    alone(|| {
        let machine = machine();
        let function = endless(&machine, 32);
        thread::scope(|scope| {
            scope.spawn(|| overflow_often(&machine, function));
        });
        // Threads come and go with their stacks.
        let before = resident();
        for _ in 0..200 {
            thread::scope(|scope| {
                scope.spawn(|| expect_overflow(machine.call(function, &[])));
            });
        }
        assert!(resident() < before + FLAT);
    });
}

/// A function of the host that calls `inner` with its own argument.
fn reentering(machine: &Machine, inner: ExecutorAddr) -> i64 {
    let executor = Arc::downgrade(&machine.executor);
    machine.register("reenter", move |x| {
        Ok(call(&executor.upgrade().unwrap(), inner, &[x])?)
    })
}

#[test]
fn an_overflow_behind_a_function_of_the_host_is_that_functions_error() {
    alone(|| {
        let machine = machine();
        let reenter = reentering(&machine, endless(&machine, 48));
        let outer = caller(&machine, reenter);
        let mut before = 0;
        for i in 0..TIMES {
            let error = machine.call(outer, &[1.0]).unwrap_err();
            let ExecutorError::HostFailed { name, source, frames } = error
            else {
                panic!("{error}")
            };
            assert_eq!((&name[..], frames.addresses.len()), ("reenter", 1));
            let inner = source.downcast::<ExecutorError>().unwrap();
            expect_overflow(Err(*inner));
            if i == 10 {
                before = resident();
            }
        }
        assert!(resident() < before + FLAT);
    });
}

#[test]
fn calls_through_the_host_are_nested_until_the_native_stack_is_full() {
    alone(|| {
        let machine = machine();
        // The outer function does not exist before the host's.
        let outer = machine.executor.lease().code.start;
        let executor = Arc::downgrade(&machine.executor);
        let reenter = machine.register("reenter", move |x| {
            let result = call(&executor.upgrade().unwrap(), outer, &[x + 1.0]);
            match result {
                Err(ExecutorError::NativeStackFull { .. }) => Ok(x),
                other => Ok(other?),
            }
        });
        assert_eq!(caller(&machine, reenter), outer);
        let depth = machine.call(outer, &[0.0]).unwrap();
        assert!(depth > 1_000.0, "{depth}");
        assert_eq!(machine.call(outer, &[0.0]).unwrap(), depth);
    });
}

/// A recursion as deep as its argument says, with frames of 144 bytes.
#[test]
fn a_hundred_thousand_frames_fit() {
    alone(|| {
        let machine = machine();
        let recurse = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; cvttsd2si rdi, xmm0
                ; again:
                ; push rbp
                ; mov rbp, rsp
                ; sub rsp, 128
                ; dec rdi
                ; jz >done
                ; call <again
                ; done:
                ; leave
                ; ret
            );
        });
        assert_eq!(machine.call(recurse, &[1e5]).unwrap(), 1e5);
        let most = (DEPTH / 144 - 1) as f64;
        assert_eq!(machine.call(recurse, &[most]).unwrap(), most);
        expect_overflow(machine.call(recurse, &[most + 100.0]));
    });
}

#[test]
fn the_largest_frames_do_not_step_over_the_guard() {
    alone(|| {
        let machine = machine();
        let slots = MAX_FRAME as i32;
        for frame in [slots + 16, slots / 2 + 16, (slots / 3) & !15] {
            let function = endless(&machine, frame);
            for _ in 0..10 {
                expect_overflow(machine.call(function, &[]));
            }
        }
    });
}

#[test]
fn the_frames_of_an_overflow_end_with_the_outermost_function() {
    alone(|| {
        let machine = machine();
        let even = endless(&machine, 64);
        let first = machine.define(|a| {
            let even = even.as_u64() as i64;
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; sub rsp, DEPTH as i32 - 3072
                ; mov rax, QWORD even
                ; call rax
                ; leave
                ; ret
            );
        });
        let frames = expect_overflow(machine.call(first, &[]));
        assert!(!frames.is_cut);
        let (last, others) = frames.addresses.split_last().unwrap();
        assert!((44..50).contains(&others.len()), "{frames:?}");
        assert!(others.iter().all(|at| (even..even + 32).contains(at)));
        assert!((first..first + 64).contains(last));
    });
}

/// Calls `thunk` three functions deep, and expects it to fail each time.
fn fail_often(
    machine: &Machine,
    thunk: i64,
    expect: impl Fn(ExecutorError) -> Frames,
) {
    let third = caller(machine, thunk);
    let second = caller(machine, third.as_u64() as i64);
    let first = caller(machine, second.as_u64() as i64);
    let twice = twice(machine);
    for _ in 0..TIMES {
        let frames = expect(machine.call(first, &[1.0]).unwrap_err());
        assert!(!frames.is_cut);
        let within = |at: &ExecutorAddr, f| (f..f + 32).contains(at);
        let [a, b, c] = &frames.addresses[..] else { panic!("{frames:?}") };
        assert!(within(a, third) && within(b, second) && within(c, first));
        assert_eq!(machine.call(twice, &[4.0]).unwrap(), 8.0);
    }
}

#[test]
fn the_error_of_a_function_of_the_host_arrives() {
    alone(|| {
        let machine = machine();
        let fail = machine.register("fail", |x| match x {
            1.0 => Err(format!("does not like {x}").into()),
            _ => Ok(x),
        });
        fail_often(&machine, fail, |error| {
            assert_eq!(error.to_string(), "`fail` failed: does not like 1");
            error.frames().unwrap().clone()
        });
    });
}

#[test]
fn the_panic_of_a_function_of_the_host_arrives() {
    alone(|| {
        std::panic::set_hook(Box::new(|_| ()));
        let machine = machine();
        let fail = machine.register("fail", |x| panic!("cannot bear {x}"));
        fail_often(&machine, fail, |error| {
            let ExecutorError::HostPanicked { name, message, frames } = error
            else {
                panic!("{error}")
            };
            assert_eq!((&name[..], &message[..]), ("fail", "cannot bear 1"));
            frames
        });
        let any = machine.register("any", |_| std::panic::panic_any(7));
        let error = machine.call(caller(&machine, any), &[0.0]).unwrap_err();
        let expected = "`any` panicked: a panic without a message";
        assert_eq!(error.to_string(), expected);
        let _ = std::panic::take_hook();
    });
}

/// An error that nobody can get rid of.
#[derive(Debug)]
struct Grenade;

impl std::fmt::Display for Grenade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("do not drop")
    }
}

impl std::error::Error for Grenade {}

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// An interruption that comes after a failure takes its place. If the error
/// panics then, the entry around knows its own code still.
#[test]
fn an_error_that_panics_when_it_is_dropped_leaves_all_as_before() {
    alone(|| {
        let (outer, inner) = (machine(), machine());
        let fail = inner.register("fail", |_| {
            cancel::request();
            Err(Box::new(Grenade))
        });
        let failing = caller(&inner, fail);
        let executor = inner.executor.clone();
        let survive = outer.register("survive", move |x| {
            let body = || call(&executor, failing, &[x]).map(drop);
            let result =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            assert!(result.is_err() && cancel::take());
            Ok(x)
        });
        // Overflows afterwards.
        let function = outer.define(|a| {
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; mov rax, QWORD survive
                ; call rax
                ; again:
                ; push rbp
                ; mov rbp, rsp
                ; call <again
            );
        });
        std::panic::set_hook(Box::new(|_| ()));
        let result = outer.call(function, &[1.0]);
        let _ = std::panic::take_hook();
        expect_overflow(result);
    });
}

/// A function that spoils all registers which a callee preserves, and then
/// overflows.
fn spoiling(machine: &Machine) -> ExecutorAddr {
    machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; mov rbx, 1
            ; mov r12, 2
            ; mov r13, 3
            ; mov r14, 4
            ; mov r15, 5
            ; sub rsp, 8
            ; mov DWORD [rsp], 0x7f80
            ; ldmxcsr [rsp]
            ; mov DWORD [rsp], 0x0c7f
            ; fldcw [rsp]
            ; again:
            ; push rbp
            ; mov rbp, rsp
            ; call <again
        );
    })
}

/// What a function of the host changes in vain when it fails.
fn spoil_arithmetic() {
    // SAFETY: these are valid values: rounding towards zero.
    unsafe {
        std::arch::asm!(
            "push 0x7f80",
            "ldmxcsr [rsp]",
            "mov qword ptr [rsp], 0x0c7f",
            "fldcw [rsp]",
            "pop rax",
            out("rax") _,
        );
    }
}

#[test]
fn an_escape_restores_what_a_callee_preserves() {
    alone(|| {
        let machine = machine();
        let executor = Arc::downgrade(&machine.executor);
        let spoil = spoiling(&machine);
        let fail = machine.register("fail", |_| {
            spoil_arithmetic();
            Err("spoilt".into())
        });
        let failing = caller(&machine, fail);
        let survive = machine.register("survive", move |x| {
            let executor = executor.upgrade().unwrap();
            expect_overflow(call(&executor, spoil, &[]));
            call(&executor, failing, &[]).unwrap_err();
            Ok(x)
        });
        // Counts the registers that are not as they were.
        let check = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; push rbx
                ; push r12
                ; push r13
                ; push r14
                ; push r15
                ; sub rsp, 24
                ; mov rbx, 0x11
                ; mov r12, 0x12
                ; mov r13, 0x13
                ; mov r14, 0x14
                ; mov r15, 0x15
                // Rounding up and down, so that neither is the default.
                ; mov DWORD [rsp], 0x5f80
                ; mov DWORD [rsp + 4], 0x077f
                ; stmxcsr [rsp + 8]
                ; fnstcw [rsp + 12]
                ; ldmxcsr [rsp]
                ; fldcw [rsp + 4]
                ; mov rax, QWORD survive
                ; call rax
                ; lea rbx, [rbx - 0x11]
                ; lea r12, [r12 - 0x12]
                ; lea r13, [r13 - 0x13]
                ; lea r14, [r14 - 0x14]
                ; lea r15, [r15 - 0x15]
                ; or rbx, r12
                ; or rbx, r13
                ; or rbx, r14
                ; or rbx, r15
                ; stmxcsr [rsp + 16]
                ; fnstcw [rsp + 20]
                ; mov eax, [rsp]
                ; xor eax, [rsp + 16]
                ; and eax, 0xffc0
                ; or rbx, rax
                ; movzx eax, WORD [rsp + 4]
                ; xor ax, [rsp + 20]
                ; or rbx, rax
                ; ldmxcsr [rsp + 8]
                ; fldcw [rsp + 12]
                ; cvtsi2sd xmm0, rbx
                ; add rsp, 24
                ; pop r15
                ; pop r14
                ; pop r13
                ; pop r12
                ; pop rbx
                ; pop rbp
                ; ret
            );
        });
        for _ in 0..TIMES {
            assert_eq!(machine.call(check, &[1.0]).unwrap(), 0.0);
        }
    });
}

/// Runs `body` on a thread that Rust has not started, and which therefore
/// has no stack for signals.
fn on_c_thread(body: impl FnOnce() + Send) {
    extern "C" fn run(body: *mut std::ffi::c_void) -> *mut std::ffi::c_void {
        type Body<'a> = Box<dyn FnOnce() + Send + 'a>;
        // SAFETY: it is the box below, which nobody else takes.
        unsafe { Box::from_raw(body.cast::<Body<'_>>())() };
        std::ptr::null_mut()
    }
    let body: Box<dyn FnOnce() + Send> = Box::new(body);
    let body = Box::into_raw(Box::new(body)).cast();
    // SAFETY: the thread ends before what it borrows does.
    unsafe {
        let mut thread = std::mem::zeroed();
        let null = std::ptr::null();
        let made = libc::pthread_create(&mut thread, null, run, body);
        assert_eq!(made, 0);
        libc::pthread_join(thread, std::ptr::null_mut());
    }
}

#[test]
fn a_thread_without_a_stack_for_signals_gets_one() {
    alone(|| {
        let machine = machine();
        let function = endless(&machine, 16);
        let mut before = 0;
        for i in 0..200 {
            on_c_thread(|| {
                expect_overflow(machine.call(function, &[]));
            });
            if i == 10 {
                before = resident();
            }
        }
        assert!(resident() < before + FLAT);
    });
}

/// A signal for which the stack has no room left.
#[test]
fn a_handler_on_a_stack_that_is_nearly_full_is_an_overflow() {
    extern "C" fn nothing(_: libc::c_int) {}
    alone(|| {
        let machine = machine();
        let handler = nothing as *const () as usize;
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(libc::SIGUSR1, handler) };
        let (entered, has_entered) = std::sync::mpsc::channel();
        let enter = machine.register("enter", move |_| {
            // SAFETY: it has no preconditions.
            entered.send(unsafe { libc::pthread_self() }).unwrap();
            Ok(0.0)
        });
        // Leaves 2 KiB.
        let spin = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; mov rax, QWORD enter
                ; call rax
                ; sub rsp, DEPTH as i32 - 2048
                ; spin:
                ; jmp <spin
            );
        });
        for _ in 0..100 {
            thread::scope(|scope| {
                let spinning =
                    scope.spawn(|| expect_overflow(machine.call(spin, &[])));
                let id = has_entered.recv().unwrap();
                while !spinning.is_finished() {
                    // SAFETY: the thread has not been joined.
                    unsafe { libc::pthread_kill(id, libc::SIGUSR1) };
                    thread::sleep(std::time::Duration::from_micros(100));
                }
                let frames = spinning.join().unwrap();
                assert_eq!(frames.addresses.len(), 1);
            });
        }
    });
}

/// From text to errors, in the program itself.
#[test]
fn a_program_goes_on_after_each_overflow() {
    alone(|| {
        let overflows = "f(1); f(2) + g(1); 7;\n".repeat(TIMES / 10);
        let text = format!(
            "extern h(x);
             def f(x) 1 + f(x + 1);
             def g(x) var y = h(x) in y + 1;
             def h(x) g(x) * 2;
             {overflows}"
        );
        let mut child = Command::new(env!("CARGO_BIN_EXE_chapter1"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let writer = thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(stdout, "Evaluated to 7.000000\n".repeat(TIMES / 10));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let message = "error: stack overflow in JIT'd code\n";
        assert_eq!(stderr.matches(message).count(), TIMES / 5);
    });
}
