//! A definition that goes although others call it.

use crate::support::{
    address, compiled, error, optimised, remove, session, value,
};
use chapter1::driver::Driver;
use std::sync::Arc;

#[test]
fn callers_fail_until_it_is_defined_again() {
    for make in [session, optimised] {
        let mut session = make(
            "def f(x) x + 1; def g(x) if x then f(x) else 7; def h(x) g(x);",
        );
        assert_eq!(value(&mut session, "h(1);"), 2.0);
        remove(&session, "f").unwrap();
        assert_eq!(value(&mut session, "h(0);"), 7.0);
        for _ in 0..2 {
            let message = error(&mut session, "h(1);");
            assert!(
                message.starts_with("error: `f` is declared, but not defined"),
                "{message}"
            );
        }
        assert_eq!(value(&mut session, "def f(x) x + 2; h(1);"), 3.0);
    }
}

#[test]
fn what_was_removed_is_missed_however_deep_the_call_is() {
    let text = "def gone(x) x;
        def deep(n) if n < 1 then gone(7) else deep(n - 1) + 1;";
    let mut session = session(text);
    assert_eq!(value(&mut session, "deep(1000);"), 1007.0);
    remove(&session, "gone").unwrap();
    for _ in 0..2 {
        let message = error(&mut session, "deep(1000);");
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(lines[0], "error: `gone` is declared, but not defined");
        assert!(message.contains("in `deep` (64 times), and so on"));
        assert_eq!(value(&mut session, "1;"), 1.0);
    }
    assert_eq!(value(&mut session, "def gone(x) 2 * x; deep(1000);"), 1014.0);
}

#[test]
fn its_address_stays_as_long_as_somebody_calls_it() {
    let mut session = session("def f(x) x; def g(x) f(x);");
    value(&mut session, "g(1);");
    let before = address(&session, "f");
    remove(&session, "f").unwrap();
    assert_eq!(address(&session, "f"), before);
    session.run("def f(x) x + 1;").unwrap();
    assert_eq!(address(&session, "f"), before);
    assert_eq!(value(&mut session, "g(1);"), 2.0);
}

#[test]
fn what_nobody_calls_leaves_nothing_behind() {
    let mut session = session("def f(x) x; def g(x) f(x);");
    value(&mut session, "g(1);");
    let stubs = |session: &crate::support::Session| {
        session.jit.demand.stubs().list().len()
    };
    remove(&session, "f").unwrap();
    assert_eq!(stubs(&session), 2);
    remove(&session, "g").unwrap();
    assert_eq!(stubs(&session), 0);
    assert_eq!(remove(&session, "f"), Err("`f` is not defined".to_owned()));
    // Somebody has relied on it: it stays declared.
    assert!(error(&mut session, "f(1);").contains("`f` is declared"));
    assert!(error(&mut session, "g(1);").contains("unknown function `g`"));
}

#[test]
fn a_missing_function_leaves_no_stub_behind() {
    let mut session = session("extern missing(x); 1;");
    assert!(session.run("missing(1);").is_err());
    value(&mut session, "1;");
    assert_eq!(session.jit.demand.stubs().list(), []);
}

#[test]
fn a_handle_keeps_it() {
    let session = session("def f(x) x + 1;");
    let f = session.jit.function::<fn(f64) -> f64>("f").unwrap();
    let refusal = remove(&session, "f").unwrap_err();
    assert_eq!(refusal, "`f` is in use by a handle");
    assert_eq!(f.call(1.0).unwrap(), 2.0);
    drop(f);
    remove(&session, "f").unwrap();
    assert_eq!(compiled(&session), [""; 0]);
}

#[test]
fn a_jit_that_is_dropped_takes_all_along() {
    let mut session = session("extern sin(x); def f(x) sin(x); def g(x) x;");
    value(&mut session, "f(1); g(2);");
    assert!(session.run("extern h(x); h(1);").is_err());
    let executor = Arc::downgrade(session.jit.base().session.executor());
    let demand = Arc::downgrade(&session.jit.demand);
    drop(session);
    assert_eq!(executor.strong_count(), 0);
    assert_eq!(demand.strong_count(), 0);
}
