//! What `--emit` and `--stats` show, of one small program.

use insta::assert_snapshot;

use crate::common::{Run, Transcript};

const SQUARE: &str = "def sq(x) x*x;\nsq(3);\n";

fn emit(kind: &str, features: &str) -> Transcript {
    let run = Run::new().argument("--target-features").argument(features);
    run.argument("--emit").argument(kind).input(SQUARE).finish()
}

#[test]
fn tokens() {
    assert_snapshot!(emit("tokens", "sse2"));
}

#[test]
fn ast() {
    assert_snapshot!(emit("ast", "sse2"));
}

#[test]
fn ir() {
    assert_snapshot!(emit("ir", "sse2"));
}

#[test]
fn asm_with_avx() {
    assert_snapshot!(emit("asm", "avx"));
}

#[test]
fn asm_with_sse2() {
    assert_snapshot!(emit("asm", "sse2"));
}

#[test]
fn stats() {
    let run = Run::new().argument("--target-features").argument("sse2");
    let result = run.argument("--stats").input(SQUARE).finish();
    assert_eq!(result.stdout(), "Evaluated to 9.000000\n");
    assert_eq!(result.code(), 0);
    assert_snapshot!(without_figures(&result.stderr()));
}

/// The text with `#` for every number and one space for any run of them:
/// times differ from run to run, and with them their units and widths.
fn without_figures(text: &str) -> String {
    let units = ["s", "ms", "µs", "us", "ns"];
    let figure = |word: &str| {
        let rest = word.trim_start_matches(|c: char| {
            c.is_ascii_digit() || c == '.' || c == ','
        });
        if units.contains(&rest) {
            "time".to_owned()
        } else if rest.len() < word.len() {
            format!("#{rest}")
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| {
        let words: Vec<_> = line.split_whitespace().map(figure).collect();
        words.join(" ").replace("# time", "time") + "\n"
    };
    text.lines().map(line).collect()
}

#[test]
fn figures_are_masked() {
    let text = "code    112 bytes\nlink  1.25 µs\nparse 3ms of 1,204\n";
    let masked = "code # bytes\nlink time\nparse time of #\n";
    assert_eq!(without_figures(text), masked);
}
