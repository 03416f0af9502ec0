//! Standard input, output and error, and how they end.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

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

#[test]
fn a_closed_output_pipe_does_not_hide_that_an_item_was_refused() {
    let run = Run::new().feed(|pipe| {
        pipe.write_all(b"1 ? 2;")?;
        loop {
            pipe.write_all(b"1;\n")?;
        }
    });
    let result = run.finish_after_one_line();
    assert_eq!(result.stdout(), "Evaluated to 1.000000\n", "{result}");
    assert_eq!(result.code(), 1, "{result}");
    assert_eq!(result.stderr().matches("error").count(), 1, "{result}");
}

#[test]
fn a_closed_output_pipe_is_no_failure_of_an_endless_program() {
    let run = Run::new().feed(|pipe| {
        loop {
            pipe.write_all(b"1;\n")?;
        }
    });
    let result = run.finish_after_one_line();
    assert_eq!(result.code(), 0, "{result}");
    assert_eq!(result.stderr(), "");
}

#[test]
fn full_devices_for_all_output_do_not_abort() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    for source in ["1;\n", "1 ? 2;\n", "1 ? 2;\n1;\n"] {
        let run = Run::new().argument("--stats").argument("--emit=tokens,asm");
        let status = run.input(source).finish_both_into(&full);
        assert_eq!(status.code(), Some(1), "{source}: {status}");
    }
}

#[test]
fn an_item_that_goes_on_after_its_end() {
    assert_snapshot!(Run::new().input("extern f(x) + 1;\n2;\n").finish());
}

#[test]
fn messages_that_nobody_reads_end_the_run() {
    let (reader, writer) = std::io::pipe().unwrap();
    let writer = File::from(OwnedFd::from(writer));
    drop(reader);
    // Until the run has ended, and its input with it.
    let run = Run::new().feed(|pipe| {
        loop {
            pipe.write_all(b"x;\n")?;
        }
    });
    assert_eq!(run.finish_both_into(&writer).code(), Some(1));
}
