//! What is no error of JIT'd code is none of ours: a crash stays a crash.
//!
//! Each test runs itself again in a child process, which crashes.

mod machine;

use chapter1::codegen::Target;
use chapter1::executor::memory::{MappingChoice, MemoryConfig};
use chapter1::executor::{
    Batch, Executor, Host, InProcess, Segment, SegmentKind, traps,
};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, DynasmLabelApi};
use machine::Machine;
use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Tells a child process that it is one.
const CHILD: &str = "CHAPTER1_CRASH_CHILD";

/// A child that runs longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// In a child process runs `body`, which does not return; in the parent
/// returns how the child ended.
fn crash(test: &str, body: impl FnOnce()) -> Output {
    if env::var_os(CHILD).is_some() {
        body();
        // A status that the parent does not expect.
        std::process::exit(77);
    }
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{test} still ran after {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

#[track_caller]
fn expect_signal(output: &Output, signal: i32) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(signal), "{stderr}");
}

/// A recursion of Rust functions without end.
#[expect(unconditional_recursion, reason = "it is to overflow")]
fn overflow_natively(n: u64) -> u64 {
    let array = std::hint::black_box([n; 16]);
    array[3].wrapping_add(overflow_natively(n.wrapping_add(array[5])))
}

const RUST_OVERFLOW: &str = "has overflowed its stack";

/// A function that calls `callee` in a frame.
fn calling(machine: &Machine, callee: i64) {
    let function = machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; push rbp
            ; mov rbp, rsp
            ; mov rax, QWORD callee
            ; call rax
            ; pop rbp
            ; ret
        );
    });
    let _ = machine.call(function, &[0.0]);
}

#[test]
fn a_wild_store_of_jitted_code_is_a_crash() {
    let output = crash("a_wild_store_of_jitted_code_is_a_crash", || {
        traps::catch_overflows().unwrap();
        // Twice: the handler must not be its own predecessor.
        traps::catch_overflows().unwrap();
        let machine = Machine::default();
        let function = machine.define(|a| {
            dynasm!(a; .arch x64; mov eax, 8; mov [rax], rax; ret);
        });
        let _ = machine.call(function, &[]);
    });
    expect_signal(&output, libc::SIGSEGV);
}

#[test]
fn a_wild_store_of_the_host_is_a_crash() {
    let output = crash("a_wild_store_of_the_host_is_a_crash", || {
        traps::catch_overflows().unwrap();
        let machine = Machine::default();
        let function = machine.register("wild", |x| {
            let nowhere = std::ptr::without_provenance_mut::<f64>(8);
            // SAFETY: none; this is to crash.
            unsafe { nowhere.write_volatile(x) };
            Ok(x)
        });
        calling(&machine, function);
    });
    expect_signal(&output, libc::SIGSEGV);
}

/// A fault in the guard, but not by JIT'd code.
#[test]
fn a_store_of_the_host_to_the_guard_is_a_crash() {
    let output = crash("a_store_of_the_host_to_the_guard_is_a_crash", || {
        traps::catch_overflows().unwrap();
        let machine = Machine::default();
        // Where the stack is, and a fault in its guard by the host.
        let store = machine.register("store", |sp| {
            let sp = sp as usize;
            let guard = (sp & !((16 << 20) - 1)) + 4096;
            let guard = std::ptr::with_exposed_provenance_mut::<u8>(guard);
            // SAFETY: none; this is to crash.
            unsafe { guard.write_volatile(1) };
            Ok(0.0)
        });
        let function = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; cvtsi2sd xmm0, rsp
                ; mov rax, QWORD store
                ; call rax
                ; pop rbp
                ; ret
            );
        });
        let _ = machine.call(function, &[]);
    });
    expect_signal(&output, libc::SIGSEGV);
}

#[test]
fn an_overflow_of_the_native_stack_is_reported_as_ever() {
    let test = "an_overflow_of_the_native_stack_is_reported_as_ever";
    let output = crash(test, || {
        traps::catch_overflows().unwrap();
        overflow_natively(1);
    });
    expect_signal(&output, libc::SIGABRT);
    assert!(String::from_utf8_lossy(&output.stderr).contains(RUST_OVERFLOW));
}

#[test]
fn an_overflow_in_a_function_of_the_host_is_reported_as_ever() {
    let test = "an_overflow_in_a_function_of_the_host_is_reported_as_ever";
    let output = crash(test, || {
        traps::catch_overflows().unwrap();
        let machine = Machine::default();
        let overflow =
            machine.register("overflow", |_| Ok(overflow_natively(1) as f64));
        calling(&machine, overflow);
    });
    expect_signal(&output, libc::SIGABRT);
    assert!(String::from_utf8_lossy(&output.stderr).contains(RUST_OVERFLOW));
}

#[test]
fn without_the_handler_an_overflow_is_a_crash() {
    let output = crash("without_the_handler_an_overflow_is_a_crash", || {
        let machine = Machine::default();
        let function = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; again:
                ; push rbp
                ; mov rbp, rsp
                ; call <again
            );
        });
        let _ = machine.call(function, &[]);
    });
    expect_signal(&output, libc::SIGSEGV);
}

#[test]
fn a_fault_that_somebody_sends_still_kills() {
    let output = crash("a_fault_that_somebody_sends_still_kills", || {
        // SAFETY: as if there had never been a handler.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        traps::catch_overflows().unwrap();
        // SAFETY: it has no preconditions.
        unsafe { libc::kill(libc::getpid(), libc::SIGSEGV) };
        thread::sleep(PATIENCE);
    });
    expect_signal(&output, libc::SIGSEGV);
}

#[test]
fn a_fault_that_somebody_sends_is_ignored_if_it_was_before() {
    let test = "a_fault_that_somebody_sends_is_ignored_if_it_was_before";
    let output = crash(test, || {
        // SAFETY: nothing faults here.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_IGN) };
        traps::catch_overflows().unwrap();
        // SAFETY: it has no preconditions.
        unsafe { libc::raise(libc::SIGSEGV) };
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(77), "{stderr}");
}

#[test]
fn a_handler_that_was_there_before_still_handles() {
    extern "C" fn report(_: libc::c_int) {
        // SAFETY: a handler may end the process so.
        unsafe { libc::_exit(42) };
    }
    let output = crash("a_handler_that_was_there_before_still_handles", || {
        let handler = report as *const () as usize;
        // SAFETY: the handler does only what handlers may.
        unsafe { libc::signal(libc::SIGSEGV, handler) };
        traps::catch_overflows().unwrap();
        let nowhere = std::ptr::without_provenance_mut::<u8>(8);
        // SAFETY: none; this is to crash.
        unsafe { nowhere.write_volatile(1) };
    });
    assert_eq!(output.status.code(), Some(42));
}

#[test]
fn a_process_that_ignores_interrupts_goes_on_doing_so() {
    let test = "a_process_that_ignores_interrupts_goes_on_doing_so";
    let output = crash(test, || {
        // SAFETY: it has no preconditions.
        unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
        traps::catch_interrupts().unwrap();
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGINT) };
        let status = i32::from(chapter1::cancel::is_requested());
        std::process::exit(status);
    });
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn without_the_handler_an_interrupt_kills() {
    let output = crash("without_the_handler_an_interrupt_kills", || {
        let machine = Machine::default();
        let spin = machine.define(|a| dynasm!(a; .arch x64; spin: ; jmp <spin));
        thread::spawn(|| {
            thread::sleep(Duration::from_millis(20));
            // SAFETY: it has no preconditions.
            unsafe { libc::kill(libc::getpid(), libc::SIGINT) };
        });
        let _ = machine.call(spin, &[]);
    });
    expect_signal(&output, libc::SIGINT);
}

/// Commits code and a pointer to it, retires both, and jumps there: to the
/// code, or through the pointer.
#[cfg(debug_assertions)]
fn jump_to_what_is_freed(mapping: MappingChoice, is_pointer: bool) {
    traps::catch_overflows().unwrap();
    let config = MemoryConfig { mapping, ..MemoryConfig::default() };
    let host = Host::default();
    let executor = InProcess::new(Target::SSE2, host, &config).unwrap();
    let [code, data] = [&executor.lease().code, &executor.lease().data]
        .map(|range| range.start);
    let stub = code + 4096;
    let distance = data.distance(stub + 6) as i32;
    let jump = [&[0xff, 0x25][..], &distance.to_le_bytes()].concat();
    let segment = |at, bytes| Segment { kind: SegmentKind::Code, at, bytes };
    let batch = Batch {
        segments: vec![segment(code, vec![0xc3]), segment(stub, jump)],
        pointers: vec![(data, code.as_u64())],
        ..Batch::default()
    };
    executor.commit(&batch).unwrap();
    for at in [code, stub] {
        assert_eq!(machine::call(&executor, at, &[4.0]).unwrap(), 4.0);
    }
    let retired = if is_pointer { data..data + 8 } else { code..code + 4096 };
    let batch = Batch { retirements: vec![retired], ..Batch::default() };
    executor.commit(&batch).unwrap();
    let free = executor.commit(&Batch::default()).unwrap();
    assert_eq!(free, batch.retirements);
    let _ = machine::call(&executor, stub, &[4.0]);
}

#[test]
#[cfg(debug_assertions)]
fn a_call_of_freed_code_is_a_trap() {
    let output = crash("a_call_of_freed_code_is_a_trap", || {
        jump_to_what_is_freed(MappingChoice::Dual, false);
    });
    expect_signal(&output, libc::SIGTRAP);
}

#[test]
#[cfg(debug_assertions)]
fn a_call_of_freed_code_of_the_fallback_is_a_fault() {
    let output =
        crash("a_call_of_freed_code_of_the_fallback_is_a_fault", || {
            jump_to_what_is_freed(MappingChoice::Segmented, false);
        });
    expect_signal(&output, libc::SIGSEGV);
}

#[test]
#[cfg(debug_assertions)]
fn a_jump_through_a_freed_pointer_is_a_fault() {
    let output = crash("a_jump_through_a_freed_pointer_is_a_fault", || {
        jump_to_what_is_freed(MappingChoice::Dual, true);
    });
    expect_signal(&output, libc::SIGSEGV);
}
