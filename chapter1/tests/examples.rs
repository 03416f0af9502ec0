//! Runs the examples, as a user would.

use std::process::Command;

fn output(example: &str) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", "chapter1"]);
    let run = cargo.args(["--example", example]).output();
    let run = run.expect("cargo starts");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    String::from_utf8(run.stdout).expect("text")
}

#[test]
fn a_kaleidoscope_function_is_called_from_rust() {
    assert_eq!(output("typed_function"), "42\n");
}

#[test]
fn a_rust_function_is_called_from_kaleidoscope_and_may_fail() {
    insta::assert_snapshot!(output("host_function"));
}

#[test]
fn a_grammar_taken_at_its_word_groups_to_the_right_and_overflows() {
    let output = output("naive");
    assert!(output.contains("10-4-3: Some((9.0"), "{output}");
    assert!(output.ends_with("a million parentheses: signal Some(6)\n"));
}

#[test]
fn a_program_runs_as_a_tree() {
    assert!(output("tree").ends_with("(sq 7)\nValue(49.0)\n"));
}
