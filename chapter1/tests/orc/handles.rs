//! Compiled functions as Rust values.

use crate::support::*;
use chapter1::driver::{Driver, Function, JitError};
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub(crate) type Session = Kaleidoscope<KaleidoscopeJit>;

/// A JIT with the definitions in `text`.
pub(crate) fn kaleidoscope(text: &str) -> Session {
    let mut session = Kaleidoscope::new(KaleidoscopeJit::new(executor()));
    session.run(text).unwrap();
    session
}

fn is_sync<T: Send + Sync>(_: &T) {}

#[test]
fn a_jit_and_its_functions_are_for_all_threads() {
    watched(|| {
        let session = kaleidoscope("def f(x) x * 2;");
        is_sync(&session.jit);
        let f = session.jit.function::<fn(f64) -> f64>("f").unwrap();
        is_sync(&f);
        thread::scope(|scope| {
            for i in 0..16 {
                let f = &f;
                scope.spawn(move || {
                    for j in 0..1000 {
                        let x = f64::from(i * 1000 + j);
                        assert_eq!(f.call(x).unwrap(), 2.0 * x);
                    }
                });
            }
        });
    });
}

#[test]
fn functions_of_up_to_eight_parameters_are_called() {
    watched(|| {
        let jit = kaleidoscope(
            "def f0() 7;
             def f2(a b) a - b;
             def f8(a b c d e f g h)
                 a + 10*(b + 10*(c + 10*(d + 10*(e + 10*(f + 10*(g + 10*h))))));",
        )
        .jit;
        let f0 = jit.function::<fn() -> f64>("f0").unwrap();
        assert_eq!(f0.call().unwrap(), 7.0);
        let f2 = jit.function::<fn(f64, f64) -> f64>("f2").unwrap();
        assert_eq!(f2.call(5.0, 3.0).unwrap(), 2.0);
        type F8 = fn(f64, f64, f64, f64, f64, f64, f64, f64) -> f64;
        let f8 = jit.function::<F8>("f8").unwrap();
        let value = f8.call(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0);
        assert_eq!(value.unwrap(), 87654321.0);
    });
}

fn refusal<S: chapter1::driver::Signature>(
    result: Result<Function<S>, JitError>,
) -> String {
    match result {
        Ok(_) => panic!("there should be no handle"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_wrong_number_of_parameters_is_refused() {
    watched(|| {
        let jit = kaleidoscope("def f(x y) x;").jit;
        let error = jit.function::<fn(f64) -> f64>("f");
        assert_eq!(refusal(error), "`f` takes 2 parameters, not 1");
        // It is not held then.
        jit.remove(&symbol("f")).unwrap();
    });
}

#[test]
fn unknown_and_incomplete_functions_are_refused() {
    watched(|| {
        let jit = kaleidoscope("extern g(x); def f(x) g(x);").jit;
        let unknown = jit.function::<fn() -> f64>("nosuch");
        assert_eq!(refusal(unknown), "`nosuch` is declared, but not defined");
        let incomplete = jit.function::<fn(f64) -> f64>("f");
        assert_eq!(refusal(incomplete), "`g` is declared, but not defined");
        let host = jit.function::<fn(f64) -> f64>("exit");
        assert_eq!(refusal(host), "calling `exit` is not allowed");
    });
}

#[test]
fn a_function_of_the_host_has_a_handle_too() {
    watched(|| {
        let jit = kaleidoscope("").jit;
        let floor = jit.function::<fn(f64) -> f64>("floor").unwrap();
        assert_eq!(floor.call(2.5).unwrap(), 2.0);
        let error = refusal(jit.function::<fn() -> f64>("floor"));
        assert_eq!(error, "`floor` takes 1 parameter, not 0");
    });
}

#[test]
// ANCHOR: what_somebody_holds
fn what_somebody_holds_is_not_removed_until_he_lets_go() {
    watched(|| {
        let mut session = kaleidoscope("def g(x) x + 1; def f(x) g(x);");
        let f = session.jit.function::<fn(f64) -> f64>("f").unwrap();
        let same = session.jit.function::<fn(f64) -> f64>("f").unwrap();
        let remove = |session: &Session, name| {
            let error = session.jit.remove(&symbol(name)).unwrap_err();
            assert!(matches!(error, JitError::InUse(_)));
            error.to_string()
        };
        assert_eq!(remove(&session, "f"), "`f` is in use by 2 handles");
        drop(same);
        assert_eq!(remove(&session, "f"), "`f` is in use by a handle");
        assert_eq!(remove(&session, "g"), "`g` is in use by `f`");
        // A removal that is refused has changed nothing.
        assert_eq!(f.call(1.0).unwrap(), 2.0);
        assert!(session.run("def f(x) 0;").is_err());
        assert_eq!(session.run("f(5);").unwrap(), [6.0]);
        drop(f);
        session.jit.remove(&symbol("f")).unwrap();
        session.jit.remove(&symbol("g")).unwrap();
        assert_eq!(session.jit.base().session.sizes(), (0, 0));
    });
}
// ANCHOR_END: what_somebody_holds

/// Its code stays where it is, whoever else is gone.
#[test]
fn a_handle_may_outlive_its_jit() {
    watched(|| {
        let session =
            kaleidoscope("extern sin(x); def g(x) sin(x); def f(x) g(x) + 1;");
        let f = session.jit.function::<fn(f64) -> f64>("f").unwrap();
        drop(session);
        assert_eq!(f.call(0.0).unwrap(), 1.0);
        let another = kaleidoscope("def f(x) 9;");
        assert_eq!(f.call(0.0).unwrap(), 1.0);
        drop(another);
    });
}

/// A handle is made of what is there, or not at all.
#[test]
fn handles_and_removals_on_different_threads() {
    watched(|| {
        let jit = kaleidoscope("").jit;
        let is_over = AtomicBool::new(false);
        let number = |value: usize| {
            let text = format!(
                "function @f() -> f64 {{
                block0:
                    v0 = const {value}
                    return v0
                }}"
            );
            chapter1::ir::parse_module(&text).unwrap()
        };
        jit.define_ir(number(1)).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let f = jit.function::<fn() -> f64>("f");
                        match f {
                            Ok(f) => assert!(f.call().unwrap() >= 1.0),
                            Err(JitError::Missing { .. }) => {}
                            // It was removed under the lookup.
                            Err(JitError::Failed(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
            let mut removed = 0;
            for value in 2..3000 {
                match jit.remove(&symbol("f")) {
                    Ok(()) => {
                        removed += 1;
                        jit.define_ir(number(value)).unwrap();
                    }
                    Err(JitError::InUse(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            is_over.store(true, Ordering::Relaxed);
            println!("{removed} removals");
        });
        jit.remove(&symbol("f")).unwrap();
        assert_eq!(jit.base().session.sizes(), (0, 0));
    });
}
