//! Where items end by the prompt's rules, and how such a session ends.

use insta::assert_snapshot;

use crate::common::{Run, Transcript};

/// Runs a script that is written for the prompt.
pub(crate) fn script(text: impl Into<Vec<u8>>) -> Transcript {
    Run::new().argument("--interactive").input(text).finish()
}

fn assert_values(text: &str, values: &[f64]) {
    let result = script(text);
    let lines = values.iter().map(|value| format!("Evaluated to {value:.6}\n"));
    assert_eq!(result.stdout(), lines.collect::<String>(), "{result}");
    assert_eq!(result.stderr(), "", "a script sees no prompt");
    assert_eq!(result.code(), 0);
}

#[test]
fn a_line_that_completes_an_item_ends_it() {
    assert_values("1\n2\n", &[1.0, 2.0]);
    assert_values("def f(x) x\nf(3)\n(4)\n", &[3.0, 4.0]);
    assert_values("1; 2\n3", &[1.0, 2.0, 3.0]);
}

#[test]
fn an_item_goes_on_until_it_is_complete() {
    assert_values("1 +\n2\n", &[3.0]);
    assert_values("def f(x)\n  if x then\n 1\n else\n 2\nf(0)\n", &[2.0]);
    assert_values("(1\n+ 2\n) *\n3;\n", &[9.0]);
}

#[test]
fn an_operator_defined_in_a_line_works_in_the_next() {
    assert_values("def binary | 5 (a b) a * b\n2 | 3 |\n4\n", &[24.0]);
}

#[test]
fn leaving_is_no_failure_whatever_has_been_refused() {
    assert_snapshot!(script("1 +\n) 2\ny\n7\n1 + 2 +"));
}

#[test]
fn after_a_mistake_the_next_line_counts() {
    assert_snapshot!(script("1 ? 2 3\n4\n"));
}

#[test]
fn a_command_is_one_only_between_items() {
    assert_snapshot!(script("1 +\n:quit\n2\n :quit\n3\n: quit\n4\n"));
}

#[test]
fn in_a_batch_there_are_no_commands() {
    let result = Run::new().input(":quit\n;1;").finish();
    assert_eq!(result.stdout(), "Evaluated to 1.000000\n");
    assert_eq!(result.code(), 1);
}

#[test]
fn files_run_before_the_prompt_and_by_their_own_rules() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.ks"), "def f(x)\nx\n+ 1\n;f(0)")
        .unwrap();
    let run = Run::new().directory(directory.path()).argument("a.ks");
    let result = run.argument("--interactive").input("f(1)\n+ 2\n").finish();
    let expected = "Evaluated to 1.000000\nEvaluated to 2.000000\n";
    assert_eq!(result.stdout(), expected, "{result}");
    assert_eq!(result.code(), 0);
}

#[test]
fn an_item_of_100_000_lines_takes_no_longer_than_in_a_batch() {
    let text = "1 +\n".repeat(100_000) + "1\n";
    assert_values(&text, &[100_001.0]);
    let text = "(".to_owned() + &"1\n+".repeat(100_000) + "1)\n2\n";
    assert_values(&text, &[100_001.0, 2.0]);
}

#[test]
fn refused_lines_by_the_100_000() {
    let result = script("1 ? 2;".repeat(20_000) + "\n" + &"?\n".repeat(20_000));
    assert_eq!(result.stdout(), "", "{}", result.code());
    assert_eq!(result.stderr().matches("error: ").count(), 40_000);
}

#[test]
fn eager_links_at_the_end_of_what_is_typed() {
    let run = Run::new().argument("--interactive").argument("--eager");
    let source = "extern nowhere(x)\ndef f(x) nowhere(x)\n1\n";
    assert_snapshot!(run.input(source).finish());
}
