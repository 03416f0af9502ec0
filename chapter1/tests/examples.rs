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
fn two_functions_that_need_each_other_are_linked_by_hand() {
    assert!(output("linking").ends_with("even(10) is 1\n"));
}

#[test]
fn a_session_without_a_compiler_knows_who_has_a_name() {
    insta::assert_snapshot!(output("symbols"));
}

#[test]
fn two_units_that_need_each_other_are_ready_together() {
    insta::assert_snapshot!(output("lookup"));
}

#[test]
fn a_symbol_that_fails_leaves_nothing_behind() {
    insta::assert_snapshot!(output("failure"));
}
