//! Steps back lead where the steps forward came from.

use super::Undo;
use crate::{Verdict, ensure, plain};
use chapter1::ir::parse_module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::per_function;

/// What an attempt is.
type Attempt<H> = fn(KaleidoscopeJit) -> H;

/// Each goes back over a few changes.
pub(super) fn check<H: Undo>(attempt: Attempt<H>) -> Verdict {
    let session = || Session(Kaleidoscope::new(attempt(plain(per_function))));
    steps(session())?;
    branches(session())?;
    removals(session())?;
    parameters(session())?;
    without_callee(session())?;
    refused(session())?;
    operators(session())
}

struct Session<H>(Kaleidoscope<H>);

impl<H: Undo> Session<H> {
    fn run(&mut self, text: &str) -> Result<Vec<f64>, String> {
        self.0.run(text).map_err(|error| error.to_string())
    }

    fn undo(&self, name: &str) -> Result<(), String> {
        let undone = self.0.jit.undo(&Symbol::new(name));
        undone.map_err(|error| error.to_string())
    }

    /// A step back that must be possible.
    fn back(&self, name: &str, what: &str) -> Verdict {
        let undone = self.undo(name);
        undone.map_err(|error| format!("cannot undo {what}: {error}"))
    }

    /// An expression has a value.
    fn is(&mut self, call: &str, value: f64, when: &str) -> Verdict {
        let found = self.run(&format!("{call};"));
        let expected = Ok(vec![value]);
        ensure(found == expected, || {
            format!("{when}, `{call}` is {found:?}, not {expected:?}")
        })
    }

    fn remove(&self, name: &str) -> Verdict {
        let removed = self.0.jit.remove(&Symbol::new(name));
        removed.map_err(|error| error.to_string())
    }
}

fn steps<H: Undo>(mut session: Session<H>) -> Verdict {
    session.run("def f(x) 1; def g(x) f(x); g(1);")?;
    session.run("def f(x) x + 1; def f(x) 3;")?;
    session.is("g(5)", 3.0, "before anything is undone")?;
    session.back("f", "the third definition of `f`")?;
    session.is("g(5)", 6.0, "after one step back")?;
    session.back("f", "the second definition of `f`")?;
    session.is("g(5)", 1.0, "after two steps back")?;
    session.back("f", "the first definition of `f`")?;
    let found = session.run("g(5);");
    ensure(found.is_err(), || {
        format!("`f` is as it was before it was defined, but g(5) is {found:?}")
    })?;
    let undone = session.undo("f");
    ensure(undone.is_err(), || "a fourth of three steps is undone".into())?;
    session.run("def f(x) 7;")?;
    session.is("g(5)", 7.0, "when `f` is defined again")
}

/// What was taken back does not come again.
fn branches<H: Undo>(mut session: Session<H>) -> Verdict {
    session.run("def f(x) 1; def f(x) 2;")?;
    session.back("f", "the second definition of `f`")?;
    session.run("def f(x) 3; def h(x) 4; def h(x) 5;")?;
    session.back("f", "the definition of `f` as 3")?;
    session.is("f(0)", 1.0, "if 2 is undone and 3 is undone")?;
    session.is("h(0)", 5.0, "if only `f` goes back")
}

fn removals<H: Undo>(mut session: Session<H>) -> Verdict {
    session.run("def f(x) 1; def f(x) 2; def g(x) f(x);")?;
    session.remove("f")?;
    session.back("f", "the removal of `f`")?;
    session.is("g(0)", 2.0, "if the removal of `f` is undone")?;
    session.back("f", "what came before the removal of `f`")?;
    session.is("g(0)", 1.0, "if one step more is undone")
}

/// Nobody is called with a wrong number of arguments.
fn parameters<H: Undo>(mut session: Session<H>) -> Verdict {
    session.run("def f(x) 1; def f(x y) x + y; def g(x) f(x, 2);")?;
    let undone = session.undo("f");
    ensure(undone.is_err(), || {
        "`g` passes `f` two arguments, and `f` has one parameter again".into()
    })?;
    session.is("g(1)", 3.0, "if `f` cannot go back")?;
    session.run("def g(x) x;")?;
    session.back("f", "the second definition of `f`, which nobody calls")?;
    session.is("f(0)", 1.0, "if `f` has one parameter again")
}

/// A definition comes back, and what it calls does not exist.
fn without_callee<H: Undo>(mut session: Session<H>) -> Verdict {
    session.run("def h(x) 4; def f(x) h(x) + 1; def f(x) 2;")?;
    session.remove("h")?;
    session.back("f", "the second definition of `f`, whose first calls `h`")?;
    let found = session.run("f(0);");
    ensure(found.is_err(), || {
        format!("`f` calls `h`, which is removed, but f(0) is {found:?}")
    })?;
    session.back("h", "the removal of `h`, which `f` calls")?;
    session.is("f(0)", 5.0, "if the removal of `h` is undone, too")
}

/// What was refused is no step.
fn refused<H: Undo>(mut session: Session<H>) -> Verdict {
    session.run("def f(x) 1; def f(x) 2; def g(x) f(x);")?;
    let refused = session.run("def f(x y) 3;");
    ensure(refused.is_err(), || "`g` calls `f` with one argument".into())?;
    let function = |value: u32| {
        format!(
            "function @f(f64) -> f64 {{
            block0(v0: f64):
                v1 = const {value}
                return v1
            }}\n"
        )
    };
    let twice = parse_module(&(function(3) + &function(4)));
    let twice = twice.expect("well-formed text");
    let refused = session.0.jit.define_ir(twice);
    ensure(refused.is_err(), || "`f` is defined twice in a module".into())?;
    let undone = session.remove("nothing");
    ensure(undone.is_err(), || "what does not exist is removed".into())?;
    session.back("f", "the second definition of `f`")?;
    session.is("g(0)", 1.0, "if two refusals came before the step back")
}

/// A text means what it meant.
fn operators<H: Undo>(mut session: Session<H>) -> Verdict {
    session.run("def binary| 5 (a b) a * 10 + b; def f(x) x | 2 + 3;")?;
    session.run("def f(x) 0; def binary| 50 (a b) a * 10 + b;")?;
    session.back("f", "the second definition of `f`")?;
    session.is("f(1)", 15.0, "if `f` was defined when `+` bound more tightly")
}
