//! How deep calls go: those of a function to itself in the last place are
//! loops, others need the stack, and its end is an error.

use chapter1::executor::{Host, traps};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter2::jit::KaleidoscopeJit;
use chapter2::passes;

fn session(definitions: &str) -> Kaleidoscope<KaleidoscopeJit> {
    traps::catch_overflows().unwrap();
    let jit = KaleidoscopeJit::in_process(Host::default()).unwrap();
    let mut session = Kaleidoscope::new(jit);
    session.run(definitions).unwrap();
    session
}

/// Whether self tail calls are loops already.
fn has_loops() -> bool {
    passes::all().iter().any(|pass| pass.name() == "tailcall")
}

#[test]
fn ten_million_self_tail_calls_run() {
    let mut session = session(
        "def sum(n total) if n < 1 then total else sum(n - 1, total + n);
         def down(n) if n < 1 then 7 else if n < 2 then down(0) else down(n - 1);
         def binary @ 5 (a b) if b < 1 then a else a + 1 @ b - 1;
         def unary !(n) if n < 1 then 0 else !(n - 1);",
    );
    let calls = [
        ("sum(10000000, 0);", 5e13 + 5e6),
        ("down(10000000);", 7.0),
        ("5 @ 10000000;", 10_000_005.0),
        ("!10000000;", 0.0),
    ];
    for (call, value) in calls {
        let result = session.run(call);
        match has_loops() {
            true => assert_eq!(result.unwrap(), [value], "{call}"),
            false => assert_overflow(result.unwrap_err()),
        }
    }
}

fn assert_overflow(error: impl ToString) {
    let error = error.to_string();
    assert!(error.contains("stack overflow in JIT'd code"), "{error}");
}

#[test]
fn mutual_recursion_without_end_is_an_error_and_the_session_goes_on() {
    let mut session = session(
        "extern odd(n);
         def even(n) if n < 1 then 1 else odd(n - 1);
         def odd(n) if n < 1 then 0 else even(n - 1);",
    );
    for _ in 0..3 {
        assert_overflow(session.run("even(10000000);").unwrap_err());
        assert_eq!(session.run("even(1000); odd(50000);").unwrap(), [1.0, 0.0]);
    }
}

/// What remains to be done after the call needs the frame.
#[test]
fn a_call_that_is_not_the_last_thing_done_overflows() {
    let mut session = session(
        "def sum(n) if n < 1 then 0 else n + sum(n - 1);
         def kept(n) 0 * (n + kept(n + 1)) + 1;",
    );
    assert_overflow(session.run("sum(10000000);").unwrap_err());
    assert_overflow(session.run("kept(0);").unwrap_err());
    assert_eq!(session.run("sum(50000);").unwrap(), [1_250_025_000.0]);
}
