//! What is compiled, and when.

use crate::support::{
    Session, address, compilations, compiled, optimised, session, session_with,
    value,
};
use chapter1::driver::Driver;
use chapter1::symbol::Symbol;
use chapter2::pipeline::Pipeline;
use chapter3::partition::{Program, call_closure, per_function, whole_module};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const CHAIN: &str = "
    def c(x) x * 2;
    def d(x) x * 3;
    def b(x) c(x) + 1;
    def a(x) if x then b(x) else d(x);";

#[test]
fn a_definition_compiles_nothing_and_a_call_what_is_called() {
    let mut session = session(CHAIN);
    assert_eq!(compiled(&session), [""; 0]);
    assert_eq!(value(&mut session, "a(0);"), 0.0);
    assert_eq!(compiled(&session), ["a", "d"]);
    assert_eq!(value(&mut session, "a(1);"), 3.0);
    assert_eq!(compiled(&session), ["a", "b", "c", "d"]);
}

#[test]
fn the_second_call_enters_no_compiler() {
    let mut session = session(CHAIN);
    value(&mut session, "a(1); a(1); a(2) + a(3) + c(7);");
    assert_eq!(compilations(&session, 3), 3);
    let stubs = session.jit.demand.stubs().list();
    let asked = stubs.iter().map(|stub| (stub.name.as_str(), stub.asked));
    // `d` has a stub, because `a` refers to it.
    let expected = [("a", 1), ("b", 1), ("c", 1), ("d", 0)];
    assert_eq!(asked.collect::<Vec<_>>(), expected);
}

#[test]
fn the_address_of_a_function_is_the_same_before_and_after() {
    let mut session = session(CHAIN);
    let before = address(&session, "b");
    assert_eq!(compiled(&session), [""; 0]);
    value(&mut session, "a(1);");
    assert_eq!(address(&session, "b"), before);
    session.run("def b(x) x;").unwrap();
    assert_eq!(address(&session, "b"), before);
    value(&mut session, "b(1);");
    assert_eq!(address(&session, "b"), before);
}

/// A thousand functions, of which each tenth calls the one before.
fn thousand() -> String {
    let mut text = String::new();
    for i in 0..1000 {
        let body = match i % 10 {
            1 => format!("f{}(x)", i - 1),
            _ => format!("x + {i}"),
        };
        writeln!(text, "def f{i}(x) {body};").unwrap();
    }
    text
}

#[test]
fn of_a_thousand_functions_three_are_compiled() {
    for optimise in [false, true] {
        let text = thousand();
        let mut session =
            if optimise { optimised(&text) } else { session(&text) };
        let sum = value(&mut session, "f7(1) + f500(2) + f999(3) + f7(4);");
        assert_eq!(sum, 8.0 + 502.0 + 1002.0 + 11.0);
        assert_eq!(compiled(&session), ["f500", "f7", "f999"]);
        assert_eq!(compilations(&session, 1), 3);
        assert_eq!(session.jit.counts().defined, 1000);
    }
}

#[test]
fn what_a_partition_says_is_compiled_and_nothing_else() {
    type Kind = fn(&Symbol, &Program<'_>) -> Vec<Symbol>;
    let predicted: [(Kind, &[&str]); 3] = [
        (per_function, &["f1", "f0"]),
        (call_closure, &["f0", "f1"]),
        (whole_module, &[]),
    ];
    for (partition, functions) in predicted {
        let mut session =
            session_with(&thousand(), Pipeline::default(), partition);
        value(&mut session, "f1(1);");
        let count = if functions.is_empty() { 1000 } else { functions.len() };
        assert_eq!(compilations(&session, 1), count);
        let compiled = compiled(&session);
        assert!(functions.iter().all(|&f| compiled.iter().any(|c| c == f)));
        // What was compiled in advance asks nobody.
        value(&mut session, "f0(1);");
        assert_eq!(compilations(&session, 2), count);
    }
}

/// Some text: sums of calls, made certain or not by an `if`.
const GRAPH: &str = "
    extern sin(x); extern missing(x); extern h(x);
    def a(x) sin(x);
    def b(x) a(x) + a(x + 1);
    def c(x) if x < 2 then b(x) else missing(x);
    def d(x) for i = 0, i < x in c(i) + b(i);
    def e(x) if x < 9 then d(x) else a(x);
    def f(x) if x < 9 then c(1) + b(x) else b(x);
    1;
    def g(n) if n < 1 then f(n) else g(n - 1) + h(n);
    def h(n) if n < 1 then a(n) else g(n - 1);
    def k(x) e(x);
    1;
    def l(x) x;";

#[test]
fn every_partition_predicts_how_many_functions_are_compiled() {
    type Kind = fn(&Symbol, &Program<'_>) -> Vec<Symbol>;
    let callers: Kind = |called, program| program.definitions.callers(called);
    // How many functions these calls compile.
    let calls = ["b(1);", "e(1);", "g(2);", "k(1);", "l(1);"];
    let partitions: [(Kind, [usize; 5]); 4] = [
        (per_function, [2, 3, 3, 1, 1]),
        (call_closure, [2, 3, 3, 1, 1]),
        (whole_module, [6, 0, 3, 0, 1]),
        (callers, [7, 0, 1, 1, 1]),
    ];
    for (partition, counts) in partitions {
        let predicted = Arc::new(Mutex::new(BTreeSet::new()));
        let to = predicted.clone();
        let spy = move |called: &Symbol, program: &Program<'_>| {
            let names = partition(called, program);
            let all = names.iter().chain([called]);
            let is_defined = |n: &&Symbol| program.definitions.get(n).is_some();
            let defined = all.filter(is_defined).map(Symbol::to_string);
            to.lock().unwrap().extend(defined);
            names
        };
        let mut session = session_with(GRAPH, Pipeline::default(), spy);
        let mut before = compilations(&session, 2);
        assert_eq!(before, 0);
        for (index, call) in calls.iter().enumerate() {
            value(&mut session, call);
            let now = compilations(&session, 3 + index);
            assert_eq!(now - before, counts[index], "{call}");
            before = now;
            let predicted = predicted.lock().unwrap();
            assert_eq!(compiled(&session), Vec::from_iter(predicted.clone()));
            assert_eq!(now, predicted.len());
        }
    }
}

#[test]
fn a_call_closure_holds_what_every_way_calls() {
    let text = "
        extern missing(x);
        def e(x) x;
        def d(x) e(x);
        def c(x) x;
        def b(x) if x then c(x) + d(x) else d(x);
        def a(x) (for i = 0, i < 0 in b(x)) + (if x then missing(x) else 1);";
    let mut session = session_with(text, Pipeline::default(), call_closure);
    assert_eq!(value(&mut session, "a(0);"), 1.0);
    // A loop's body runs once at least; `c` is called on one way only.
    assert_eq!(compiled(&session), ["a", "b", "d", "e"]);
}

#[test]
fn a_guess_about_thousands_of_ways_comes_to_an_end() {
    let (mut text, mut body) = (String::new(), "0".to_owned());
    for index in 0..1000 {
        text += &format!("def g{index}(x) x;");
        body += &format!("+ (if x then g{index}(x) else g{index}(x))");
    }
    text += &format!("def f(x) {body};");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let partition = move |called: &Symbol, program: &Program<'_>| {
        count.fetch_add(1, Ordering::Relaxed);
        call_closure(called, program)
    };
    let mut session = session_with(&text, Pipeline::default(), partition);
    value(&mut session, "f(1);");
    // All of them are certain, but only some were looked at.
    let asked = asked.load(Ordering::Relaxed);
    assert!((100..1000).contains(&asked), "{asked}");
}

#[test]
// ANCHOR: others_fail
fn what_one_asks_for_and_cannot_be_compiled_is_no_error_of_another() {
    let text = "extern sin(x y); def bad(x) sin(x, x); def good(x) x + 1;";
    let mut session = session_with(text, Pipeline::default(), whole_module);
    assert_eq!(value(&mut session, "good(1);"), 2.0);
    assert!(session.run("bad(1);").is_err());
}
// ANCHOR_END: others_fail

#[test]
fn what_was_compiled_in_advance_asks_nobody() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let partition = move |called: &Symbol, program: &Program<'_>| {
        count.fetch_add(1, Ordering::Relaxed);
        whole_module(called, program)
    };
    let mut session = session_with(CHAIN, Pipeline::default(), partition);
    assert_eq!(value(&mut session, "a(1);"), 3.0);
    assert_eq!(value(&mut session, "a(0) + b(1) + d(1);"), 6.0);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let stubs = session.jit.demand.stubs().list();
    assert!(stubs.iter().all(|stub| stub.linked == 1), "{stubs:?}");
}

#[test]
fn what_is_compiled_eagerly_asks_nobody() {
    let session = session(CHAIN);
    session.jit.compile(&Symbol::new("a")).unwrap();
    let stubs = session.jit.demand.stubs().list();
    let linked = stubs.iter().map(|stub| (stub.name.as_str(), stub.linked));
    let expected = [("a", 1), ("b", 1), ("c", 1), ("d", 1)];
    assert_eq!(linked.collect::<Vec<_>>(), expected);
}

#[test]
fn a_partition_can_be_anything() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let partition = move |called: &Symbol, program: &Program<'_>| {
        count.fetch_add(1, Ordering::Relaxed);
        let mut names = program.definitions.callers(called);
        names.extend([called.clone(), Symbol::new("nothing")]);
        names.extend(names.clone());
        names
    };
    let mut session = session_with(CHAIN, Pipeline::default(), partition);
    assert_eq!(value(&mut session, "c(1);"), 2.0);
    assert_eq!(compiled(&session), ["b", "c"]);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn ten_arguments_arrive_at_a_function_that_is_compiled_meanwhile() {
    let mut session = session(
        "def f(a b c d e f g h i j)
            ((((((((a*10+b)*10+c)*10+d)*10+e)*10+f)*10+g)*10+h)*10+i)*10+j;
        def g(a b c d e f g h i j) f(j, i, h, g, f, e, d, c, b, a);",
    );
    let text = "g(1, 2, 3, 4, 5, 6, 7, 8, 9, 0);";
    assert_eq!(value(&mut session, text), 987654321.0);
    assert_eq!(value(&mut session, text), 987654321.0);
}

#[test]
fn what_stands_together_is_inlined_without_being_compiled() {
    let mut session: Session =
        optimised("def c(x) x * 2; def b(x) c(x) + 1; def a(x) b(x) + b(x);");
    assert_eq!(value(&mut session, "a(3);"), 14.0);
    assert_eq!(compiled(&session), ["a"]);
    let definitions = &session.jit.base().definitions;
    let inliners = definitions.inliners(&Symbol::new("c"));
    assert_eq!(inliners, [Symbol::new("a")]);
}

#[test]
fn handles_compile_when_they_are_called() {
    let session = session(CHAIN);
    let a = session.jit.function::<fn(f64) -> f64>("a").unwrap();
    assert_eq!(compiled(&session), [""; 0]);
    assert_eq!(a.call(1.0).unwrap(), 3.0);
    assert_eq!(compiled(&session), ["a", "b", "c"]);
    let sin = session.jit.function::<fn(f64) -> f64>("sin").unwrap();
    assert_eq!(sin.call(0.0).unwrap(), 0.0);
}

#[test]
fn a_long_chain_needs_no_deep_native_stack() {
    let mut text = "def f0(x) x;".to_owned();
    for i in 1..5000 {
        write!(text, "def f{i}(x) f{}(x) + 1;", i - 1).unwrap();
    }
    let mut session = session(&text);
    assert_eq!(value(&mut session, "f4999(1);"), 5000.0);
    assert_eq!(compilations(&session, 1), 5000);
}
