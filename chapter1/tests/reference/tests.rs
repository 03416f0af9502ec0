//! Each rule of the language, with a value worked out by hand.

use super::{Limits, Outcome, Session, format_f64};
use Outcome::{Declared, Defined, Value, Warning};

fn outcomes(text: &str) -> Vec<Outcome> {
    let steps = Session::default().run(text);
    steps.into_iter().map(|step| step.outcome).collect()
}

/// The value of the last item, and all output.
fn last(text: &str) -> (f64, String) {
    let steps = Session::default().run(text);
    let output = steps.iter().flat_map(|step| step.output.clone()).collect();
    let output = String::from_utf8(output).expect("tests print ASCII");
    match steps.last().map(|step| &step.outcome) {
        Some(&Value(value)) => (value, output),
        other => panic!("no value but {other:?}"),
    }
}

fn value(text: &str) -> f64 {
    last(text).0
}

/// Declares the output functions; `t(x)` prints the digit `x`, yields `x`.
const TRACE: &str = "extern putchard(x); extern printd(x);
    def t(x) putchard(48 + x) + x; ";

fn trace(text: &str) -> (f64, String) {
    last(&format!("{TRACE}{text}"))
}

fn is_refused(text: &str) -> bool {
    matches!(outcomes(text).last(), Some(Outcome::Refused(_)))
}

#[test]
fn arithmetic_is_ieee_and_groups_to_the_left() {
    assert_eq!(value("7 - 2 - 1"), 4.0);
    assert_eq!(value("1 + 2 * 3"), 7.0);
    assert_eq!(value("0.1 + 0.2"), 0.30000000000000004);
    assert_eq!(value("1 / 0"), f64::INFINITY);
    assert!(value("0 / 0").is_nan());
    assert_eq!(value("0 * (0 - 1)").to_bits(), (-0.0f64).to_bits());
    assert_eq!(value("(0 - 0)").to_bits(), 0.0f64.to_bits());
}

#[test]
fn less_is_true_when_unordered() {
    assert_eq!(value("1 < 2"), 1.0);
    assert_eq!(value("2 < 1"), 0.0);
    assert_eq!(value("1 < 1"), 0.0);
    assert_eq!(value("0/0 < 1"), 1.0);
    assert_eq!(value("1 < 0/0"), 1.0);
}

#[test]
fn a_nan_condition_takes_else() {
    assert_eq!(value("if 0/0 then 1 else 2"), 2.0);
    assert_eq!(value("if 0 then 1 else 2"), 2.0);
    assert_eq!(value("if 0 * (0-1) then 1 else 2"), 2.0);
    assert_eq!(value("if 0.1 then 1 else 2"), 1.0);
    assert_eq!(value("if 1/0 then 1 else 2"), 1.0);
}

#[test]
fn only_the_branch_taken_runs() {
    assert_eq!(trace("if 1 then t(1) else t(2)"), (1.0, "1".into()));
    assert_eq!(trace("if 0 then t(1) else t(2)"), (2.0, "2".into()));
}

#[test]
fn a_loop_tests_the_old_value_and_so_runs_once_more() {
    // i = 1: 1 < 3; i = 2: 2 < 3; i = 3: not 3 < 3, but its body has run.
    assert_eq!(trace("for i = 1, i < 3 in t(i)"), (0.0, "123".into()));
}

#[test]
fn a_loop_runs_at_least_once() {
    assert_eq!(trace("for i = 5, 0 in t(i)"), (0.0, "5".into()));
    assert_eq!(trace("for i = 5, 0/0 in t(i)"), (0.0, "5".into()));
}

#[test]
fn a_step_is_taken_before_the_condition() {
    // Twice round: body, step, condition, with i = 1 and then 4.
    assert_eq!(
        trace("for i = 1, t(i) < 4, t(3) in t(i)"),
        (0.0, "131434".into())
    );
}

#[test]
fn a_missing_step_is_one() {
    assert_eq!(trace("for i = 0.5, i < 2 in printd(i)").1, {
        // 0.5 and 1.5 are less than 2; 2.5 is not.
        "0.500000\n1.500000\n2.500000\n"
    });
}

#[test]
fn the_increment_reads_the_variable_again() {
    // The body doubles i: 1 becomes 2, steps to 3; becomes 6, and 6 is not
    // less than 5.
    assert_eq!(
        trace("for i = 1, i < 5 in (t(i) + (i = i * 2))"),
        (0.0, "13".into())
    );
    // The condition adds 2 to i, and the step is added to that: 0, 3, 6.
    assert_eq!(
        trace("for i = 0, (i = i + 2) < 6 in t(i)"),
        (0.0, "036".into())
    );
}

#[test]
fn the_start_does_not_see_the_loop_variable() {
    assert_eq!(
        trace("var i = 7 in (for i = i, 0 in t(i)) + i"),
        (7.0, "7".into())
    );
    assert!(is_refused("for i = i, 0 in 1"));
}

#[test]
fn initialisers_see_the_names_before_them() {
    assert_eq!(value("var a = 2, b = a * 3 in a + b"), 8.0);
    assert_eq!(value("var a = 1 in var a = a + 1, a = a * 5 in a"), 10.0);
    assert!(is_refused("var a = b, b = 1 in a"));
    assert!(is_refused("var a = a in a"));
}

#[test]
fn a_missing_initialiser_is_zero() {
    assert_eq!(value("var a in a + 1"), 1.0);
    assert_eq!(value("var a = 5 in var a in a"), 0.0);
}

#[test]
fn an_inner_variable_hides_the_outer_one_for_a_while() {
    // Inside, a is 2 and then 3; outside it is still 1: 3 * 10 + 1.
    assert_eq!(value("var a = 1 in (var a = 2 in a = 3) * 10 + a"), 31.0);
    assert_eq!(value("def f(x) (var x = x + 1 in x) * 10 + x; f(1)"), 21.0);
}

#[test]
fn an_assignment_yields_its_value() {
    assert_eq!(value("var a, b in (a = b = 3) + a * 10 + b * 100"), 333.0);
    assert_eq!(value("def f(x) (x = x + 1) * x; f(2)"), 9.0);
    assert!(is_refused("a = 1"));
}

#[test]
fn an_operand_is_read_when_its_turn_comes() {
    // The left a is read before the assignment, the right one after it.
    assert_eq!(value("var a = 1 in a + (a = 5) * 10 + a * 100"), 551.0);
}

#[test]
fn effects_happen_from_left_to_right() {
    assert_eq!(trace("t(1) + t(2) * t(3)"), (7.0, "123".into()));
    assert_eq!(trace("t(1) < t(0)"), (0.0, "10".into()));
    assert_eq!(
        trace("def f(a b c) c; f(t(1), f(t(2), t(3), t(4)), t(5))"),
        (5.0, "12345".into())
    );
    assert_eq!(
        trace("var a = t(1), b = t(2) in b + t(3)"),
        (5.0, "123".into())
    );
}

#[test]
fn user_operators_do_not_short_circuit() {
    let or = "def binary| 5 (a b) if a then 1 else if b then 1 else 0; ";
    assert_eq!(trace(&format!("{or} t(1) | t(2)")), (1.0, "12".into()));
    assert_eq!(value("def unary-(v) 0-v; 5 - -3"), 8.0);
    assert_eq!(value("def binary / 50 (a b) a - b; 2 * 9 / 4"), 10.0);
}

#[test]
fn a_function_may_call_itself() {
    let fib = "def fib(n) if n < 2 then n else fib(n-1) + fib(n-2); ";
    assert_eq!(value(&format!("{fib} fib(12)")), 144.0);
}

#[test]
fn functions_may_call_each_other() {
    assert_eq!(
        value(
            "extern odd(n); def even(n) if n < 1 then 1 else odd(n-1);
             def odd(n) if n < 1 then 0 else even(n-1); even(7)"
        ),
        0.0
    );
}

#[test]
fn a_duplicate_definition_is_refused_and_the_first_stays() {
    let all = outcomes("def f(x) 1; def f(x) 2; f(0);");
    assert_eq!(all[0], Defined);
    assert!(matches!(&all[1], Outcome::Refused(why)
        if why == "duplicate definition of `f`"));
    assert_eq!(all[2], Value(1.0));
}

#[test]
fn a_definition_comes_before_the_host_unless_that_was_used() {
    assert_eq!(value("extern sin(x); def sin(x) 7; sin(0)"), 7.0);
    assert!(is_refused("extern sin(x); sin(0); def sin(x) 7;"));
}

#[test]
fn a_refused_operator_does_not_exist() {
    // Were `|` kept, the last item would be one binary expression.
    assert!(is_refused("def binary| 5 (a b) c; 1 | 2;"));
    // The second `|` is a duplicate: its precedence does not count either.
    assert_eq!(
        value("def binary| 5 (a b) a; def binary| 90 (a b) b; 1 | 2 + 4"),
        1.0
    );
}

#[test]
fn a_built_in_operator_keeps_its_meaning() {
    assert_eq!(
        outcomes("def binary + 90 (a b) 0; 1 + 2 * 3"),
        [Warning, Value(7.0)]
    );
}

#[test]
fn unknown_names_and_wrong_numbers_of_arguments_are_refused() {
    for text in [
        "x",
        "f(1)",
        "sin(1)",
        "def f(x) y",
        "def f(x) x; f(1, 2)",
        "extern f(x); def f(x y) x",
        "def f(x) x; extern f(x y)",
        "def f(x) f(x, x)",
    ] {
        assert!(is_refused(text), "{text}");
    }
}

#[test]
fn a_missing_function_is_looked_for_again() {
    let missing = Outcome::Unresolved("g".into());
    assert_eq!(
        outcomes(
            "extern g(x); def f(x) if x then g(x) else 3; f(0);
             def g(x) x * 2; f(4); f(0)"
        ),
        [Declared, Defined, missing, Defined, Value(8.0), Value(3.0)]
    );
}

#[test]
fn host_mathematics_is_the_c_library() {
    assert_eq!(value("extern sqrt(x); sqrt(2)"), std::f64::consts::SQRT_2);
    assert_eq!(value("extern pow(x y); pow(2, 10)"), 1024.0);
    assert_eq!(
        value("extern atan2(y x); atan2(1, 1) * 4"),
        std::f64::consts::PI
    );
    assert_eq!(value("extern fmod(x y); fmod(7, 4)"), 3.0);
}

#[test]
fn putchard_takes_the_integer_modulo_256() {
    let bytes = |x: &str| {
        let text = format!("extern putchard(x); putchard({x})");
        Session::default().run(&text)[1].output.clone()
    };
    assert_eq!(bytes("65.9"), [65]);
    assert_eq!(bytes("256 + 65"), [65]);
    assert_eq!(bytes("0 - 1"), [255]);
    assert_eq!(bytes("0 - 0.5"), [0]);
    assert_eq!(bytes("4294967296 + 66"), [66]);
    assert_eq!(bytes("0/0"), [0]);
    assert_eq!(bytes("1/0"), [0]);
}

#[test]
fn numbers_print_as_in_c() {
    assert_eq!(format_f64(1.0), "1.000000");
    assert_eq!(format_f64(-0.0), "-0.000000");
    // A tie in the seventh place goes to the even digit.
    assert_eq!(format_f64(0.0078125), "0.007812");
    assert_eq!(format_f64(0.0234375), "0.023438");
    assert_eq!(format_f64(f64::INFINITY), "inf");
    assert_eq!(format_f64(-f64::INFINITY), "-inf");
    assert_eq!(format_f64(f64::NAN), "nan");
    assert_eq!(format_f64(-f64::NAN), "nan");
    assert_eq!(format_f64(f64::MAX).len(), 309 + 7);
    assert_eq!(trace("printd(1.5)"), (0.0, "1.500000\n".into()));
}

#[test]
fn endless_programs_are_given_up() {
    let limits = Limits { fuel: 20_000, depth: 100 };
    let last = |text: &str| {
        let steps = Session::new(limits).run(text);
        steps.last().expect("an item").outcome.clone()
    };
    assert_eq!(last("for i = 0, 1 in i"), Outcome::OutOfFuel);
    assert_eq!(last("def f(x) f(x); f(1)"), Outcome::TooDeep);
    assert_eq!(last("for i = 0, 1 in i; 1"), Outcome::OutOfFuel);
}

#[test]
fn a_deep_tree_does_not_overflow_the_native_stack() {
    let sum = "1+".repeat(90_000) + "1";
    let limits = Limits { fuel: 1_000_000, depth: 1 };
    let steps = Session::new(limits).run(&sum);
    assert_eq!(steps[0].outcome, Value(90_001.0));
    let nested = "(1+".repeat(40_000) + "1" + &")".repeat(40_000);
    let steps = Session::new(limits).run(&nested);
    assert_eq!(steps[0].outcome, Value(40_001.0));
}
