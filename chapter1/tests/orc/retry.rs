//! What has failed is tried again, from its source.

use crate::handles::{Session, kaleidoscope};
use crate::support::*;
use chapter1::driver::Driver;
use chapter1::executor::SegmentKind;
use chapter1::ir::parse_module;

/// An expression that must fail for want of this function.
fn missing(session: &mut Session, expression: &str, name: &str) {
    let error = session.run(expression).unwrap_err().to_string();
    let text = format!("`{name}` is declared, but not defined");
    assert!(error.contains(&text), "{error}");
}

#[test]
fn a_missing_function_is_looked_for_again() {
    watched(|| {
        let mut session = kaleidoscope("extern g(x); def f(x) g(x) + 1;");
        for _ in 0..3 {
            missing(&mut session, "f(1);", "g");
        }
        assert_eq!(session.run("def g(x) x * 10; f(1);").unwrap(), [11.0]);
    });
}

#[test]
fn a_missing_function_deep_in_a_chain() {
    watched(|| {
        let mut session = kaleidoscope(
            "extern d(x); def c(x) d(x); def b(x) c(x); def a(x) b(x) + c(x);",
        );
        for _ in 0..3 {
            missing(&mut session, "a(1);", "d");
            missing(&mut session, "c(1);", "d");
            let jit = &session.jit;
            jit.objects.collect().unwrap();
            assert_eq!(jit.objects.memory_used(SegmentKind::Code), 0);
            assert_eq!(jit.base().session.sizes(), (0, 0));
        }
        assert_eq!(session.run("def d(x) x + 1; a(1);").unwrap(), [4.0]);
    });
}

#[test]
fn a_ring_that_lacks_something_is_tried_again() {
    watched(|| {
        let mut session = kaleidoscope(
            "extern b(x); extern c(x); extern missing(x);
             def a(x) if x < 1 then 0 else b(x - 1) + 1;
             def b(x) if x < 1 then 0 else c(x - 1) + 10;
             def c(x) if x < 1 then missing(0) else a(x - 1) + 100;",
        );
        for start in ["a(7);", "b(7);", "c(7);", "a(7) + b(7) + c(7);"] {
            missing(&mut session, start, "missing");
            // What was not begun is still there.
            assert_eq!(session.jit.base().session.sizes().1, 0);
        }
        session.run("def missing(x) x + 5;").unwrap();
        assert_eq!(session.run("a(7);").unwrap(), [223.0]);
        assert_eq!(session.run("a(2);").unwrap(), [16.0]);
    });
}

/// The source is read with the operators that there were.
#[test]
fn an_operator_that_was_built_in_is_so_again() {
    watched(|| {
        let mut session =
            kaleidoscope("extern g(x); def f(x) g(x) + x / 2 + 1;");
        missing(&mut session, "f(8);", "g");
        session.run("def binary / 5 (a b) 1000;").unwrap();
        session.run("def g(x) x;").unwrap();
        assert_eq!(session.run("f(8);").unwrap(), [13.0]);
        assert_eq!(session.run("8 + 8 / 2 + 1;").unwrap(), [1000.0]);
    });
}

#[test]
fn a_precedence_that_has_changed_since_does_not_matter() {
    watched(|| {
        let mut session = kaleidoscope(
            "extern g(x);
             def binary ^ 50 (a b) a * 100 + b;
             def f(x) g(x) + 1 ^ 2 * 3;",
        );
        missing(&mut session, "f(0);", "g");
        // The operator cannot be removed while something uses it.
        assert!(session.jit.remove(&symbol("binary^")).is_err());
        // A definition that is refused changes no precedence either.
        assert!(session.run("def binary ^ 3 (a b) 0;").is_err());
        session.run("def g(x) x;").unwrap();
        assert_eq!(session.run("f(0); 1 ^ 2 * 3;").unwrap(), [306.0; 2]);
    });
}

#[test]
fn an_operator_that_is_defined_otherwise_later() {
    watched(|| {
        let mut session = kaleidoscope(
            "extern g(x);
             def binary ^ 50 (a b) a * 100 + b;
             1 ^ 2 * 3;",
        );
        session.jit.remove(&symbol("binary^")).unwrap();
        session.run("def binary ^ 5 (a b) a * 100 + b;").unwrap();
        session.run("def f(x) g(x) + 1 ^ 2 * 3;").unwrap();
        missing(&mut session, "f(0);", "g");
        session.run("def g(x) x;").unwrap();
        // (0 + 1) ^ (2 * 3)
        assert_eq!(session.run("f(0); 1 ^ 2 * 3;").unwrap(), [106.0; 2]);
    });
}

/// Sources begin with whatever stands before them.
#[test]
fn comments_and_semicolons_around_a_source_do_not_matter() {
    watched(|| {
        let mut session = kaleidoscope(
            ";;# a comment; def f(x) 0;
             extern g(x) # another
             ;; # and one more
             def # inside
               f(x) # and
               g(x) # so on
               + 1 # here
             ; def unary -(v) 0 - v
             def h(x) - g(x)
             def binary ~ (a b) g(a) - b def k(x) 10 ~ x",
        );
        for _ in 0..2 {
            missing(&mut session, "f(1);", "g");
            missing(&mut session, "h(1);", "g");
            missing(&mut session, "k(1);", "g");
        }
        session.run("def g(x) x * 2;").unwrap();
        let values = session.run("f(1); h(2); k(3); 1 ~ 1;").unwrap();
        assert_eq!(values, [3.0, -4.0, 17.0, 1.0]);
    });
}

#[test]
fn a_recursive_operator_is_read_again() {
    watched(|| {
        let mut session = kaleidoscope(
            "extern g(x);
             def unary !(n) if n < 1 then g(0) else n * !(n - 1);
             def binary @ 12 (a b) if b < 1 then g(a) else a @ b - 1;",
        );
        missing(&mut session, "!5;", "g");
        missing(&mut session, "7 @ 3;", "g");
        session.run("def g(x) x + 1;").unwrap();
        assert_eq!(session.run("!5; 7 @ 3;").unwrap(), [120.0, 8.0]);
    });
}

/// While it is missing, a host function of the name may be found instead.
#[test]
fn what_failed_may_be_removed_and_defined_anew() {
    watched(|| {
        let mut session = kaleidoscope("extern g(x); def f(x) g(x);");
        missing(&mut session, "f(1);", "g");
        assert!(session.run("def f(x) x;").is_err());
        session.jit.remove(&symbol("f")).unwrap();
        assert_eq!(session.run("def f(x) x; f(1);").unwrap(), [1.0]);
    });
}

/// An `extern` makes an operator known, too.
#[test]
fn an_operator_that_was_only_declared() {
    watched(|| {
        let mut session = kaleidoscope("extern unary!(a); def f(a) !a + 1;");
        missing(&mut session, "f(1);", "unary!");
        session.run("def unary!(a) a * 2;").unwrap();
        assert_eq!(session.run("f(1);").unwrap(), [3.0]);
    });
}

/// An optimiser may have done away with the calls.
#[test]
fn what_a_function_declares_to_call_must_exist_called_or_not() {
    watched(|| {
        let mut session = kaleidoscope("");
        let text = "function @f() -> f64 {
                fn0 = function @g(f64) -> f64
            block0:
                v0 = const 7
                return v0
            }";
        session.jit.define_ir(parse_module(text).unwrap()).unwrap();
        missing(&mut session, "f();", "g");
        session.run("def g(x) x;").unwrap();
        assert_eq!(session.run("f();").unwrap(), [7.0]);
        let error = session.jit.remove(&symbol("g")).unwrap_err();
        assert_eq!(error.to_string(), "`g` is in use by `f`");
    });
}
