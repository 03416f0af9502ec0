//! A body that cannot be made ends what is running, and nothing else.

use crate::support::{compiled, error, session, session_with, value};
use chapter1::driver::{Driver, JitError};
use chapter1::executor::{ExecutorError, MAX_FRAMES};
use chapter1::symbol::Symbol;
use chapter2::pipeline::Pipeline;
use chapter3::partition::Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const DEEP: &str = "
    extern missing(x);
    def bottom(x) missing(x);
    def deep(n) if n < 1 then bottom(n) else deep(n - 1) + 1;";

#[test]
fn a_missing_function_in_a_branch_that_is_not_taken_is_no_error() {
    let mut session =
        session("extern missing(x); def f(x) if x then missing(x) else 7;");
    assert_eq!(value(&mut session, "f(0);"), 7.0);
    assert_eq!(value(&mut session, "if 0 then missing(1) else 3;"), 3.0);
    assert!(error(&mut session, "f(1);").contains("`missing`"));
}

#[test]
fn the_error_says_what_is_missing_and_who_called_it() {
    let mut session = session(DEEP);
    let message = "error: `missing` is declared, but not defined
= note: `bottom`, 1 call further on, needs it
= note: in `bottom`, called by `deep` (4 times), called by `__anon_expr`
= help: define it: `def missing(…) …`";
    assert_eq!(error(&mut session, "deep(3);"), message);
    // However deep it is.
    let message = error(&mut session, "deep(1000);");
    let cut = format!(
        "in `bottom`, called by `deep` ({} times), and so on",
        MAX_FRAMES - 1
    );
    assert!(message.contains(&cut), "{message}");
    // All else works, and it is tried again.
    assert_eq!(value(&mut session, "1 + 1;"), 2.0);
    assert_eq!(value(&mut session, "def missing(x) 5; deep(1000);"), 1005.0);
}

#[test]
fn handles_get_the_error_too() {
    let mut session = session(DEEP);
    let deep = session.jit.function::<fn(f64) -> f64>("deep").unwrap();
    for _ in 0..2 {
        let JitError::Unresolved { error, active } =
            deep.call(1000.0).unwrap_err()
        else {
            panic!("it is missing")
        };
        assert_eq!(error.to_string(), "`missing` is declared, but not defined");
        assert_eq!(active.names[0].as_str(), "bottom");
        assert!(active.is_cut);
    }
    session.run("def missing(x) x;").unwrap();
    assert_eq!(deep.call(10.0).unwrap(), 10.0);
}

#[test]
fn a_partition_that_panics_ends_the_call_and_nothing_else() {
    let panics = Arc::new(AtomicBool::new(true));
    let asked = panics.clone();
    let partition = move |_: &Symbol, _: &Program<'_>| {
        assert!(!asked.load(Ordering::Relaxed), "no idea");
        Vec::new()
    };
    let text = "def f(x) x; def g(x) f(x) + 1;";
    let mut session = session_with(text, Pipeline::default(), partition);
    for _ in 0..2 {
        let message = error(&mut session, "g(1);");
        assert!(message.contains("no idea"), "{message}");
        assert_eq!(value(&mut session, "1;"), 1.0);
    }
    panics.store(false, Ordering::Relaxed);
    assert_eq!(value(&mut session, "g(1);"), 2.0);
}

#[test]
fn a_wrong_prototype_is_found_at_the_first_call() {
    let mut session = session("extern sin(x y); def f(x) sin(x, x); 1;");
    let message = error(&mut session, "f(1);");
    assert_eq!(
        message,
        "error: the host's `sin` takes 1 parameter, but is declared with 2"
    );
    assert_eq!(value(&mut session, "def f(x) x; f(1);"), 1.0);
}

#[test]
fn a_forbidden_function_is_refused_when_it_is_called() {
    let mut session =
        session("extern exit(x); def f(x) if x then exit(x) else 4;");
    assert_eq!(value(&mut session, "f(0);"), 4.0);
    let message = error(&mut session, "f(1);");
    assert!(message.starts_with("error: calling `exit` is not allowed"));
}

#[test]
fn a_runaway_recursion_overflows_as_ever() {
    let mut session = session("def f(x) f(x) + 1; def g(x) f(x);");
    let JitError::Stopped { error, .. } = ({
        let g = session.jit.function::<fn(f64) -> f64>("g").unwrap();
        g.call(1.0).unwrap_err()
    }) else {
        panic!("it overflows")
    };
    assert!(matches!(error, ExecutorError::StackOverflow { .. }));
    assert_eq!(compiled(&session), ["f", "g"]);
    assert_eq!(value(&mut session, "def f(x) x; g(1);"), 1.0);
}

#[test]
fn compiling_in_advance_fails_as_calling_would() {
    let mut session = session(DEEP);
    let deep = chapter1::symbol::Symbol::new("deep");
    let error = session.jit.compile(&deep).unwrap_err();
    let JitError::Missing { path } = error else { panic!("{error}") };
    let path: Vec<&str> = path.0.iter().map(|name| name.as_str()).collect();
    assert_eq!(path, ["deep", "bottom", "missing"]);
    session.run("def missing(x) x;").unwrap();
    session.jit.compile(&deep).unwrap();
    assert_eq!(compiled(&session), ["bottom", "deep", "missing"]);
    let before = session.jit.counts().compiled;
    assert_eq!(value(&mut session, "deep(3);"), 3.0);
    assert_eq!(session.jit.counts().compiled, before + 1);
}

#[test]
fn a_missing_function_may_be_registered_by_the_host_program() {
    let mut session = session("extern late(x); def f(x) late(x) + 1; 1;");
    assert!(error(&mut session, "f(1);").contains("`late`"));
    let register = |params: usize| {
        let jit = &session.jit;
        match params {
            1 => jit.register("late", |x: f64| Ok::<f64, JitError>(2.0 * x)),
            _ => jit
                .register("late", |x: f64, y: f64| Ok::<f64, JitError>(x + y)),
        }
    };
    let refusal = register(2).unwrap_err().to_string();
    assert_eq!(refusal, "`late` has 1 parameters, not 2");
    register(1).unwrap();
    assert_eq!(value(&mut session, "f(4);"), 9.0);
    let refusal = session.jit.register("f", |x: f64| Ok::<f64, JitError>(x));
    assert!(matches!(refusal, Err(JitError::Duplicate { .. })));
}
