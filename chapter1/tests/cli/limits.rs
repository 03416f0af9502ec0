//! Input of extreme size or depth: accepted, or refused with an error.

use crate::common::{Run, Transcript};

/// Levels of nesting that every program may use.
const ACCEPTED: usize = 10_000;

/// Levels of nesting beyond any limit.
const REFUSED: usize = 200_000;

fn run(source: impl Into<Vec<u8>>) -> Transcript {
    Run::new().input(source).finish()
}

/// Checks that `source` is a good program that prints `value` in the end.
fn assert_value(source: String, value: f64) {
    let result = run(source);
    let last = format!("Evaluated to {value:.6}");
    assert_eq!(result.code(), 0, "{}", shortened(&result));
    assert_eq!(result.stdout().lines().last(), Some(&*last));
    assert_eq!(result.stderr(), "");
}

/// Checks that `item` is refused with a short message, and only that.
fn assert_refused(item: String) {
    let result = run(format!("1;\n{item};\n2;\n"));
    let expected = "Evaluated to 1.000000\nEvaluated to 2.000000\n";
    assert_eq!(result.code(), 1, "{}", shortened(&result));
    assert_eq!(result.stdout(), expected, "{}", shortened(&result));
    assert!(result.stderr().contains("error"), "{}", shortened(&result));
    assert!(result.stderr.len() < 10_000, "{}", shortened(&result));
}

/// The transcript, cut to what one can read.
fn shortened(result: &Transcript) -> String {
    result.to_string().chars().take(2_000).collect()
}

/// `core` wrapped `levels` times.
fn nested(levels: usize, open: &str, core: &str, close: &str) -> String {
    open.repeat(levels) + core + &close.repeat(levels)
}

/// Checks that this nesting is accepted with the value 7 up to the promised
/// depth, and refused far beyond it. `before` is what it needs defined.
fn assert_limit(before: &str, open: &str, core: &str, close: &str) {
    let accepted = nested(ACCEPTED, open, core, close);
    assert_value(format!("{before}\n{accepted};"), 7.0);
    let body = nested(ACCEPTED, open, core, close);
    assert_value(format!("{before}\ndef deep() {body}; deep();"), 7.0);
    assert_refused(format!("{before}\n{}", nested(REFUSED, open, core, close)));
}

#[test]
fn nested_parentheses() {
    assert_limit("", "(", "7", ")");
}

#[test]
fn nested_parentheses_with_an_operator() {
    assert_limit("", "0 + (", "7", ")");
}

#[test]
fn nested_unary_operators() {
    assert_limit("def unary !(x) x;", "!", "7", "");
}

#[test]
fn nested_conditions() {
    assert_limit("", "if ", "7", " then 7 else 0");
}

#[test]
fn nested_then_branches() {
    assert_limit("", "if 1 then ", "7", " else 0");
}

#[test]
fn nested_else_branches() {
    assert_limit("", "if 0 then 0 else ", "7", "");
}

#[test]
fn nested_variables() {
    assert_limit("", "var a = 7 in ", "a", "");
}

#[test]
fn nested_initialisers() {
    assert_limit("", "var a = ", "7", " in a");
}

#[test]
fn nested_loops() {
    assert_limit("", "7 + for i = 1, 0 in ", "0", "");
}

#[test]
fn nested_loop_starts() {
    assert_limit("", "7 + for i = ", "0", ", 0 in 0");
}

#[test]
fn nested_calls() {
    assert_limit("def f(x) x;", "f(", "7", ")");
}

#[test]
fn unbalanced_parentheses() {
    assert_refused("(".repeat(ACCEPTED / 2));
    assert_refused("(".repeat(REFUSED));
    assert_refused(")".repeat(REFUSED));
}

#[test]
fn a_chain_of_assignments() {
    let chain = "a = ".repeat(ACCEPTED);
    assert_value(format!("var a in {chain} 7;"), 7.0);
}

#[test]
fn a_sum_of_100_000_terms() {
    let terms: Vec<String> = (1..=100_000).map(|i| i.to_string()).collect();
    assert_value(terms.join("+") + ";", 5_000_050_000.0);
}

#[test]
fn a_sum_of_100_000_terms_of_a_variable() {
    let sum = vec!["x"; 100_000].join(" + ");
    assert_value(format!("def f(x) {sum};\nf(0.5);"), 50_000.0);
}

#[test]
fn a_thousand_parameters() {
    let names: Vec<String> = (0..1000).map(|i| format!("p{i}")).collect();
    let products: Vec<String> =
        (0..1000).map(|i| format!("{}*p{i}", i % 7)).collect();
    let values: Vec<String> = (0..1000).map(|i| i.to_string()).collect();
    let source = format!(
        "def f({}) {};\nf({});",
        names.join(" "),
        products.join(" + "),
        values.join(", "),
    );
    let expected: u32 = (0..1000).map(|i| i % 7 * i).sum();
    assert_value(source, expected.into());
}

#[test]
fn a_thousand_values_at_once() {
    let calls: Vec<String> = (0..1000).map(|i| format!("f({i})")).collect();
    let sum = calls.join(" + (") + &")".repeat(999);
    assert_value(format!("def f(x) x;\n{sum};"), 499_500.0);
}

#[test]
fn a_thousand_variables() {
    let names: Vec<String> = (0..1000).map(|i| format!("v{i}")).collect();
    let bindings: Vec<String> =
        (0..1000).map(|i| format!("v{i} = {i}")).collect();
    let source =
        format!("var {} in {};", bindings.join(", "), names.join(" + "));
    assert_value(source, 499_500.0);
}

#[test]
fn a_name_of_a_megabyte() {
    let name = "a".repeat(1 << 20);
    assert_value(format!("def {name}(x) x;\n{name}(7);"), 7.0);
}

#[test]
fn an_error_about_a_name_of_a_megabyte_is_short() {
    let name = "a".repeat(1 << 20);
    assert_refused(format!("{name} + 1"));
    assert_refused(format!("{name}(1)"));
}

#[test]
fn a_number_of_a_megabyte() {
    assert_value("0".repeat(1 << 20) + "7;", 7.0);
    assert_refused("1".repeat(1 << 20) + ".0.0");
}

#[test]
fn a_comment_of_ten_megabytes() {
    assert_value(format!("#{}\n7;", "x".repeat(10 << 20)), 7.0);
}

#[test]
fn an_error_in_a_long_line_is_short() {
    let rest = "1 + ".repeat(100_000);
    assert_refused(format!("{rest} y + {rest} 1"));
}

#[test]
fn errors_by_the_100_000_in_one_line() {
    let result = run("y;".repeat(100_000) + "2;\n");
    assert_eq!(result.code(), 1);
    assert_eq!(result.stdout(), "Evaluated to 2.000000\n");
}

#[test]
fn items_by_the_100_000() {
    let result = run(";".repeat(100_000) + &"1;".repeat(10_000));
    assert_eq!(result.stdout(), "Evaluated to 1.000000\n".repeat(10_000));
    assert_eq!(result.code(), 0);
}
