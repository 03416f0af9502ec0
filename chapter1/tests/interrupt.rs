//! Ctrl-C ends whatever runs, soon, and nothing else.

mod machine;

use chapter1::cancel;
use chapter1::executor::{
    DEPTH, Executor, ExecutorAddr, ExecutorError, Reentry, traps,
};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, DynasmLabelApi};
use machine::{Failure, Machine, alone, call};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

/// So often each activity is interrupted.
const TIMES: usize = 300;

/// By then all but the slowest hundredth have ended.
const SOON: Duration = Duration::from_millis(100);

fn machine() -> Machine {
    traps::catch_overflows().unwrap();
    traps::catch_interrupts().unwrap();
    Machine::default()
}

/// Presses Ctrl-C.
fn interrupt() {
    // SAFETY: it has no preconditions.
    let result = unsafe { libc::kill(libc::getpid(), libc::SIGINT) };
    assert_eq!(result, 0);
}

/// Interrupts a function at ever other moments, and returns the errors.
fn interrupt_often(
    machine: &Machine,
    function: ExecutorAddr,
) -> Vec<ExecutorError> {
    let mut errors = Vec::new();
    let mut delays = Vec::new();
    thread::scope(|scope| {
        for i in 0..TIMES {
            let pause = Duration::from_micros(i as u64 * 37 % 500);
            let pressed = scope.spawn(move || {
                thread::sleep(pause);
                let pressed = Instant::now();
                interrupt();
                pressed
            });
            // An overflow may come first, or the interruption.
            let error = loop {
                match machine.call(function, &[1e9]) {
                    Err(ExecutorError::StackOverflow { .. }) => continue,
                    other => break other.unwrap_err(),
                }
            };
            let ended = Instant::now();
            delays.push(ended.duration_since(pressed.join().unwrap()));
            errors.push(error);
            assert!(cancel::take());
        }
    });
    delays.sort();
    let late = delays[TIMES * 99 / 100];
    println!("median {:?}, p99 {late:?}", delays[TIMES / 2]);
    assert!(late < SOON, "{late:?}");
    errors
}

fn expect_interrupted(errors: Vec<ExecutorError>) {
    for error in errors {
        assert!(matches!(error, ExecutorError::Interrupted { .. }), "{error}");
        assert_eq!(error.to_string(), "interrupted");
    }
}

/// Gives every function the same body.
struct Always(ExecutorAddr);

impl Reentry for Always {
    fn resolve(&self, _: ExecutorAddr) -> Result<ExecutorAddr, Failure> {
        Ok(self.0)
    }
}

#[test]
fn a_loop_that_asks_for_bodies_is_interrupted() {
    alone(|| {
        let machine = machine();
        let body = machine.define(|a| dynasm!(a; .arch x64; ret));
        let handler: Arc<dyn Reentry> = Arc::new(Always(body));
        machine.executor.set_reentry(Arc::downgrade(&handler));
        let resolver = machine.executor.resolver().as_u64() as i64;
        let function = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; again:
                ; call >stub
                ; jmp <again
                ; stub:
                ; lea r10, [<stub]
                ; mov r11, QWORD resolver
                ; jmp r11
            );
        });
        expect_interrupted(interrupt_often(&machine, function));
    });
}

#[test]
fn a_loop_is_interrupted() {
    alone(|| {
        let machine = machine();
        let spin = machine.define(|a| dynasm!(a; .arch x64; spin: ; jmp <spin));
        let errors = interrupt_often(&machine, spin);
        for error in &errors {
            // Those that come before the first instruction have no frame.
            let frames = &error.frames().unwrap().addresses;
            assert!(frames.is_empty() || frames[..] == [spin], "{frames:?}");
        }
        expect_interrupted(errors);
    });
}

#[test]
fn a_deep_recursion_is_interrupted() {
    alone(|| {
        let machine = machine();
        // Up and down between some depth and none, for ever.
        let recurse = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; outer:
                ; mov edi, (DEPTH / 64) as i32
                ; call >recurse
                ; jmp <outer
                ; recurse:
                ; push rbp
                ; mov rbp, rsp
                ; sub rsp, 32
                ; dec edi
                ; jz >done
                ; call <recurse
                ; done:
                ; leave
                ; ret
            );
        });
        expect_interrupted(interrupt_often(&machine, recurse));
    });
}

#[test]
fn a_runaway_recursion_is_interrupted_or_overflows() {
    alone(|| {
        let machine = machine();
        let endless = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; again:
                ; push rbp
                ; mov rbp, rsp
                ; call <again
            );
        });
        expect_interrupted(interrupt_often(&machine, endless));
    });
}

/// A function that calls `thunk` for ever.
fn calling(machine: &Machine, thunk: i64) -> ExecutorAddr {
    machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; push rbp
            ; mov rbp, rsp
            ; again:
            ; mov rax, QWORD thunk
            ; call rax
            ; jmp <again
        );
    })
}

#[test]
fn a_loop_of_calls_to_the_host_is_interrupted() {
    alone(|| {
        let machine = machine();
        let count = machine.register("count", |x| Ok(x + 1.0));
        for thunk in [machine.thunk("floor"), machine.thunk("sin"), count] {
            let errors = interrupt_often(&machine, calling(&machine, thunk));
            expect_interrupted(errors);
        }
    });
}

#[test]
fn a_function_of_the_host_that_polls_is_interrupted() {
    alone(|| {
        let machine = machine();
        let wait = machine.register("wait", |x| {
            while !cancel::is_requested() {
                thread::sleep(Duration::from_micros(100));
            }
            Ok(x)
        });
        let fail = machine.register("fail", |_| {
            while !cancel::is_requested() {
                std::hint::spin_loop();
            }
            Err("it shall stop".into())
        });
        for thunk in [wait, fail] {
            let errors = interrupt_often(&machine, calling(&machine, thunk));
            expect_interrupted(errors);
        }
    });
}

#[test]
fn nested_entries_are_interrupted_one_by_one() {
    alone(|| {
        let machine = machine();
        let outer = machine.executor.lease().code.start;
        let executor = Arc::downgrade(&machine.executor);
        let reenter = machine.register("reenter", move |depth| {
            if depth == 20.0 {
                return Ok(0.0);
            }
            let executor = executor.upgrade().unwrap();
            Ok(call(&executor, outer, &[depth + 1.0])?)
        });
        // Calls itself through the host twenty times, then spins a while.
        let start = machine.define(|a| {
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; mov rax, QWORD reenter
                ; call rax
                ; mov eax, 1_000
                ; spin:
                ; dec eax
                ; jnz <spin
                ; pop rbp
                ; ret
            );
        });
        assert_eq!(start, outer);
        let again = machine.define(|a| {
            let outer = outer.as_u64() as i64;
            dynasm!(a
                ; .arch x64
                ; push rbp
                ; mov rbp, rsp
                ; again:
                ; xorps xmm0, xmm0
                ; mov rax, QWORD outer
                ; call rax
                ; jmp <again
            );
        });
        expect_interrupted(interrupt_often(&machine, again));
    });
}

/// Enters again and again, so that the entry itself is interrupted.
#[test]
fn an_interruption_between_two_calls_meets_the_next_one() {
    alone(|| {
        let machine = machine();
        let twice =
            machine.define(|a| dynasm!(a; .arch x64; addsd xmm0, xmm0; ret));
        for i in 0..TIMES {
            thread::scope(|scope| {
                let pause = Duration::from_micros(i as u64 * 37 % 500);
                scope.spawn(move || {
                    thread::sleep(pause);
                    interrupt();
                });
                let error = loop {
                    match machine.call(twice, &[2.0]) {
                        Ok(value) => assert_eq!(value, 4.0),
                        Err(error) => break error,
                    }
                };
                expect_interrupted(vec![error]);
                // Until somebody takes it.
                machine.call(twice, &[2.0]).unwrap_err();
                assert!(cancel::take());
                assert_eq!(machine.call(twice, &[2.0]).unwrap(), 4.0);
            });
        }
    });
}

#[test]
fn all_threads_are_interrupted() {
    alone(|| {
        let machine = machine();
        let spin = machine.define(|a| dynasm!(a; .arch x64; spin: ; jmp <spin));
        for i in 0..50 {
            thread::scope(|scope| {
                let run = || machine.call(spin, &[]).unwrap_err();
                let threads = [(); 4].map(|()| scope.spawn(run));
                thread::sleep(Duration::from_micros(i * 50));
                if i % 2 == 0 {
                    interrupt();
                } else {
                    cancel::request();
                }
                let errors = threads.map(|thread| thread.join().unwrap());
                expect_interrupted(errors.into());
                assert!(cancel::take());
            });
        }
    });
}

/// A signal that was sent on, and arrives after the flag has been taken, must
/// not interrupt what comes next.
#[test]
fn an_interruption_is_over_once_it_is_taken() {
    alone(|| {
        let machine = machine();
        let signals: &u64 = Box::leak(Box::new(1 << (libc::SIGINT - 1)));
        // Changes which signals are blocked; in the midst of JIT'd code.
        let mask = |how: i32| {
            let signals = std::ptr::from_ref(signals).expose_provenance();
            machine.define(|a| {
                dynasm!(a
                    ; .arch x64
                    ; mov eax, libc::SYS_rt_sigprocmask as i32
                    ; mov edi, how
                    ; mov rsi, QWORD signals as i64
                    ; xor edx, edx
                    ; mov r10d, 8
                    ; syscall
                    ; cvtsi2sd xmm0, rax
                    ; ret
                );
            })
        };
        let block = mask(libc::SIG_BLOCK);
        let unblock = mask(libc::SIG_UNBLOCK);
        for _ in 0..10 {
            let turn = Barrier::new(2);
            thread::scope(|scope| {
                let late = scope.spawn(|| {
                    assert_eq!(machine.call(block, &[]).unwrap(), 0.0);
                    turn.wait();
                    turn.wait();
                    machine.call(unblock, &[])
                });
                turn.wait();
                cancel::request();
                assert!(cancel::take());
                turn.wait();
                assert_eq!(late.join().unwrap().unwrap(), 0.0);
                assert!(!cancel::is_requested());
            });
        }
    });
}

/// Interrupts this thread after so many more instructions.
fn interrupt_after(instructions: i64) {
    static LEFT: AtomicI64 = AtomicI64::new(0);

    /// Comes after each instruction while the trap flag is set.
    extern "C" fn step(
        _: libc::c_int,
        _: *mut libc::siginfo_t,
        context: *mut std::ffi::c_void,
    ) {
        const TRAP_FLAG: i64 = 0x100;
        let context = context.cast::<libc::ucontext_t>();
        // SAFETY: the kernel has made it. `raise` is allowed here.
        unsafe {
            let registers = &mut (*context).uc_mcontext.gregs;
            let flags = &mut registers[libc::REG_EFL as usize];
            if LEFT.fetch_sub(1, Ordering::Relaxed) > 0 {
                *flags |= TRAP_FLAG;
            } else {
                *flags &= !TRAP_FLAG;
                // It waits for this handler's end.
                libc::raise(libc::SIGINT);
            }
        }
    }

    LEFT.store(instructions, Ordering::Relaxed);
    // SAFETY: all zeros are a value of this type.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    action.sa_sigaction = step as *const () as usize;
    // SAFETY: the handler does only what handlers may.
    unsafe {
        libc::sigaddset(&mut action.sa_mask, libc::SIGINT);
        libc::sigaction(libc::SIGTRAP, &action, std::ptr::null_mut());
        libc::raise(libc::SIGTRAP);
    }
}

/// Nothing that leads to a loop without end may lose an interruption: this
/// tries all its instructions, one by one.
#[test]
fn no_instruction_on_the_way_in_loses_an_interruption() {
    alone(|| {
        let machine = machine();
        let spin = machine.define(|a| dynasm!(a; .arch x64; spin: ; jmp <spin));
        let identity = machine.register("identity", Ok);
        let thunks = [machine.thunk("fabs"), identity].map(|thunk| {
            machine.define(|a| {
                dynasm!(a
                    ; .arch x64
                    ; push rbp
                    ; mov rbp, rsp
                    ; mov rax, QWORD thunk
                    ; call rax
                    ; spin:
                    ; jmp <spin
                );
            })
        });
        for function in [spin, thunks[0], thunks[1]] {
            let (mut instructions, mut in_loop) = (0, 0);
            while in_loop < 10 {
                interrupt_after(instructions);
                let error = machine.call(function, &[1.0]).unwrap_err();
                assert!(cancel::take());
                let at = error.frames().unwrap().addresses.first();
                let is_loop = at.is_some_and(|&at| match function == spin {
                    true => at == spin,
                    false => at >= function + 16,
                });
                in_loop = if is_loop { in_loop + 1 } else { 0 };
                expect_interrupted(vec![error]);
                instructions += 1;
            }
            println!("after {instructions} instructions");
            assert!(instructions > 100);
        }
    });
}

/// Where the kernel has no memory for a signal's details, it delivers the
/// signal without them: threads must not take one that another has sent on
/// for one that the user has sent.
#[test]
fn a_signal_without_details_is_not_sent_round_and_round() {
    alone(|| {
        let machine = machine();
        let spin = machine.define(|a| dynasm!(a; .arch x64; spin: ; jmp <spin));
        let resource = rustix::process::Resource::Sigpending;
        let before = rustix::process::getrlimit(resource);
        let mut none = before;
        none.current = Some(0);
        rustix::process::setrlimit(resource, none).unwrap();
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    barrier.wait();
                    let error = machine.call(spin, &[]).unwrap_err();
                    assert_eq!(error.to_string(), "interrupted");
                    // All have ended; then they stay for a while.
                    barrier.wait();
                    barrier.wait();
                });
            }
            barrier.wait();
            thread::sleep(Duration::from_millis(50));
            interrupt();
            barrier.wait();
            thread::sleep(Duration::from_millis(20));
            assert!(cancel::take());
            thread::sleep(Duration::from_millis(100));
            let is_again = cancel::take();
            barrier.wait();
            assert!(!is_again, "nobody has interrupted again");
        });
        rustix::process::setrlimit(resource, before).unwrap();
    });
}
