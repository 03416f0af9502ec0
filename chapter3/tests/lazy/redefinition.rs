//! A definition that replaces another: callers see it from now on.

use crate::support::{
    Session, address, compilations, compiled, error, optimised, session, value,
};
use chapter1::definitions::Origin;
use chapter1::driver::{Driver, JitError};
use chapter1::executor::SegmentKind;
use chapter1::ir::{Module, parse_module};
use chapter1::symbol::Symbol;
use chapter3::compile_on_demand::CompileOnDemandLayer;
use chapter3::jit::Optimise;
use std::sync::{Arc, OnceLock};

#[test]
fn callers_see_the_new_body() {
    let mut session = session("def f(x) x + 1; def g(x) f(x) * 10;");
    assert_eq!(value(&mut session, "g(1);"), 20.0);
    let before = address(&session, "f");
    assert_eq!(value(&mut session, "def f(x) x + 2; g(1);"), 30.0);
    assert_eq!(value(&mut session, "f(1);"), 3.0);
    assert_eq!(address(&session, "f"), before);
    // `g` was not compiled a second time.
    assert_eq!(compilations(&session, 3), 3);
}

#[test]
fn callers_that_have_inlined_the_old_body_are_compiled_again() {
    let mut session = optimised(
        "def h(x) x + 1; def f(x) h(x) * 2; def g(x) f(x) * 10; def k(x) x;",
    );
    assert_eq!(value(&mut session, "g(1) + k(0);"), 40.0);
    assert_eq!(compiled(&session), ["g", "k"]);
    assert_eq!(value(&mut session, "def h(x) x + 2; g(1) + k(0);"), 60.0);
    assert_eq!(value(&mut session, "def f(x) 7; g(1) + k(0);"), 70.0);
    let recompiled = session.jit.demand.stubs().list();
    let linked = recompiled.iter().map(|s| (s.name.as_str(), s.linked));
    let linked: Vec<_> = linked.collect();
    assert!(linked.contains(&("g", 3)), "{linked:?}");
    assert!(linked.contains(&("k", 1)), "{linked:?}");
}

#[test]
fn a_name_that_was_the_hosts_is_the_users() {
    for make in [session, optimised] {
        let mut session = make(
            "extern cos(x); def f(x) cos(x); def g(x) f(x) + 1; def h(x) x;",
        );
        assert_eq!(value(&mut session, "g(0) + h(0);"), 2.0);
        assert_eq!(value(&mut session, "def cos(x) 5; g(0) + h(0);"), 6.0);
        assert_eq!(value(&mut session, "cos(0);"), 5.0);
        // And the host's again.
        session.jit.remove(&Symbol::new("cos")).unwrap();
        assert_eq!(value(&mut session, "g(0) + h(0);"), 2.0);
        assert_eq!(value(&mut session, "def cos(x) 6; g(0) + h(0);"), 7.0);
    }
}

#[test]
fn a_definition_hides_the_hosts_whatever_it_had_for_parameters() {
    let mut session = session("extern cos(x); cos(0);");
    let text = "def cos(x y) y; cos(0, 3); def cos(x) x + 2; cos(0);";
    assert_eq!(session.run(text).unwrap(), [3.0, 2.0]);
    let text = "def f(x) cos(x) + 1; f(0);";
    assert_eq!(value(&mut session, text), 3.0);
}

#[test]
fn the_hosts_function_is_not_called_with_other_parameters() {
    // Whether `f` was compiled before the definition goes, or after.
    for call in ["1;", "f(1);"] {
        let text = format!("def cos(x y) y; def f(x) cos(x, 2); {call}");
        let mut session = session(&text);
        session.jit.remove(&Symbol::new("cos")).unwrap();
        let message = error(&mut session, "f(1);");
        let expected = "error: the host's `cos` takes 1 parameter, but is \
                        declared with 2";
        assert!(message.starts_with(expected), "{message}");
        assert!(session.jit.compile(&Symbol::new("f")).is_err());
        assert_eq!(value(&mut session, "def cos(x y) x; f(1);"), 1.0);
    }
}

#[test]
fn callers_with_another_number_of_arguments_stand_in_the_way() {
    let mut session = session("def f(x) x; def g(x) f(x); def h(x) f(x) + 1;");
    value(&mut session, "g(1);");
    assert_eq!(
        error(&mut session, "def f(x y) x + y;"),
        "error: `f` has 1 parameter, not 2\n= note: it is called by `g`, `h`"
    );
    assert_eq!(value(&mut session, "g(1);"), 1.0);
    // None is left.
    session.run("def g(x) x; def h(x) x;").unwrap();
    assert_eq!(value(&mut session, "def f(x y) x + y; f(1, 2);"), 3.0);
    assert_eq!(value(&mut session, "def g(x) f(x, x); g(3);"), 6.0);
}

#[test]
fn a_function_that_calls_only_itself_may_change_its_parameters() {
    let mut session =
        session("def f(n) if n < 1 then 0 else f(n - 1) + 1; f(3);");
    let text = "def f(n m) if n < 1 then m else f(n - 1, m + 2); f(3, 1);";
    assert_eq!(value(&mut session, text), 7.0);
}

#[test]
fn a_definition_replaces_an_extern_that_nobody_relies_on() {
    let mut session = session("extern f(x);");
    assert!(error(&mut session, "f(1);").contains("not defined"));
    assert_eq!(value(&mut session, "def f(x y) x + y; f(1, 2);"), 3.0);
    let f = session.jit.function::<fn(f64, f64) -> f64>("f").unwrap();
    assert_eq!(f.call(3.0, 4.0).unwrap(), 7.0);
}

#[test]
fn what_nobody_has_needed_yet_may_change_its_parameters() {
    // The first definition hides the host's.
    let mut session = session("def sin(x) x; def sin(x y) x + y;");
    assert_eq!(value(&mut session, "sin(2, 3);"), 5.0);
}

#[test]
fn a_handle_stands_in_the_way_of_other_parameters_only() {
    let mut session = session("def f(x) x + 1;");
    let f = session.jit.function::<fn(f64) -> f64>("f").unwrap();
    assert_eq!(f.call(1.0).unwrap(), 2.0);
    session.run("def f(x) x + 2;").unwrap();
    assert_eq!(f.call(1.0).unwrap(), 3.0);
    let refusal = error(&mut session, "def f(x y) x + y;");
    assert!(refusal.contains("`f` is in use by a handle"), "{refusal}");
    drop(f);
    assert_eq!(value(&mut session, "def f(x y) x + y; f(1, 2);"), 3.0);
}

type Demand = CompileOnDemandLayer<Optimise>;

/// A session in whose code `change(x)` does something to the definitions.
fn changing(
    text: &str,
    change: impl Fn(&Demand) -> Result<(), JitError> + Send + Sync + 'static,
) -> Session {
    let mut session = session("");
    let demand = Arc::downgrade(&session.jit.demand);
    let function = move |x: f64| {
        change(&demand.upgrade().expect("it is running"))?;
        Ok::<f64, JitError>(x)
    };
    session.jit.register("change", function).unwrap();
    session.run("extern change(x);").unwrap();
    session.run(text).unwrap();
    session
}

/// Lets a function yield this number from now on.
fn define(demand: &Demand, name: &str, value: f64) -> Result<(), JitError> {
    let module = Arc::new(constant(name, value));
    demand.define(&module, Origin::Ir(module.clone()))
}

/// A function as IR that yields a number for one.
fn constant(name: &str, value: f64) -> Module {
    let text = format!(
        "function @{name}(f64) -> f64 {{
        block0(v0: f64):
            v1 = const {value}
            return v1
        }}"
    );
    parse_module(&text).unwrap()
}

#[test]
fn a_body_that_is_running_finishes_as_it_was() {
    let text = "
        def leaf(x) 1;
        def f(n) if n < 1 then change(0) + leaf(0)
                 else f(n - 1) + (if n < 2 then f(0 - 1) else 0) + 10;";
    let once = OnceLock::new();
    let mut session = changing(text, move |demand| {
        if once.set(()).is_ok() {
            define(demand, "f", 1000.0)?;
            define(demand, "leaf", 2.0)?;
        }
        Ok(())
    });
    // The recursion that goes on after the change is the old one, and so are
    // its other calls of itself; `leaf` is the new one at once.
    assert_eq!(session.run("f(3);").unwrap(), [2.0 + 2.0 + 30.0]);
    assert_eq!(session.run("f(3);").unwrap(), [1000.0]);
}

#[test]
fn old_code_may_call_what_nobody_knows_any_more() {
    let text = "
        def h(x) x;
        def f(n) if n < 1 then change(0) + h(1) else f(n - 1) + 1;
        def g(n) f(n);";
    let mut session = changing(text, |demand| {
        define(demand, "f", 5.0)?;
        demand.remove(&Symbol::new("h"))
    });
    let message = error(&mut session, "g(2);");
    assert!(message.contains("`h` was removed, and nothing but old code"));
    // What ran was the old body of `f`.
    let calls = "in `f` (3 times), called by `g`, called by `__anon_expr`";
    assert!(message.contains(calls), "{message}");
    assert_eq!(value(&mut session, "g(2);"), 5.0);
}

#[test]
fn the_memory_of_an_old_body_is_freed_when_it_has_been_left() {
    let text = "def f(n) if n < 1 then change(0) else f(n - 1);";
    let mut session = changing(text, |demand| define(demand, "f", 5.0));
    let objects = session.jit.objects.clone();
    let used = || {
        objects.collect().unwrap();
        objects.memory_used(SegmentKind::Code)
    };
    session.run("f(3); f(3);").unwrap();
    let after = used();
    for _ in 0..10 {
        session.run(text).unwrap();
        assert_eq!(session.run("f(3); f(3);").unwrap(), [0.0, 5.0]);
        assert_eq!(used(), after);
    }
}

#[test]
#[cfg(debug_assertions)]
fn the_memory_of_an_old_body_is_poisoned() {
    let mut session = session("def f(x) x + 1; def g(x) f(x); g(1);");
    let stubs = session.jit.demand.stubs().list();
    let bodies = stubs.iter().map(|stub| stub.body.unwrap());
    let bodies: Vec<_> = bodies.collect();
    let objects = session.jit.objects.clone();
    let first_bytes = || {
        objects.collect().unwrap();
        [0, 1].map(|i| {
            let at = bodies[i].as_u64() as usize;
            let at = std::ptr::with_exposed_provenance::<[u8; 16]>(at);
            // SAFETY: it is memory of the session's executor.
            unsafe { at.read_volatile() }
        })
    };
    let [f, g] = first_bytes();
    assert!(f != [0xcc; 16] && g != [0xcc; 16]);
    session.run("def f(x) x + 2;").unwrap();
    assert_eq!(first_bytes(), [[0xcc; 16], g]);
}

/// A session in which something happens while `f` is compiled for the first
/// time.
fn meanwhile(
    text: &str,
    change: impl Fn(&Demand) -> Result<(), JitError> + Send + Sync + 'static,
) -> Session {
    let session = session(text);
    let demand = Arc::downgrade(&session.jit.demand);
    let once = OnceLock::new();
    session.jit.observe(Box::new(move |module, _| {
        let is_f = module.functions[0].name.as_str() == "f";
        if is_f && once.set(()).is_ok() {
            change(&demand.upgrade().unwrap()).unwrap();
        }
    }));
    session
}

#[test]
// ANCHOR: overtakes
fn a_redefinition_overtakes_the_compilation_of_the_old_body() {
    let mut session = meanwhile("def f(x) 1; def g(x) f(x);", |demand| {
        define(demand, "f", 2.0)
    });
    assert_eq!(value(&mut session, "g(1);"), 2.0);
    assert_eq!(value(&mut session, "f(1);"), 2.0);
}
// ANCHOR_END: overtakes

#[test]
fn a_removal_overtakes_it_too() {
    let mut session = meanwhile("def f(x) 1; def g(x) f(x);", |demand| {
        demand.remove(&Symbol::new("f"))
    });
    for _ in 0..2 {
        let message = error(&mut session, "g(1);");
        assert!(message.contains("`f` is declared, but not"), "{message}");
    }
    assert_eq!(value(&mut session, "def f(x) 3; g(1);"), 3.0);
}

#[test]
fn a_function_can_be_removed_while_it_runs() {
    let text = "def f(n) if n < 1 then change(0) else f(n - 1) + 1;
                def g(x) f(x);";
    let mut session = changing(text, |demand| demand.remove(&Symbol::new("f")));
    assert_eq!(session.run("g(10);").unwrap(), [10.0]);
    assert!(error(&mut session, "g(10);").contains("`f` is declared"));
}

#[test]
fn a_small_function_is_redefined_while_it_is_being_inlined() {
    let mut session = optimised("def h(x) x + 1; def f(x) h(x) * 2;");
    let demand = Arc::downgrade(&session.jit.demand);
    let once = OnceLock::new();
    session.jit.observe(Box::new(move |_, _| {
        if once.set(()).is_ok() {
            define(&demand.upgrade().unwrap(), "h", 5.0).unwrap();
        }
    }));
    assert_eq!(value(&mut session, "f(1);"), 10.0);
}

#[test]
fn old_code_may_call_what_nobody_else_knows() {
    let text = "def f(x) x; def g(x) change(0) + f(x);";
    let mut session = changing(text, |demand| {
        define(demand, "g", 5.0)?;
        demand.remove(&Symbol::new("f"))
    });
    let message = error(&mut session, "g(1);");
    assert!(message.contains("nothing but old code calls it"), "{message}");
    assert_eq!(value(&mut session, "g(1);"), 5.0);
}

#[test]
fn old_code_does_not_get_to_an_old_body_with_other_parameters() {
    let text = "def h(x) x; h(7); def f(x) change(0) + h(1);";
    let mut session = changing(text, |demand| {
        define(demand, "f", 5.0)?;
        let text = "
            function @h(f64, f64) -> f64 {
            block0(v0: f64, v1: f64):
                return v1
            }";
        let module = Arc::new(parse_module(text).unwrap());
        demand.define(&module, Origin::Ir(module.clone()))
    });
    // The old stub asks, although it has had a body.
    let message = error(&mut session, "f(1);");
    assert!(message.contains("`h` was removed, and nothing but old code"));
    assert_eq!(session.run("f(1); h(1, 2);").unwrap(), [5.0, 2.0]);
}

#[test]
fn a_stub_that_comes_too_late_takes_no_name() {
    let mut session = session("def f(x) 1; f(0);");
    let stubs = session.jit.demand.stubs();
    let before = stubs.list();
    // As by a unit whose symbol was removed when it began.
    let tracker = session.jit.base().main.create_tracker();
    let late = stubs.add(&Symbol::new("f"), &tracker).unwrap();
    assert_eq!(stubs.list(), before);
    stubs.remove(late);
    assert_eq!(value(&mut session, "def f(x) 2; f(0);"), 2.0);
}

#[test]
fn a_definition_outdates_copies_that_a_removal_has_not_come_to() {
    let mut session = optimised("def f(x) 1; def g(x) f(x);");
    assert_eq!(value(&mut session, "g(0);"), 1.0);
    // So far another thread may have come.
    session.jit.base().definitions.withdraw(&Symbol::new("f"));
    assert_eq!(value(&mut session, "def f(x) 2; g(0);"), 2.0);
}
