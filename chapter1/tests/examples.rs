//! Runs the examples, as a user would.

use std::process::{Command, Output};

fn run(example: &str, arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", "chapter1"]);
    cargo.args(["--example", example, "--"]).args(arguments);
    cargo.output().expect("cargo starts")
}

fn output_with(example: &str, arguments: &[&str]) -> String {
    let run = run(example, arguments);
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    String::from_utf8(run.stdout).expect("text")
}

fn output(example: &str) -> String {
    output_with(example, &[])
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

#[test]
fn a_postfix_formula_is_compiled_and_called() {
    let value = |arguments: &[&str]| {
        let output = output_with("postfix", arguments);
        output.lines().last().map(str::to_owned).expect("a value")
    };
    assert_eq!(value(&["a a * b b * +", "3", "4"]), "the value is 25");
    assert_eq!(value(&["a b -", "5", "3"]), "the value is 2");
    assert_eq!(value(&["1 a / 0.25 +", "4"]), "the value is 0.5");
    let eight = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let formula = "a b c d e f g h - - - - - - -";
    assert_eq!(value(&[&[formula], &eight[..]].concat()), "the value is -4");
}

#[test]
fn a_postfix_formula_that_cannot_be_compiled_says_why() {
    let error = |arguments: &[&str]| {
        let run = run("postfix", arguments);
        assert_eq!(run.status.code(), Some(1));
        String::from_utf8(run.stderr).expect("text")
    };
    let deep = "a ".repeat(16) + &"+ ".repeat(15);
    let expected = "error: no register is left for `a`\n";
    assert_eq!(error(&[&deep, "1"]), expected);
    assert_eq!(error(&["a +", "1"]), "error: `+` lacks a value\n");
    assert_eq!(error(&["", "1"]), "error: 0 values are left, not one\n");
    assert_eq!(error(&["b", "1"]), "error: `b` has no value\n");
    assert_eq!(error(&["a", "x"]), "error: the values must be numbers\n");
}

#[test]
fn a_call_with_a_stack_off_by_eight_crashes_in_the_callee() {
    let expected = "call: signal: 11 (SIGSEGV)\n\
                    push, call, pop: it returned 1.5\n";
    assert_eq!(output("misaligned"), expected);
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

#[test]
fn ir_written_by_hand_runs_and_is_checked() {
    insta::assert_snapshot!(output("ir_by_hand"));
}

#[test]
fn every_instruction_has_its_text() {
    insta::assert_snapshot!(output("lowering"));
}
