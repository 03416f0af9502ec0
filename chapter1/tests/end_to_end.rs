//! Programs that go to the limits of the code generator, from text to value.

mod compiled;
mod reference;

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use compiled::Setup;
use reference::{Limits, Outcome, Session, Step};

/// The steps of a program, which all who run it agree on.
fn run(text: &str) -> Vec<Step> {
    let limits = Limits { fuel: 10_000_000, depth: 10_000 };
    let expected = Session::new(limits).run(text);
    for target in [Target::AVX, Target::SSE2] {
        if target.runs_here() {
            let memory = MemoryConfig::default();
            let setup = Setup { target, memory };
            let found = setup.run(text);
            // NaNs are not equal, but look alike.
            assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        }
    }
    expected
}

/// The values of a program's expressions.
fn values(text: &str) -> Vec<f64> {
    let value = |step: &Step| match &step.outcome {
        Outcome::Value(value) => Some(*value),
        Outcome::Defined | Outcome::Declared => None,
        other => panic!("{other:?}\n{text}"),
    };
    run(text).iter().filter_map(value).collect()
}

/// `x0`, `x1` …, with something before and between.
fn names(count: usize, between: &str) -> String {
    let names: Vec<String> = (0..count).map(|i| format!("x{i}")).collect();
    names.join(between)
}

fn numbers(range: std::ops::Range<usize>) -> String {
    let numbers: Vec<String> = range.map(|i| i.to_string()).collect();
    numbers.join(", ")
}

/// `a - (b - (c - …))`: all of the operands are there before the first
/// subtraction.
#[test]
fn a_thousand_values_live_at_once() {
    let one = |i: usize| format!("x * {i}.5 - (");
    let text: String = (0..1_000).map(one).collect();
    let close = ")".repeat(1_000);
    let text = format!("def f(x) {text}x{close};\nf(1); f(0 - 3); f(0.1);");
    assert_eq!(values(&text)[0], -499.0);
}

#[test]
fn a_thousand_values_live_across_a_call() {
    let bindings: Vec<String> =
        (0..1_000).map(|i| format!("x{i} = id(x + {i})")).collect();
    let text = format!(
        "def id(x) x;
         def f(x) var {} in id({});
         f(0); f(0.5);",
        bindings.join(", "),
        names(1_000, " + ")
    );
    assert_eq!(values(&text), [499_500.0, 500_000.0]);
}

#[test]
fn a_thousand_parameters_arrive_in_order() {
    let text = format!(
        "def f({}) {};
         def g({}) f({});
         f({});
         g({});",
        names(1_000, " "),
        names(1_000, " - "),
        names(1_000, " "),
        names(1_000, ", "),
        numbers(0..1_000),
        numbers(1..1_001),
    );
    assert_eq!(values(&text), [-499_500.0, 1.0 - 500_499.0]);
}

#[test]
fn stacked_parameters_keep_their_order() {
    for count in 9..=20 {
        let horner = (1..count)
            .fold("x0".to_owned(), |sum, i| format!("({sum}) * 3 + x{i}"));
        let reversed: Vec<String> =
            (0..count).rev().map(|i| format!("x{i}")).collect();
        let text = format!(
            "def f({params}) {horner};
             def g({params}) f({reversed}) / f({rotated}, x0);
             f({ascending}); g({ascending});",
            params = names(count, " "),
            reversed = reversed.join(", "),
            rotated = names(count, ", ").trim_start_matches("x0, "),
            ascending = numbers(1..count + 1),
        );
        let horner = |digits: &mut dyn Iterator<Item = usize>| {
            digits.fold(0.0, |sum, digit| sum * 3.0 + digit as f64)
        };
        let reversed = horner(&mut (1..=count).rev());
        let rotated = horner(&mut (2..=count).chain([1]));
        let expected = [horner(&mut (1..=count)), reversed / rotated];
        assert_eq!(values(&text), expected, "{count} parameters");
    }
}

#[test]
fn less_than_is_true_of_a_nan() {
    let text = "
        def nan() 0 / 0;
        nan() < 1; 1 < nan(); nan() < nan(); 1 < 1; 1 < 2;
        def less(a b) a < b;
        less(nan(), 1); less(1, nan()); less(1, 1); less(1, 2);
        def chosen(a b) if a < b then 10 else 20;
        chosen(nan(), 1); chosen(1, nan()); chosen(1, 1); chosen(1, 2);";
    let expected = [
        [1.0, 1.0, 1.0, 0.0, 1.0].as_slice(),
        &[1.0, 1.0, 0.0, 1.0],
        &[10.0, 10.0, 20.0, 10.0],
    ];
    assert_eq!(values(text), expected.concat());
}

#[test]
fn truth_is_ordered_and_not_zero() {
    let text = "
        def truth(x) if x then 1 else 2;
        truth(0 / 0); truth(0); truth(-1 * 0); truth(1 / 0);
        def halved(x n) if n < 1 then x else halved(x / 2, n - 1);
        truth(halved(1, 1074)); truth(-1 * halved(1, 1074));
        truth(halved(1, 1075));
        def rounds(x) var n = 0 in (for i = 0, x in n = n + 1) + n;
        rounds(0 / 0); rounds(0);";
    let text = text.replace("-1 *", "(0 - 1) *");
    let expected = [2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0];
    assert_eq!(values(&text), expected);
}

#[test]
fn zeros_keep_their_signs() {
    let text = "
        def minus(x) 0 - x;
        def zero() (0 - 1) * 0;
        1 / zero(); 1 / minus(0); 1 / (zero() + zero());
        1 / (zero() + 0); 1 / (0 - zero()); 1 / (zero() - 0);
        1 / (zero() * zero()); 1 / (0 / (0 - 3));
        def first(a b) if a < b then a else b;
        1 / first(zero(), 0); 1 / (zero() - zero());";
    let (plus, minus) = (f64::INFINITY, f64::NEG_INFINITY);
    let expected =
        [minus, plus, minus, plus, plus, minus, plus, minus, plus, plus];
    assert_eq!(values(text), expected);
}

#[test]
fn a_sum_nests_deeply_on_its_right() {
    let text = format!(
        "def f(x) {}x{};\nf(1); f(0.1);",
        "x + (".repeat(5_000),
        ")".repeat(5_000)
    );
    assert_eq!(values(&text)[0], 5_001.0);
}

#[test]
fn variables_outlive_the_calls_in_a_loop() {
    let bindings: Vec<String> =
        (0..40).map(|i| format!("x{i} = {i}")).collect();
    let changes: Vec<String> =
        (0..40).map(|i| format!("(x{i} = x{i} * 2 - g(x{i}))")).collect();
    let text = format!(
        "def g(x) x - 1;
         def f(n) var {} in (for i = 1, i < n in {}) + {};
         f(1); f(2); f(9);",
        bindings.join(", "),
        changes.join(" + "),
        names(40, " - "),
    );
    // Each round adds one to each variable.
    let after = |rounds: f64| -780.0 - 38.0 * rounds;
    let expected = [after(1.0), after(2.0), after(9.0)];
    assert_eq!(values(&text), expected);
}

#[test]
fn a_function_calls_itself_with_permuted_arguments() {
    let text = "
        def swap(n a b) if n < 1 then a * 10 + b else swap(n - 1, b, a);
        swap(0, 1, 2); swap(1, 1, 2); swap(2, 1, 2);
        def turn(n a b c d e f g h i j)
          if n < 1 then ((((((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e)
            * 10 + f) * 10 + g) * 10 + h) * 10 + i) * 10 + j
          else turn(n - 1, b, c, d, e, f, g, h, i, j, a);
        turn(0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        turn(1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        turn(7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        def mirror(n a b c d e f g h i j)
          if n < 1 then turn(0, a, b, c, d, e, f, g, h, i, j)
          else mirror(n - 1, j, i, h, g, f, e, d, c, b, a);
        mirror(1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        mirror(2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);";
    let expected = [
        [12.0, 21.0, 12.0].as_slice(),
        &[123456789.0, 1234567890.0, 7890123456.0],
        &[9876543210.0, 123456789.0],
    ];
    assert_eq!(values(text), expected.concat());
}
