//! Functions get a body when they are first called, and the call notices
//! nothing.

#![allow(clippy::useless_conversion, reason = "what dynasm makes of `Rx(n)`")]

mod machine;

use chapter1::cancel;
use chapter1::executor::{
    Executor, ExecutorAddr, ExecutorError, MAX_FRAMES, Reentry, traps,
};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, DynasmLabelApi};
use machine::{Failure, Machine, alone, call};
use std::sync::Arc;

/// Answers every question in the same way.
struct Answers<F>(F);

impl<F> Reentry for Answers<F>
where
    F: Fn(ExecutorAddr) -> Result<ExecutorAddr, Failure> + Send + Sync,
{
    fn resolve(&self, stub: ExecutorAddr) -> Result<ExecutorAddr, Failure> {
        (self.0)(stub)
    }
}

fn machine() -> Machine {
    traps::catch_overflows().unwrap();
    Machine::default()
}

/// Says how questions are answered, as long as the result exists.
#[must_use]
fn answer(
    machine: &Machine,
    answer: impl Fn(ExecutorAddr) -> Result<ExecutorAddr, Failure>
    + Send
    + Sync
    + 'static,
) -> Arc<dyn Reentry> {
    let handler: Arc<dyn Reentry> = Arc::new(Answers(answer));
    machine.executor.set_reentry(Arc::downgrade(&handler));
    handler
}

/// A function without a body.
fn stub(machine: &Machine) -> ExecutorAddr {
    let resolver = machine.executor.resolver().as_u64() as i64;
    machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; stub:
            ; lea r10, [<stub]
            ; mov r11, QWORD resolver
            ; jmp r11
        );
    })
}

/// A function that returns twice its argument.
fn twice(machine: &Machine) -> ExecutorAddr {
    machine.define(|a| dynasm!(a; .arch x64; addsd xmm0, xmm0; ret))
}

/// A function that calls another at the bottom of a recursion as deep as its
/// argument says.
fn deep(machine: &Machine, callee: ExecutorAddr) -> ExecutorAddr {
    let callee = callee.as_u64() as i64;
    machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; again:
            ; push rbp
            ; mov rbp, rsp
            ; cvttsd2si eax, xmm0
            ; test eax, eax
            ; jz >bottom
            ; dec eax
            ; cvtsi2sd xmm0, eax
            ; call <again
            ; pop rbp
            ; ret
            ; bottom:
            ; mov rax, QWORD callee
            ; call rax
            ; pop rbp
            ; ret
        );
    })
}

/// A function that calls another with all that can carry an argument: 1 to 6
/// in general registers and 7 in `rax`, then 8 to 15 in SSE registers, and 16
/// and 17 on the stack.
fn with_all_arguments(machine: &Machine, callee: ExecutorAddr) -> ExecutorAddr {
    let callee = callee.as_u64() as i64;
    machine.define(|a| {
        dynasm!(a; .arch x64; push rbp; mov rbp, rsp; sub rsp, 16);
        for (register, value) in (0..).zip(8..16) {
            dynasm!(a; mov eax, value; cvtsi2sd Rx(register), eax);
        }
        dynasm!(a
            ; mov QWORD [rsp], 16
            ; mov QWORD [rsp + 8], 17
            ; mov edi, 1
            ; mov esi, 2
            ; mov edx, 3
            ; mov ecx, 4
            ; mov r8d, 5
            ; mov r9d, 6
            ; mov eax, 7
            ; mov r11, QWORD callee
            ; call r11
            ; leave
            ; ret
        );
    })
}

/// A function that makes one number of all these: its digits to base 18 are
/// the arguments.
fn digits(machine: &Machine) -> ExecutorAddr {
    machine.define(|a| {
        dynasm!(a
            ; .arch x64
            ; push rbp
            ; mov rbp, rsp
            ; imul rdi, rdi, 18
            ; add rdi, rsi
        );
        for register in [2, 1, 8, 9, 0] {
            dynasm!(a; imul rdi, rdi, 18; add rdi, Rq(register));
        }
        dynasm!(a; xor esi, esi);
        for register in 0..8 {
            dynasm!(a
                ; cvttsd2si rax, Rx(register)
                ; imul rsi, rsi, 18
                ; add rsi, rax
            );
        }
        dynasm!(a
            ; imul rsi, rsi, 18
            ; add rsi, [rbp + 16]
            ; imul rsi, rsi, 18
            ; add rsi, [rbp + 24]
            // Each half is exact as a number.
            ; cvtsi2sd xmm0, rdi
            ; cvtsi2sd xmm1, rsi
            ; subsd xmm1, xmm0
            ; movsd xmm0, xmm1
            ; pop rbp
            ; ret
        );
    })
}

#[test]
fn all_that_can_carry_an_argument_arrives_intact() {
    alone(|| {
        let machine = machine();
        let stub = stub(&machine);
        let outer = with_all_arguments(&machine, stub);
        let (body, twice) = (digits(&machine), twice(&machine));
        let executor = Arc::downgrade(&machine.executor);
        // The answer runs code itself, on the same stack, and changes what it
        // may of the registers.
        let _handler = answer(&machine, move |asked| {
            assert_eq!(asked, stub);
            let executor = executor.upgrade().unwrap();
            assert_eq!(call(&executor, twice, &[4.5; 8])?, 9.0);
            Ok(body)
        });
        let number =
            |digits: std::ops::Range<u64>| digits.fold(0, |n, d| n * 18 + d);
        let expected = number(8..18) as f64 - number(1..8) as f64;
        for _ in 0..3 {
            assert_eq!(machine.call(outer, &[]).unwrap(), expected);
        }
    });
}

#[test]
fn a_function_without_a_body_ends_the_call_however_deep_it_is() {
    alone(|| {
        let machine = machine();
        let stub = stub(&machine);
        let outer = deep(&machine, stub);
        let handler = answer(&machine, |_| Err("not today".into()));
        for depth in [0.0, 1.0, 10.0, 1000.0] {
            let error = machine.call(outer, &[depth]).unwrap_err();
            let frames = error.frames().unwrap();
            let expected = (depth as usize + 1).min(MAX_FRAMES);
            assert_eq!(frames.addresses.len(), expected);
            assert_eq!(frames.is_cut, depth > 999.0);
            assert_eq!(
                error.to_string(),
                format!(
                    "the function at {stub} cannot be given a body: not today"
                )
            );
        }
        drop(handler);
        let error = machine.call(outer, &[3.0]).unwrap_err();
        assert!(matches!(error, ExecutorError::NobodyToAsk { .. }), "{error}");
        // The next call asks again.
        let body = twice(&machine);
        let _handler = answer(&machine, move |_| Ok(body));
        assert_eq!(machine.call(outer, &[1000.0]).unwrap(), 0.0);
    });
}

#[test]
fn a_panic_of_whoever_is_asked_ends_the_call() {
    alone(|| {
        let machine = machine();
        let outer = deep(&machine, stub(&machine));
        let _handler = answer(&machine, |_| panic!("no idea"));
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let error = machine.call(outer, &[5.0]).unwrap_err().to_string();
        std::panic::set_hook(hook);
        assert!(error.ends_with("a panic while it was made: no idea"));
    });
}

#[test]
fn a_wish_to_stop_comes_before_the_answer() {
    alone(|| {
        let machine = machine();
        let outer = deep(&machine, stub(&machine));
        let body = twice(&machine);
        for is_found in [true, false] {
            let _handler = answer(&machine, move |_| {
                cancel::request();
                if is_found { Ok(body) } else { Err("not found".into()) }
            });
            let error = machine.call(outer, &[5.0]).unwrap_err();
            assert!(cancel::take());
            assert!(
                matches!(error, ExecutorError::Interrupted { .. }),
                "{error}"
            );
        }
        // Nothing of the failure is left over.
        let _handler = answer(&machine, move |_| Ok(body));
        assert_eq!(machine.call(outer, &[5.0]).unwrap(), 0.0);
    });
}

#[test]
fn a_recursion_through_the_resolver_overflows_cleanly() {
    alone(|| {
        let machine = machine();
        let stub = stub(&machine);
        let twice = twice(&machine);
        // With frames of many sizes, an overflow meets each of the pushes.
        for frame in (0..256).step_by(16) {
            let callee = stub.as_u64() as i64;
            let endless = machine.define(|a| {
                dynasm!(a
                    ; .arch x64
                    ; push rbp
                    ; mov rbp, rsp
                    ; sub rsp, DWORD frame
                    ; mov rax, QWORD callee
                    ; call rax
                    ; leave
                    ; ret
                );
            });
            let _handler = answer(&machine, move |_| Ok(endless));
            let error = machine.call(stub, &[1.0]).unwrap_err();
            assert!(
                matches!(error, ExecutorError::StackOverflow { .. }),
                "{error}"
            );
            assert_eq!(machine.call(twice, &[2.0]).unwrap(), 4.0);
        }
    });
}

#[test]
fn an_answer_may_call_code_that_asks_again() {
    alone(|| {
        let machine = machine();
        let outer_stub = stub(&machine);
        let inner_stub = stub(&machine);
        let (outer, inner) =
            (deep(&machine, inner_stub), deep(&machine, outer_stub));
        let body = twice(&machine);
        let executor = Arc::downgrade(&machine.executor);
        let _handler = answer(&machine, move |asked| {
            if asked == inner_stub {
                return Ok(body);
            }
            // The failure of a nested call is an answer like any other.
            let executor = executor.upgrade().unwrap();
            assert_eq!(call(&executor, outer, &[10.0])?, 0.0);
            Err("enough".into())
        });
        let error = machine.call(inner, &[10.0]).unwrap_err();
        assert!(error.to_string().ends_with("enough"), "{error}");
        assert_eq!(error.frames().unwrap().addresses.len(), 11);
    });
}
