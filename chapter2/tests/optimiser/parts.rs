//! Definitions that stand together are one module, and nobody else notices.

use crate::common::{Run, workspace_root};
use chapter1::driver::Driver;
use chapter1::executor::{Host, SegmentKind};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter2::jit::KaleidoscopeJit;
use insta::glob;
use pretty_assertions::assert_eq;
use std::fs;

type Session = Kaleidoscope<KaleidoscopeJit>;

fn session(text: &str) -> Session {
    let jit = KaleidoscopeJit::in_process(Host::default()).unwrap();
    let mut session = Kaleidoscope::new(jit);
    session.run(text).unwrap();
    session
}

fn inliners(session: &Session, name: &str) -> Vec<String> {
    let definitions = &session.jit.base().definitions;
    let inliners = definitions.inliners(&Symbol::new(name));
    inliners.iter().map(Symbol::to_string).collect()
}

fn remove(session: &Session, name: &str) -> Result<(), String> {
    let result = session.jit.remove(&Symbol::new(name));
    result.map_err(|error| error.to_string())
}

const CHAIN: &str = "def c(x) x * 2; def b(x) c(x) + 1; def a(x) b(x) + b(x);";

#[test]
fn what_stands_together_is_inlined() {
    let mut session = session(CHAIN);
    assert_eq!(inliners(&session, "c"), [""; 0], "nothing is compiled yet");
    assert_eq!(session.run("a(3);").unwrap(), [14.0]);
    assert_eq!(inliners(&session, "c"), ["a", "b"]);
    assert_eq!(inliners(&session, "b"), ["a"]);
}

#[test]
fn the_last_function_inlines_what_was_compiled_before() {
    let mut session = session(CHAIN);
    for name in ["c", "b", "a"] {
        session.jit.lookup(&Symbol::new(name)).unwrap();
    }
    assert_eq!(inliners(&session, "c"), ["a", "b"]);
    assert_eq!(inliners(&session, "b"), ["a"]);
    assert_eq!(session.run("a(3);").unwrap(), [14.0]);
}

#[test]
fn what_an_expression_or_the_end_of_a_text_separates_is_not() {
    for separator in ["1;", "END"] {
        let text = CHAIN.replace("def a", &format!("{separator} def a"));
        let mut session = session("");
        for text in text.split("END") {
            session.run(text).unwrap();
        }
        assert_eq!(session.run("a(3);").unwrap(), [14.0]);
        assert_eq!(inliners(&session, "c"), ["b"]);
        assert_eq!(inliners(&session, "b"), [""; 0]);
    }
}

#[test]
fn operators_that_the_user_defines_are_inlined() {
    let text = "def unary!(v) if v then 0 else 1;
        def binary| 5 (a b) if a then 1 else if b then 1 else 0;
        def f(x) !(x < 3) | x < 0;";
    let mut session = session(text);
    assert_eq!(session.run("f(2); f(4); f(0 - 1);").unwrap(), [0.0, 1.0, 1.0]);
    assert_eq!(inliners(&session, "unary!"), ["f"]);
    assert_eq!(inliners(&session, "binary|"), ["f"]);
}

#[test]
fn only_what_is_called_is_compiled() {
    let mut session = session(CHAIN);
    session.run("def d(x) c(x) + a(x);").unwrap();
    let compiled = |session: &Session| session.jit.counts().compiled;
    session.run("c(1);").unwrap();
    assert_eq!(compiled(&session), 2, "c and the expression");
    session.run("a(1);").unwrap();
    assert_eq!(compiled(&session), 4, "a, which has b in it, the expression");
    // A small function that has been compiled can still be inlined.
    assert_eq!(inliners(&session, "c"), ["a", "b"]);
}

#[test]
fn a_function_that_cannot_be_linked_fails_alone() {
    let mut session = session(
        "extern nowhere(x); def f(x) nowhere(x); def g(x) x + 1;
         def h(x) if 0 then f(x) else g(x);",
    );
    assert!(session.run("f(1);").is_err());
    assert_eq!(session.run("g(1);").unwrap(), [2.0]);
    // Also where it is not reached: an optimiser must not decide that.
    let error = session.run("h(1);").unwrap_err().to_string();
    assert!(error.contains("`nowhere` is declared"), "{error}");
    session.run("def nowhere(x) 40 + x;").unwrap();
    assert_eq!(session.run("h(1); f(1);").unwrap(), [2.0, 41.0]);
}

#[test]
fn functions_of_a_module_are_removed_and_defined_again_one_by_one() {
    for is_compiled in [false, true] {
        let mut session = session(CHAIN);
        if is_compiled {
            session.run("a(3);").unwrap();
        }
        let error = remove(&session, "b").unwrap_err();
        assert_eq!(error, "`b` is in use by `a`");
        let users = if is_compiled { "`a`, `b`" } else { "`b`" };
        let error = remove(&session, "c").unwrap_err();
        assert_eq!(error, format!("`c` is in use by {users}"));
        remove(&session, "a").unwrap();
        assert_eq!(inliners(&session, "b"), [""; 0]);
        session.run("def a(x y) b(x) - y;").unwrap();
        assert_eq!(session.run("a(3, 7); b(1);").unwrap(), [0.0, 3.0]);
        for name in ["a", "b", "c"] {
            remove(&session, name).unwrap();
        }
        let objects = &session.jit.objects;
        objects.collect().unwrap();
        assert_eq!(objects.memory_used(SegmentKind::Code), 0);
        assert_eq!(session.jit.base().session.sizes(), (0, 0));
        session.run("def c(x) x;").unwrap();
        assert_eq!(session.run("c(5);").unwrap(), [5.0]);
    }
}

#[test]
fn a_function_of_a_module_can_be_removed_while_others_are_in_use() {
    let mut session = session("def f(x) x; def g(x) x + 1; f(1) + g(1);");
    let held = session.jit.function::<fn(f64) -> f64>("f").unwrap();
    remove(&session, "g").unwrap();
    assert_eq!(held.call(7.0).unwrap(), 7.0);
    session.run("def g(x) f(x) + 2;").unwrap();
    assert_eq!(session.run("g(1);").unwrap(), [3.0]);
}

#[test]
fn mutual_recursion_stands_together_too() {
    let text = "extern odd(n);
        def even(n) if n < 1 then 1 else odd(n - 1);
        def odd(n) if n < 1 then 0 else even(n - 1);
        def both(n) even(n) + 2 * odd(n);";
    let mut session = session(text);
    assert_eq!(session.run("both(4); both(5);").unwrap(), [1.0, 2.0]);
}

#[test]
fn a_long_chain_needs_no_deep_native_stack() {
    let mut text = "def f0(x) x + 1;\n".to_owned();
    for i in 1..5_000 {
        text += &format!("def f{i}(x) f{}(x) * 1;\n", i - 1);
    }
    let mut session = session(&text);
    assert_eq!(session.run("f4999(1);").unwrap(), [2.0]);
}

#[test]
fn threads_that_need_the_same_functions_wait_for_each_other() {
    let mut text = "def f0(x) x + 1;\n".to_owned();
    for i in 1..400 {
        text += &format!("def f{i}(x) f{}(x) + f{}(x);\n", i - 1, i / 2);
    }
    for round in 0..8 {
        let session = session(&text);
        let jit = &session.jit;
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for i in (thread..400).step_by(4 + round) {
                        let name = Symbol::new(&format!("f{}", 399 - i));
                        jit.lookup(&name).unwrap();
                    }
                });
            }
        });
        let f3 = jit.function::<fn(f64) -> f64>("f3").unwrap();
        assert_eq!(f3.call(0.0).unwrap(), 6.0);
    }
}

/// With a file, and with lines at the prompt, where each definition is a
/// module of its own.
#[test]
fn both_ways_print_the_same() {
    glob!("../../../chapter1/programs", "*.ks", |path| {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(workspace_root()).unwrap_or(path);
        let batch = Run::new().argument(path).finish();
        // At the prompt a line that completes an item ends it; an item goes
        // on in the next line only where it cannot end.
        let script = Run::new().argument("--interactive").input(text).finish();
        if !PROMPT_DIFFERS.iter().any(|name| path.ends_with(name)) {
            assert_eq!(batch.stdout(), script.stdout(), "{}", path.display());
        }
    });
}

/// Programs with items that go on after the end of a line that completes
/// them.
const PROMPT_DIFFERS: [&str; 4] = [
    "parameters_many.ks",
    "pi_series.ks",
    "putchard_conversion.ks",
    "several_a_line.ks",
];
