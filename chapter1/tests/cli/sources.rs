//! Files that are missing, unreadable, empty, or hold strange bytes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::common::{Run, Transcript};

/// Runs the named files, with these contents, from their own directory.
fn run_files(files: &[(&str, &[u8])]) -> Transcript {
    let directory = TempDir::new().unwrap();
    let mut run = Run::new().directory(directory.path());
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
        run = run.argument(name);
    }
    run.finish()
}

fn run_file(text: impl AsRef<[u8]>) -> Transcript {
    run_files(&[("test.ks", text.as_ref())])
}

#[test]
fn a_missing_file() {
    assert_snapshot!(Run::new().argument("missing.ks").finish());
}

#[test]
fn a_directory() {
    assert_snapshot!(Run::new().argument("chapter1").finish());
}

#[test]
fn a_file_whose_reading_fails() {
    // The first page of a process is never mapped, not even for root.
    assert_snapshot!(Run::new().argument("/proc/self/mem").finish());
}

#[test]
fn a_file_that_may_not_be_read() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("secret.ks");
    fs::write(&path, "1;").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&path).is_ok() {
        return; // Root reads everything.
    }
    let result = Run::new().argument(path).finish();
    assert_eq!(result.code(), 1);
    assert_eq!(result.stdout(), "");
    assert!(result.stderr().contains("secret.ks"), "{result}");
    assert!(result.stderr().contains("ermission denied"), "{result}");
}

#[test]
fn the_files_after_a_missing_one_run() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("good.ks"), "1 + 2;").unwrap();
    let run = Run::new().directory(directory.path());
    let run = run.argument("missing.ks").argument("good.ks");
    assert_snapshot!(run.finish());
}

#[test]
fn all_files_share_one_session() {
    let result = run_files(&[
        ("first.ks", b"def f(x) x + 1;\ndef binary ^ 50 (a b) 10*a + b"),
        ("second.ks", b"f(1) ^ 2;"),
    ]);
    assert_eq!(result.stdout(), "Evaluated to 22.000000\n", "{result}");
    assert_eq!(result.code(), 0);
}

#[test]
fn an_error_names_the_file_it_is_in() {
    assert_snapshot!(run_files(&[
        ("first.ks", b"def f(x) x + 1;\n"),
        ("second.ks", b"\nf(1, 2);\n"),
    ]));
}

#[test]
fn an_item_does_not_reach_into_the_next_file() {
    assert_snapshot!(run_files(&[("first.ks", b"1 +"), ("second.ks", b"2;"),]));
}

#[test]
fn an_empty_file() {
    assert_snapshot!(run_file(""));
}

#[test]
fn no_final_newline() {
    for text in ["1 + 2", "1 + 2;", "1 + 2 # a comment", "1 + 2;\n#"] {
        let result = run_file(text);
        assert_eq!(result.stdout(), "Evaluated to 3.000000\n", "{result}");
        assert_eq!(result.code(), 0);
    }
}

#[test]
fn an_error_at_the_end_without_a_newline() {
    assert_snapshot!(run_file("1;\n2 + y"));
}

#[test]
fn a_byte_order_mark() {
    assert_snapshot!(run_file("\u{feff}1;\n1 ? 2;\n"));
}

#[test]
fn a_byte_order_mark_in_the_middle() {
    assert_snapshot!(run_file("1;\n\u{feff}2;\n3;\n"));
}

#[test]
fn carriage_returns_before_newlines() {
    assert_snapshot!(run_file("# a comment\r\n1 +\r\n  2;\r\n1 ? 2;\r\n3\r\n"));
}

#[test]
fn nul_bytes() {
    assert_snapshot!(run_file("1;\n2 \0 3;\n\0;\n4; # \0\n5;\n"));
}

#[test]
fn bytes_that_are_not_utf8() {
    assert_snapshot!(run_file(b"1;\n2 \xff 3;\nx\xc3;\n4; # caf\xe9\n5;\n"));
}

#[test]
fn only_bytes_that_are_not_utf8() {
    let bytes: Vec<u8> = (0x80..=0xff).collect();
    let result = run_file(bytes);
    assert_eq!(result.code(), 1, "{result}");
    assert_eq!(result.stdout(), "");
    assert!(result.stderr().contains("test.ks"), "{result}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let result = run_file("1 \x1b[31m\x07 2;\n3;\n");
    assert_eq!(result.code(), 1);
    assert_eq!(result.stdout(), "Evaluated to 3.000000\n");
    assert!(!result.stderr.contains(&0x07), "{result}");
    assert!(!result.stderr().contains("\\u{1b}[31m\\u{7}"), "{result}");
}

#[test]
fn a_duplicate_parameter() {
    assert_snapshot!(run_file("def f(x y x) x;\ndef f(x y) x;\nf(1, 2);\n"));
}
