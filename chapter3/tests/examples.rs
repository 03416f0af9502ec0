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
    insta::assert_snapshot!(output("missing"));
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

/// The bytes of a stub and its pointer, before and after.
#[test]
fn a_body_changes_the_pointer_and_no_byte_of_the_stub() {
    let output = output("stubs");
    let shown: Vec<&str> = output.split("\n\n").collect();
    let [first, before, after, end] = shown[..] else { panic!("{output}") };
    let (_, after) = after.split_once('\n').expect("where the body is");
    let code = |text: &str| -> Vec<String> {
        text.lines().take(3).map(str::to_owned).collect()
    };
    assert_eq!(code(before), code(after));
    assert_ne!(code(first), code(before));
    assert_ne!(before.lines().nth(3), after.lines().nth(3));
    assert_eq!(end, "the second stub, called with 21: 42\n");
}

/// How many instructions are executed between two lines of the trace.
fn executed(trace: &str, from: &str, to: &str) -> usize {
    let (_, trace) = trace.split_once(from).expect(from);
    let (trace, _) = trace.split_once(to).expect(to);
    let margin = " ".repeat(12);
    trace.lines().filter(|line| line.starts_with(&margin)).count()
}

#[test]
fn a_second_call_executes_a_jump_and_the_body() {
    let trace = output("first_call");
    let calls = [("with 3", "returns 9", 58), ("with 4", "returns 16", 6)];
    for (from, to, instructions) in calls {
        assert_eq!(executed(&trace, from, to), instructions, "{trace}");
    }
    let (_, second) = trace.split_once("with 4").expect("a second call");
    assert!(!second.contains("resolver"), "{trace}");
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
