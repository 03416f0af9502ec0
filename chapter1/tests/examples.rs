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
fn ir_written_by_hand_runs_and_is_checked() {
    insta::assert_snapshot!(output("ir_by_hand"));
}

#[test]
fn every_instruction_has_its_text() {
    insta::assert_snapshot!(output("lowering"));
}
