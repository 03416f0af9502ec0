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
