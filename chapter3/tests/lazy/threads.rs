//! First calls, redefinitions and removals at the same time.

use crate::support::{
    Session, compilations, optimised, remove, session, value,
};
use chapter1::definitions::Origin;
use chapter1::driver::{Driver, JitError};
use chapter1::ir::{Module, parse_module};
use chapter1::orc::{Cause, DefinitionGenerator, JitDylib};
use chapter1::symbol::Symbol;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

const THREADS: usize = 4;

/// A function that yields a number.
fn constant(name: &str, value: u32) -> Module {
    let text = format!(
        "function @{name}(f64) -> f64 {{
        block0(v0: f64):
            v1 = const {value}.0
            return v1
        }}"
    );
    parse_module(&text).unwrap()
}

#[test]
fn a_body_that_many_ask_for_is_compiled_once() {
    for round in 0..200 {
        let session = session(&format!(
            "def b(x) x + {round}; def a(x) if x < 9 then b(x) else 0;"
        ));
        let a = session.jit.function::<fn(f64) -> f64>("a").unwrap();
        let barrier = Barrier::new(THREADS);
        thread::scope(|scope| {
            for i in 0..THREADS {
                let (a, barrier) = (&a, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let x = i as f64;
                    assert_eq!(a.call(x).unwrap(), x + f64::from(round));
                });
            }
        });
        assert_eq!(compilations(&session, 0), 2);
    }
}

#[test]
fn a_copy_of_what_is_redefined_meanwhile_does_not_stay() {
    for _ in 0..300 {
        let session = optimised("def f(x) 0; def g(x) f(x) + f(x + 1);");
        let g = session.jit.function::<fn(f64) -> f64>("g").unwrap();
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                g.call(1.0).unwrap()
            });
            let module = Arc::new(constant("f", 1));
            let origin = Origin::Ir(module.clone());
            barrier.wait();
            session.jit.demand.define(&module, origin).unwrap();
        });
        assert_eq!(g.call(1.0).unwrap(), 2.0);
    }
}

/// Does something when a name is missing for the first time.
struct Once<F>(Mutex<Option<F>>);

impl<F: FnOnce() + Send> DefinitionGenerator for Once<F> {
    fn name(&self) -> &str {
        "once"
    }

    fn generate(&self, _: &JitDylib, _: &[Symbol]) -> Result<(), Cause> {
        let body = self.0.lock().unwrap().take();
        if let Some(body) = body {
            body();
        }
        Ok(())
    }
}

#[test]
fn a_note_of_copies_does_not_replace_that_of_a_newer_body() {
    let text = "extern sin(x); def k(x) 0; def f(x) sin(x);";
    let mut session = optimised(text);
    let demand = Arc::downgrade(&session.jit.demand);
    let redefine = move || {
        let demand = demand.upgrade().unwrap();
        let text = "
            function @f(f64) -> f64 {
                fn0 = function @k(f64) -> f64
            block0(v0: f64):
                v1 = call fn0(v0)
                return v1
            }";
        for module in [constant("k", 1), parse_module(text).unwrap()] {
            let module = Arc::new(module);
            let origin = Origin::Ir(module.clone());
            demand.define(&module, origin).unwrap();
        }
        demand.compile(&Symbol::new("f")).unwrap();
    };
    // The optimiser of the first `f` asks whether `sin` is the host's.
    let meanwhile = move || thread::spawn(redefine).join().unwrap();
    let once = Once(Mutex::new(Some(meanwhile)));
    session.jit.base().main.add_generator(Arc::new(once));
    assert_eq!(value(&mut session, "f(0);"), 1.0);
    assert_eq!(value(&mut session, "def k(x) 5; f(0);"), 5.0);
}

#[test]
// ANCHOR: what_is_called_after
fn what_is_called_after_a_redefinition_is_the_new_body() {
    let session = optimised("def f(x) 0; def g(x) f(x); def h(x) g(x);");
    let g = session.jit.function::<fn(f64) -> f64>("g").unwrap();
    let h = session.jit.function::<fn(f64) -> f64>("h").unwrap();
    // What has been defined when a call begins is the least that it yields.
    let defined = Arc::new(AtomicU32::new(0));
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for callee in [&g, &h, &g] {
            let (defined, is_done) = (&defined, &is_done);
            scope.spawn(move || {
                while !is_done.load(Ordering::SeqCst) {
                    let least = f64::from(defined.load(Ordering::SeqCst));
                    let value = callee.call(1.0).unwrap();
                    assert!(value >= least, "{value} after {least}");
                }
            });
        }
        for version in 1..2000 {
            let module = Arc::new(constant("f", version));
            let origin = Origin::Ir(module.clone());
            session.jit.demand.define(&module, origin).unwrap();
            defined.store(version, Ordering::SeqCst);
        }
        is_done.store(true, Ordering::SeqCst);
    });
    assert_eq!(h.call(1.0).unwrap(), 1999.0);
}
// ANCHOR_END: what_is_called_after

#[test]
fn calls_fail_or_see_a_whole_body_while_it_comes_and_goes() {
    let session = session("def f(x) 1; def g(x) f(x);");
    let g = session.jit.function::<fn(f64) -> f64>("g").unwrap();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 1..THREADS {
            scope.spawn(|| {
                while !is_done.load(Ordering::SeqCst) {
                    match g.call(1.0) {
                        Ok(value) => assert_eq!(value, 1.0),
                        Err(JitError::Unresolved { error, .. }) => {
                            let error = error.to_string();
                            assert!(error.contains("`f`"), "{error}");
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        for _ in 0..2000 {
            remove(&session, "f").unwrap();
            let module = Arc::new(constant("f", 1));
            let origin = Origin::Ir(module.clone());
            session.jit.demand.define(&module, origin).unwrap();
        }
        is_done.store(true, Ordering::SeqCst);
    });
    assert_eq!(g.call(1.0).unwrap(), 1.0);
}

/// An expression that calls a function with a number.
fn expression(callee: &str, argument: u32) -> Module {
    let text = format!(
        "function @__anon_expr() -> f64 {{
        fn0 = function @{callee}(f64) -> f64
        block0:
            v0 = const {argument}.0
            v1 = call fn0(v0)
            return v1
        }}"
    );
    parse_module(&text).unwrap()
}

/// Evaluates an expression on several threads as long as `body` runs.
fn while_evaluating(
    session: &Session,
    module: &Module,
    check: impl Fn(Result<f64, JitError>) + Sync,
    body: impl FnOnce(),
) {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 1..THREADS {
            scope.spawn(|| {
                while !is_done.load(Ordering::SeqCst) {
                    check(session.jit.evaluate(module.clone()));
                }
            });
        }
        body();
        is_done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn an_expression_finds_what_it_calls_or_says_that_it_is_not_defined() {
    let session = session("def f(x) 1;");
    let check = |result| match result {
        Ok(value) => assert_eq!(value, 1.0),
        Err(JitError::Missing { path }) => {
            assert_eq!(path.end().as_str(), "f");
        }
        Err(JitError::Unresolved { error, .. }) => {
            let is_missing = matches!(*error, JitError::Missing { .. });
            assert!(is_missing, "{error}");
        }
        Err(error) => panic!("{error}"),
    };
    while_evaluating(&session, &expression("f", 0), check, || {
        for _ in 0..5000 {
            remove(&session, "f").unwrap();
            session.jit.define_ir(constant("f", 1)).unwrap();
        }
    });
}

#[test]
fn what_is_missing_on_a_way_not_taken_never_matters() {
    let text = "extern far(x); def g(x) if x then far(x) else 1;";
    let session = session(text);
    let g = Symbol::new("g");
    let module = session.jit.base().definitions.get(&g).unwrap();
    let module = session.jit.base().definitions.module(&module).unwrap();
    let check =
        |result: Result<f64, JitError>| assert_eq!(result.unwrap(), 1.0);
    while_evaluating(&session, &expression("g", 0), check, || {
        for _ in 0..2000 {
            // Its stub goes when nobody refers to it.
            session.jit.define_ir(module.clone()).unwrap();
            let far = session.jit.evaluate(expression("far", 1));
            assert!(far.is_err());
        }
    });
}
