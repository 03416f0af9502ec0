//! Runs the examples, as a user would.

use chapter1::ir::parse_module;
use chapter2::pipeline::Pipeline;
use std::process::Command;
use std::sync::Arc;

#[allow(dead_code, reason = "it is run as a program, too")]
#[path = "../examples/twins.rs"]
mod twins;

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
fn a_transform_that_refuses_a_function_lets_the_others_pass() {
    insta::assert_snapshot!(output("transform"));
}

#[test]
fn the_verifier_objects_to_a_pass_that_knows_no_dominators() {
    insta::assert_snapshot!(output("twins"));
}

/// In debug builds, nobody has to ask the verifier.
#[cfg(debug_assertions)]
#[test]
// ANCHOR: careless
#[should_panic(expected = "after twins: in @apart, at `v5 = mul v3, v0`")]
fn a_pass_that_breaks_a_function_is_stopped_and_named() {
    let module = parse_module(twins::APART).unwrap();
    let pipeline = Pipeline::new(vec![Arc::new(twins::Twins)]);
    let _ = pipeline.run(module);
}
// ANCHOR_END: careless

/// Terms that are equal by the rules of school, and those that are.
#[test]
fn few_rules_of_school_hold_for_every_number() {
    insta::assert_snapshot!(output("bits"));
}

/// Two functions as one unit for the session, and as a unit each.
#[test]
fn a_unit_for_all_compiles_what_nobody_needs() {
    insta::assert_snapshot!(output("modules"));
}

/// A loop, as each improvement of the code generator leaves it.
#[test]
fn a_loop_becomes_shorter_with_each_improvement() {
    insta::assert_snapshot!(output("target"));
}
