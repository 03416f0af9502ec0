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

/// From outside, a batch of places is used in turn; during a call, none is
/// used twice.
#[test]
fn memory_is_not_used_again_during_a_call() {
    insta::assert_snapshot!(output("lifetimes"));
}

#[test]
fn a_c_compiler_and_the_dynamic_loader_are_a_jit() {
    assert_eq!(output("c_compiler"), "the square of 7 is 49\n");
}

#[test]
fn calls_that_come_to_no_end_are_errors_and_the_session_goes_on() {
    insta::assert_snapshot!(output("alive"));
}

#[test]
fn a_plain_call_that_recurses_too_deep_ends_the_process() {
    assert_eq!(output("plain_call"), "even(10) = 1\nsignal: Some(6)\n");
}

/// It reads nothing here; the book types into it.
#[test]
fn a_prompt_without_input_says_nothing() {
    assert_eq!(output("prompt"), "");
}
