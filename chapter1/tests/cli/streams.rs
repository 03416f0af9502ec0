//! Standard input, output and error, and how they end.

use std::fs::File;

use insta::assert_snapshot;

use crate::common::Run;

#[test]
fn without_a_file_the_program_comes_from_standard_input() {
    let result = Run::new().input("def f(x) x + 1;\nf(1); f(2)").finish();
    let expected = "Evaluated to 2.000000\nEvaluated to 3.000000\n";
    assert_eq!(result.stdout(), expected);
    assert_eq!(result.stderr(), "", "a pipe sees no prompt");
    assert_eq!(result.code(), 0);
}

#[test]
fn no_input_is_a_good_program() {
    let result = Run::new().finish();
    assert_eq!(result.stdout() + &result.stderr(), "");
    assert_eq!(result.code(), 0);
}

#[test]
fn an_error_in_standard_input() {
    assert_snapshot!(Run::new().input("1;\ny;\n2;\n").finish());
}

#[test]
fn values_and_what_the_program_writes_keep_their_order() {
    let source = "extern putchard(c) extern printd(x)\n\
                  putchard(65); 1; printd(2); putchard(66); 3;";
    let expected = "AEvaluated to 0.000000\nEvaluated to 1.000000\n\
                    2.000000\nEvaluated to 0.000000\n\
                    BEvaluated to 0.000000\nEvaluated to 3.000000\n";
    let result = Run::new().input(source).finish();
    assert_eq!(result.stdout(), expected, "{result}");
}

#[test]
fn every_byte_can_be_written() {
    let source = "extern putchard(c)\n\
                  for i = 0, i < 255 in putchard(i);";
    let result = Run::new().input(source).finish();
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(result.stdout[..256], bytes, "{result}");
}

#[test]
fn a_closed_output_pipe_ends_the_run_quietly() {
    let source = "1;\n".repeat(100_000);
    let result = Run::new().input(source).finish_after_one_line();
    assert_eq!(result.stdout(), "Evaluated to 1.000000\n");
    assert_eq!(result.stderr(), "");
}

#[test]
fn an_output_pipe_that_putchard_finds_closed_ends_the_run_quietly() {
    let source = "extern putchard(c)\n\
                  for i = 1, i < 1000000 in putchard(10);";
    let result = Run::new().input(source).finish_after_one_line();
    assert_eq!(result.stderr(), "");
}

#[test]
fn a_full_output_device() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let result = Run::new().input("1;\n").finish_into(full);
    assert_snapshot!(result);
}
