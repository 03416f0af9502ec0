//! Tests of what the JIT tells the executor.

use super::super::*;
use crate::driver::JitError;
use crate::executor::fake::{Event, Fake};
use crate::executor::{Batch, SegmentKind};
use crate::ir::parse_module;
use crate::symbol::Symbol;
use std::sync::atomic::Ordering;

fn jit() -> (Arc<Fake>, KaleidoscopeJit) {
    let fake = Arc::new(Fake::new());
    (fake.clone(), KaleidoscopeJit::new(fake))
}

fn number(name: &str) -> Module {
    let text = format!(
        "function @{name}() -> f64 {{
        block0:
            v0 = const 1
            return v0
        }}"
    );
    parse_module(&text).unwrap()
}

fn caller(name: &str, callee: &str) -> Module {
    let text = format!(
        "function @{name}() -> f64 {{
            fn0 = function @{callee}() -> f64
        block0:
            v0 = call fn0()
            return v0
        }}"
    );
    parse_module(&text).unwrap()
}

/// The batches among events that are all commits.
fn batches(events: Vec<Event>) -> Vec<Batch> {
    let batch = |event| match event {
        Event::Commit(batch) => batch,
        Event::Call(at) => panic!("a call of {at}"),
    };
    events.into_iter().map(batch).collect()
}

#[test]
fn a_compiled_function_is_one_commit() {
    let (fake, jit) = jit();
    jit.define_ir(number("f")).unwrap();
    assert_eq!(fake.events(), []);
    let f = jit.lookup(&Symbol::new("f")).unwrap();
    let [batch] = &batches(fake.events())[..] else { panic!("not one") };
    let [segment] = &batch.segments[..] else { panic!("not one") };
    assert_eq!((segment.kind, segment.at), (SegmentKind::Code, f));
    jit.lookup(&Symbol::new("f")).unwrap();
    assert_eq!(fake.events(), []);
}

#[test]
fn the_thunk_that_a_function_needs_is_in_its_commit() {
    let (fake, jit) = jit();
    jit.define_ir(caller("f", "far")).unwrap();
    jit.define_ir(caller("g", "far")).unwrap();
    jit.lookup(&Symbol::new("f")).unwrap();
    jit.lookup(&Symbol::new("g")).unwrap();
    let [f, g] = &batches(fake.events())[..] else { panic!("not two") };
    assert_eq!((f.segments.len(), f.pointers.len()), (2, 1));
    assert_eq!(f.pointers[0].1, 0x1000);
    assert_eq!((g.segments.len(), g.pointers.len()), (1, 0));
}

#[test]
fn an_expression_is_retired_after_its_call() {
    let (fake, jit) = jit();
    jit.evaluate(number("one")).unwrap();
    jit.evaluate(number("two")).unwrap();
    let events = fake.events();
    let [Event::Commit(one), Event::Call(at), Event::Commit(two), _] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(one.segments[0].at, *at);
    assert_eq!(one.retirements, []);
    assert_eq!(two.segments.len(), 1);
    assert_eq!(two.retirements[0].start, *at);
}

/// There is room for some thousand of these.
#[test]
fn expressions_that_the_executor_refuses_leave_nothing_behind() {
    let (fake, jit) = jit();
    jit.define_ir(caller("f", "far")).unwrap();
    fake.is_broken.store(true, Ordering::Relaxed);
    for _ in 0..10_000 {
        let error = jit.evaluate(caller("one", "far")).unwrap_err();
        assert!(matches!(error, JitError::Failed(_)), "{error}");
        assert!(jit.lookup(&Symbol::new("f")).is_err());
    }
    assert_eq!(jit.objects.memory_used(SegmentKind::Code), 0);
    fake.is_broken.store(false, Ordering::Relaxed);
    jit.lookup(&Symbol::new("f")).unwrap();
    let [batch] = &batches(fake.events())[..] else { panic!("not one") };
    assert_eq!(batch.pointers.len(), 1);
}

#[test]
fn a_retirement_that_is_refused_is_sent_again() {
    let (fake, jit) = jit();
    jit.evaluate(number("one")).unwrap();
    fake.is_broken.store(true, Ordering::Relaxed);
    jit.evaluate(number("two")).unwrap_err();
    fake.is_broken.store(false, Ordering::Relaxed);
    fake.events();
    jit.evaluate(number("three")).unwrap();
    let Event::Commit(three) = fake.events().remove(0) else { panic!() };
    assert_eq!(three.retirements.len(), 1);
}

#[test]
fn what_was_compiled_before_a_failure_is_not_compiled_again() {
    let (fake, jit) = jit();
    jit.define_ir(caller("f", "g")).unwrap();
    jit.define_ir(number("g")).unwrap();
    fake.fail_after.store(1, Ordering::Relaxed);
    jit.lookup(&Symbol::new("f")).unwrap_err();
    assert_eq!(batches(fake.events()).len(), 1);
    jit.lookup(&Symbol::new("f")).unwrap();
    let [f] = &batches(fake.events())[..] else { panic!("not one") };
    assert_eq!(f.retirements, []);
}

#[test]
fn what_was_committed_in_the_hope_of_something_that_failed_is_retired() {
    let (fake, jit) = jit();
    jit.define_ir(caller("f", "g")).unwrap();
    jit.define_ir(caller("g", "h")).unwrap();
    jit.define_ir(number("h")).unwrap();
    // `f` is linked as soon as `g` has an address, and `h` needs nothing.
    fake.fail_after.store(2, Ordering::Relaxed);
    jit.lookup(&Symbol::new("f")).unwrap_err();
    let [f, h] = &batches(fake.events())[..] else { panic!("not two") };
    assert_eq!((f.retirements.len(), h.retirements.len()), (0, 0));
    jit.lookup(&Symbol::new("f")).unwrap();
    let [again, g] = &batches(fake.events())[..] else { panic!("not two") };
    assert_eq!(again.retirements[0].start, f.segments[0].at);
    assert_eq!((again.retirements.len(), g.retirements.len()), (1, 0));
}
