//! Runs the examples, as a user would.

use std::process::Command;

fn output(example: &str) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", "chapter3"]);
    cargo.args(["--example", example]);
    let run = cargo.output().expect("cargo starts");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    String::from_utf8(run.stdout).expect("text")
}

/// A handle on a function that is a hundred thousand calls above the one
/// that is missing.
#[test]
fn a_missing_function_is_an_error_until_it_is_defined() {
    insta::assert_snapshot!(output("failure"));
}

/// Redefinition, with the note erased that would have prevented it.
#[test]
fn a_copy_that_nobody_knows_of_outlives_its_original() {
    insta::assert_snapshot!(output("forgetful"));
}

/// A function that calls itself, and one that takes a way around.
#[test]
fn recursion_stays_in_its_version_if_it_is_direct() {
    insta::assert_snapshot!(output("while_it_runs"));
}

/// Bodies that look for callees among the stubs, and among themselves.
#[test]
fn nothing_is_lazy_if_bodies_call_bodies() {
    insta::assert_snapshot!(output("reexports"));
}

/// A partition that knows what was called the last time.
#[test]
fn with_a_profile_one_call_asks_for_all() {
    insta::assert_snapshot!(output("partition"));
}
