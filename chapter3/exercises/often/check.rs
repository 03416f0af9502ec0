//! A partition says what is most frequent, in that order, and this is
//! compiled.

use crate::{Verdict, ensure, plain};
use chapter1::driver::Driver;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter3::partition::{Partition, Program};
use std::sync::{Arc, Mutex};

/// Calls, and calls in loops.
const LOOPS: &str = "
    def once(x) x;
    def twice(x) x;
    def inner(x) x;
    def busy(x) for i = 1, i < 3 in inner(x);
    def top(x) once(x) + busy(x) + twice(x) + twice(x);";

/// What is called by others as well, by itself, by the host, or by nobody.
const OTHERS: &str = "
    extern sin(x);
    extern missing(x);
    def idle(x) x;
    def shared(x) x;
    def a(x) shared(x) + sin(x) + (if x < 0 then missing(x) else 0);
    def b(x) shared(x) + shared(x) + shared(x);
    def deep(x)
        for i = 1, i < 2 in (for k = 1, k < 2 in b(x) + sin(x));
    def top(n)
        (if n < 1 then 0 else top(n - 1) + top(n - 2))
            + (for i = 1, a(i) < 1 in sin(i) + sin(i + 1))
            + deep(n);";

/// Three that lead to each other.
const RING: &str = "
    extern y(n);
    extern z(n);
    def x(n) if n < 1 then 0 else y(n - 1);
    def y(n) if n < 1 then 0 else z(n - 1) + z(n - 2) + x(n - 2);
    def z(n) if n < 1 then 0 else for i = 1, i < n in x(n - 1);";

/// Tries some programs, with several numbers of functions each.
pub(super) fn check<P: Partition>(attempt: fn(usize) -> P) -> Verdict {
    let cases: [(&str, &str, &[&str]); 3] = [
        // Once the busy one is there, what it calls is called ten times.
        (LOOPS, "top", &["twice", "busy", "inner", "once"]),
        // 10 calls of `a`; so 10 of `shared`; 1 of `deep`, so 100 of `b`.
        (OTHERS, "top", &["a", "shared", "deep", "b"]),
        (RING, "x", &["y", "z"]),
    ];
    for (text, called, expected) in cases {
        for most in 0..expected.len() + 2 {
            let expected = &expected[..most.min(expected.len())];
            one(attempt(most), most, text, called, expected)?;
        }
    }
    Ok(())
}

fn one(
    partition: impl Partition,
    most: usize,
    text: &str,
    called: &str,
    expected: &[&str],
) -> Verdict {
    let said = Arc::new(Mutex::new(None));
    let first = said.clone();
    let partition = move |called: &Symbol, program: &Program<'_>| {
        let names = partition.with(called, program);
        let mut first = first.lock().expect("no panic");
        first.get_or_insert(names.clone());
        names
    };
    let mut session = Kaleidoscope::new(plain(partition));
    let text = format!("{text}\n{called}(1);");
    session.run(&text).map_err(|error| error.to_string())?;
    let said = said.lock().expect("no panic").take().unwrap_or_default();
    let said: Vec<&str> = said.iter().map(Symbol::as_str).collect();
    ensure(said == expected, || {
        format!(
            "with `{called}`, {most} more: {said:?}, not {expected:?}, in\n{text}"
        )
    })?;
    let compiled = session.jit.compiled();
    let missing = expected
        .iter()
        .find(|&&name| compiled.iter().all(|it| it.as_str() != name));
    ensure(missing.is_none(), || {
        format!("`{}` has not been compiled", missing.unwrap())
    })
}
