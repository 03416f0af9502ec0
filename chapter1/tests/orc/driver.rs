//! Removal, and evaluation at the same time, at the level of the JIT.

use crate::handles::{Session, kaleidoscope};
use crate::support::*;
use chapter1::codegen::Target;
use chapter1::driver::{Driver, JitError};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, Host, InProcess, SegmentKind};
use chapter1::ir::{Module, parse_module};
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::thread;

fn used(session: &Session) -> u64 {
    session.jit.objects.collect().unwrap();
    session.jit.objects.memory_used(SegmentKind::Code)
}

fn remove(session: &Session, name: &str) -> Result<(), String> {
    session.jit.remove(&symbol(name)).map_err(|error| error.to_string())
}

#[test]
fn what_others_call_is_not_removed() {
    watched(|| {
        let mut session = kaleidoscope(
            "def c(x) x; def b(x) c(x); def a(x) b(x) + c(x); def d(x) d(x);",
        );
        for compiled in [false, true] {
            if compiled {
                assert_eq!(session.run("a(2);").unwrap(), [4.0]);
            }
            let in_use = |name, users: &str| {
                let error = remove(&session, name).unwrap_err();
                assert_eq!(error, format!("`{name}` is in use by {users}"));
            };
            in_use("c", "`a`, `b`");
            in_use("b", "`a`");
        }
        assert_eq!(remove(&session, "nosuch").unwrap_err(), UNDEFINED);
        assert_eq!(remove(&session, "sin").unwrap_err(), UNDEFINED_HOST);
        // Calling itself keeps nothing alive.
        remove(&session, "d").unwrap();
        assert!(used(&session) > 0);
        for name in ["a", "b", "c"] {
            remove(&session, name).unwrap();
        }
        assert_eq!(used(&session), 0);
        assert_eq!(session.jit.base().session.sizes(), (0, 0));
        assert!(session.jit.base().definitions.defined().is_empty());
    });
}

const UNDEFINED: &str = "`nosuch` is not defined";
const UNDEFINED_HOST: &str = "`sin` is not defined";

#[test]
fn what_was_removed_can_be_defined_otherwise() {
    watched(|| {
        let mut session = kaleidoscope("def g(x) x; def f(x) g(x);");
        for round in 0..100 {
            let x = f64::from(round);
            assert_eq!(session.run(&format!("f({x});")).unwrap().len(), 1);
            remove(&session, "f").unwrap();
            let error = session.run("f(1);").unwrap_err().to_string();
            assert!(error.contains("f"), "{error}");
            // With another number of parameters, and other callees.
            let text = format!("def f(x y) x - y + {round}; f(5, 3);");
            assert_eq!(session.run(&text).unwrap(), [2.0 + x]);
            remove(&session, "g").unwrap();
            remove(&session, "f").unwrap();
            session.run("def g(x) x; def f(x) g(x) + 1;").unwrap();
        }
        remove(&session, "f").unwrap();
        remove(&session, "g").unwrap();
        assert_eq!(used(&session), 0);
    });
}

/// A caller may have been defined first, and need not be compiled.
#[test]
fn callers_are_known_before_the_function_that_they_call() {
    watched(|| {
        let mut session = kaleidoscope("");
        let number = |name: &str| {
            let text = format!(
                "function @{name}() -> f64 {{
                block0:
                    v0 = const 1
                    return v0
                }}"
            );
            parse_module(&text).unwrap()
        };
        let caller = "function @f() -> f64 {
                fn0 = function @g() -> f64
            block0:
                v0 = call fn0()
                return v0
            }";
        session.jit.define_ir(parse_module(caller).unwrap()).unwrap();
        session.jit.define_ir(number("g")).unwrap();
        let error = remove(&session, "g").unwrap_err();
        assert_eq!(error, "`g` is in use by `f`");
        remove(&session, "f").unwrap();
        remove(&session, "g").unwrap();
        // And so is the number of arguments that they pass.
        session.jit.define_ir(parse_module(caller).unwrap()).unwrap();
        let error = session.run("def g(x) x;").unwrap_err().to_string();
        assert!(error.contains("has 0 parameters, not 1"), "{error}");
        session.run("def g() 4; f();").unwrap();
    });
}

/// One function of a module goes; the others stay as they were.
#[test]
fn functions_of_one_module_are_removed_one_by_one() {
    watched(|| {
        let mut session = kaleidoscope("");
        let text = "
            function @a() -> f64 {
                fn0 = function @b() -> f64
            block0:
                v0 = call fn0()
                return v0
            }
            function @b() -> f64 {
            block0:
                v0 = const 3
                return v0
            }";
        session.jit.define_ir(parse_module(text).unwrap()).unwrap();
        assert_eq!(session.run("a() + b();").unwrap(), [6.0]);
        assert_eq!(remove(&session, "b").unwrap_err(), "`b` is in use by `a`");
        remove(&session, "a").unwrap();
        assert!(session.run("a();").is_err());
        assert_eq!(session.run("b();").unwrap(), [3.0]);
        assert_eq!(session.run("def a() 8; a();").unwrap(), [8.0]);
        remove(&session, "a").unwrap();
        remove(&session, "b").unwrap();
        assert_eq!(session.jit.base().session.sizes(), (0, 0));
    });
}

#[test]
fn expressions_are_evaluated_on_many_threads_at_once() {
    watched(|| {
        let jit = kaleidoscope(
            "extern odd(x);
             def even(x) if x < 1 then 1 else odd(x - 1);
             def odd(x) if x < 1 then 0 else even(x - 1);",
        )
        .jit;
        thread::scope(|scope| {
            for index in 0..16 {
                let jit = &jit;
                scope.spawn(move || {
                    for x in 0..200 {
                        let name = ["even", "odd"][index % 2];
                        let value = jit.evaluate(call(name, x)).unwrap();
                        let is_even = x % 2 == 0;
                        let expected = is_even == (name == "even");
                        assert_eq!(value, f64::from(u8::from(expected)));
                    }
                });
            }
        });
        assert_eq!(jit.base().session.sizes(), (2, 0));
    });
}

/// An expression that calls a function of one parameter.
fn call(name: &str, x: u32) -> Module {
    let text = format!(
        "function @__anon_expr() -> f64 {{
            fn0 = function @{name}(f64) -> f64
        block0:
            v0 = const {x}
            v1 = call fn0(v0)
            return v1
        }}"
    );
    parse_module(&text).unwrap()
}

/// A JIT that has `host` besides the usual functions.
fn with_host(host: Host) -> Session {
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), host, &memory).unwrap();
    Kaleidoscope::new(KaleidoscopeJit::new(Arc::new(executor)))
}

/// A function of the host that tells that it was called, and waits.
fn meeting() -> (Host, Receiver<()>, SyncSender<()>) {
    let (arrived, has_arrived) = sync_channel(1);
    let (go, may_go) = sync_channel(1);
    let may_go = Mutex::new(may_go);
    let mut host = Host::default();
    host.register("meet", move |x: f64| {
        arrived.send(()).unwrap();
        may_go.lock().unwrap().recv().unwrap();
        Ok::<f64, String>(x)
    });
    (host, has_arrived, go)
}

#[test]
fn a_function_that_an_expression_uses_is_not_removed_meanwhile() {
    watched(|| {
        let (host, arrived, go) = meeting();
        let mut session = with_host(host);
        session
            .run("extern meet(x); def g(x) x + 1; def f(x) g(meet(x));")
            .unwrap();
        let jit = session.jit;
        thread::scope(|scope| {
            let running = scope.spawn(|| jit.evaluate(call("f", 3)).unwrap());
            arrived.recv().unwrap();
            let error = jit.remove(&symbol("f")).unwrap_err();
            assert!(matches!(error, JitError::InUse(_)));
            assert_eq!(error.to_string(), "`f` is in use by `__anon_expr`");
            assert!(jit.remove(&symbol("g")).is_err());
            go.send(()).unwrap();
            assert_eq!(running.join().unwrap(), 4.0);
        });
        jit.remove(&symbol("f")).unwrap();
        jit.remove(&symbol("g")).unwrap();
    });
}

/// While one waits inside a function of the host, others evaluate: nothing
/// of the session is locked then.
#[test]
fn expressions_run_without_a_lock() {
    watched(|| {
        let (host, arrived, go) = meeting();
        let mut session = with_host(host);
        session.run("extern meet(x); def f(x) x + 1;").unwrap();
        let jit = session.jit;
        thread::scope(|scope| {
            let running =
                scope.spawn(|| jit.evaluate(call("meet", 3)).unwrap());
            arrived.recv().unwrap();
            assert_eq!(jit.evaluate(call("f", 1)).unwrap(), 2.0);
            jit.remove(&symbol("f")).unwrap();
            assert!(jit.evaluate(call("f", 1)).is_err());
            go.send(()).unwrap();
            assert_eq!(running.join().unwrap(), 3.0);
        });
    });
}

/// A function of the host may use the JIT that calls it.
#[test]
fn an_expression_may_evaluate_another() {
    watched(|| {
        static JIT: OnceLock<Mutex<Weak<KaleidoscopeJit>>> = OnceLock::new();
        let mut host = Host::default();
        host.register("nested", |x: f64| {
            let jit = JIT.get().unwrap().lock().unwrap().upgrade().unwrap();
            match x > 0.0 {
                true => jit.evaluate(call("down", x as u32 - 1)),
                false => Ok(100.0),
            }
        });
        let mut session = with_host(host);
        session.run("extern nested(x); def down(x) nested(x) + 1;").unwrap();
        let jit = Arc::new(session.jit);
        JIT.set(Mutex::new(Arc::downgrade(&jit))).unwrap();
        assert_eq!(jit.evaluate(call("down", 20)).unwrap(), 121.0);
        // And once more, with everything compiled.
        assert_eq!(jit.evaluate(call("down", 20)).unwrap(), 121.0);
        let sizes = jit.base().session.sizes();
        assert_eq!(sizes, (2, 0));
        drop(jit);
    });
}

/// Evaluations, definitions, removals and failures, all at the same time.
#[test]
fn threads_that_do_different_things_do_not_disturb_each_other() {
    watched(|| {
        let jit = kaleidoscope("def common(x) x + 1;").jit;
        let caller = |name: &str, callee: &str| {
            let text = format!(
                "function @{name}(f64) -> f64 {{
                    fn0 = function @{callee}(f64) -> f64
                block0(v0: f64):
                    v1 = call fn0(v0)
                    v2 = add v1, v1
                    return v2
                }}"
            );
            parse_module(&text).unwrap()
        };
        thread::scope(|scope| {
            for index in 0..8 {
                let (jit, caller) = (&jit, &caller);
                scope.spawn(move || {
                    let (f, g) = (format!("f{index}"), format!("g{index}"));
                    for round in 0..100 {
                        jit.define_ir(caller(&f, &g)).unwrap();
                        let x = jit.evaluate(call(&f, round));
                        assert!(matches!(x, Err(JitError::Missing { .. })));
                        jit.define_ir(caller(&g, "common")).unwrap();
                        let x = jit.evaluate(call(&f, round)).unwrap();
                        assert_eq!(x, 4.0 * (f64::from(round) + 1.0));
                        jit.remove(&symbol(&g)).unwrap_err();
                        jit.remove(&symbol(&f)).unwrap();
                        jit.remove(&symbol(&g)).unwrap();
                    }
                });
            }
        });
        assert_eq!(jit.base().session.sizes(), (1, 0));
        jit.remove(&symbol("common")).unwrap();
        jit.objects.collect().unwrap();
        assert_eq!(jit.objects.memory_used(SegmentKind::Code), 0);
    });
}

#[test]
fn two_jits_side_by_side() {
    watched(|| {
        let mut one = kaleidoscope("def f(x) x + 1;");
        let mut two = kaleidoscope("def f(x) x + 2;");
        assert_eq!(one.run("f(1);").unwrap(), [2.0]);
        assert_eq!(two.run("f(1);").unwrap(), [3.0]);
        drop(one);
        assert_eq!(two.run("f(1);").unwrap(), [3.0]);
    });
}

#[test]
fn nothing_keeps_the_executor_of_a_jit_that_is_gone() {
    watched(|| {
        let executor = executor();
        let weak: Weak<dyn Executor> = Arc::downgrade(&executor);
        let jit = KaleidoscopeJit::new(executor);
        let mut session = Kaleidoscope::new(jit);
        session.run("extern h(x); extern sin(x);").unwrap();
        session.run("def g(x) h(x); def f(x) sin(x);").unwrap();
        session.run("f(1);").unwrap();
        session.run("g(1);").unwrap_err();
        drop(session);
        assert!(weak.upgrade().is_none());
    });
}
