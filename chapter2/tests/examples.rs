//! Runs the examples, as a user would.

use std::process::Command;

fn output(example: &str) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", "chapter2"]);
    cargo.args(["--example", example]);
    let run = cargo.output().expect("cargo starts");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    String::from_utf8(run.stdout).expect("text")
}

/// A layer with a transform of the user's own.
#[test]
fn a_transform_that_counts_changes_no_result() {
    insta::assert_snapshot!(output("transform"));
}

/// A loop, as each improvement of the code generator leaves it.
#[test]
fn a_loop_becomes_shorter_with_each_improvement() {
    insta::assert_snapshot!(output("target"));
}
