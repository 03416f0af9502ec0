//! Values are as ever, and the compiler is called as seldom as can be.

use crate::stack::Stack;
use crate::{Verdict, ensure};
use chapter1::codegen::{CodeGenerator, CodegenError, Target};
use chapter1::driver::Driver;
use chapter1::ir::Module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::link::LinkGraph;
use chapter1::orc::{Layer, ObjectLinkingLayer};
use chapter1::symbol::Symbol;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What an attempt may compile with. It counts.
pub(super) type Compile =
    Box<dyn Fn(&Module) -> Result<LinkGraph, CodegenError> + Send + Sync>;

/// What an attempt is.
type Attempt<L> = fn(Arc<ObjectLinkingLayer>, Compile) -> Arc<L>;

/// A JIT on an attempt, and how many modules it has compiled.
fn program<L: Layer<Program = Module>>(
    attempt: Attempt<L>,
) -> (Kaleidoscope<Stack<L>>, Arc<AtomicUsize>) {
    let compiled = Arc::new(AtomicUsize::new(0));
    let counter = compiled.clone();
    let compile: Compile = Box::new(move |module| {
        counter.fetch_add(1, Ordering::Relaxed);
        CodeGenerator::new(Target::host()).compile(module)
    });
    let stack = Stack::program(|_, objects| attempt(objects, compile));
    (stack, compiled)
}

/// Counts what is compiled for programs that repeat themselves.
pub(super) fn check<L: Layer<Program = Module>>(
    attempt: Attempt<L>,
) -> Verdict {
    let cases = [
        ("nothing is called", "def f(x) x * x;", vec![], 0),
        (
            "`f` and `g` are the same, and there is an expression",
            "def f(x) x * x; def g(y) y * y; f(3) + g(4);",
            vec![25.0],
            2,
        ),
        (
            "`f` is called twice by the same expression",
            "def f(x) x; f(1) + 2; f(1) + 2;",
            vec![3.0, 3.0],
            2,
        ),
        (
            "`sine` and `cosine` differ in what they call",
            "extern sin(x); extern cos(x);
             def sine(x) sin(x); def cosine(x) cos(x);
             sine(0); cosine(0);",
            vec![0.0, 1.0],
            4,
        ),
        (
            "`f` and `g` are the same: each calls itself",
            "def f(n) if n < 2 then 1 else n * f(n - 1);
             def g(k) if k < 2 then 1 else k * g(k - 1);
             f(5) + g(4);",
            vec![144.0],
            2,
        ),
        (
            "`one` and `two` differ in their parameters",
            "def one(a) 1; def two(a b) 1; one(0) + two(0, 0);",
            vec![2.0],
            3,
        ),
        (
            "`f` and `g` differ in a number",
            "def f() 1; def g() 2; f() + g();",
            vec![3.0],
            3,
        ),
    ];
    for (what, text, values, times) in cases {
        let (mut program, compiled) = program(attempt);
        let found = program.run(text).map_err(|why| why.to_string())?;
        ensure(found == values, || {
            format!("{what}: values are {found:?}, not {values:?}\n{text}")
        })?;
        let found = compiled.load(Ordering::Relaxed);
        ensure(found == times, || {
            format!("{what}: compiled {found} times, not {times}\n{text}")
        })?;
    }
    after_removal(attempt)
}

/// What was removed and is defined again is known.
fn after_removal<L: Layer<Program = Module>>(attempt: Attempt<L>) -> Verdict {
    let (mut program, compiled) = program(attempt);
    let mut values = Vec::new();
    for name in ["f", "g"] {
        let text = format!("def {name}(x) x * x; {name}(3);");
        let found = program.run(&text).map_err(|why| why.to_string())?;
        values.extend(found);
        let removed = program.jit.remove(&Symbol::new(name));
        removed.map_err(|why| why.to_string())?;
    }
    ensure(values == [9.0, 9.0], || format!("{values:?} should be 9"))?;
    let found = compiled.load(Ordering::Relaxed);
    ensure(found == 3, || {
        format!("`f` is gone and `g` the same: compiled {found} times, not 3")
    })
}
