//! The corpus of chapter 1: what its programs print here, and where that
//! differs.

#[path = "../../chapter1/tests/common/mod.rs"]
mod common;

use common::{Run, Transcript, workspace_root};
use insta::{assert_snapshot, glob};
use pretty_assertions::assert_eq;
use std::fs;
use std::path::Path;

/// Programs that differ: by self tail calls, which are loops; by a function
/// that is missing where nobody calls it; and by definitions that replace
/// others, also the host's.
const DIFFERENT: [&str; 4] = [
    "tail_calls_deep",
    "error_missing_symbol_not_taken",
    "error_duplicate_definition",
    "hide_host_late",
];

/// Runs a program of the corpus with options.
fn run(name: &str, options: &[&str]) -> Transcript {
    let run = options.iter().fold(Run::new(), |run, &it| run.argument(it));
    run.argument(format!("chapter1/programs/{name}.ks")).finish()
}

/// What chapter 1 prints, as its tests have recorded it.
fn chapter1(name: &str) -> String {
    let snapshots = workspace_root().join("chapter1/tests/snapshots");
    let file = snapshots.join(format!("corpus__programs@{name}.ks.snap"));
    let text = fs::read_to_string(file).expect("chapter 1 has run it");
    let (_, recorded) = text.split_once("\n---\n").expect("a head, a body");
    recorded.trim_end().to_owned()
}

fn name(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

#[test]
fn programs_print_what_they_print_in_chapter_1() {
    glob!("../../chapter1/programs", "*.ks", |path| {
        let name = name(path);
        if !DIFFERENT.contains(&name) {
            assert_eq!(run(name, &[]).to_string().trim_end(), chapter1(name));
        }
    });
}

#[test]
fn programs_that_differ() {
    for name in DIFFERENT {
        let run = run(name, &[]).to_string();
        assert_ne!(run.trim_end(), chapter1(name));
        assert_snapshot!(name, run);
    }
}

#[test]
fn nothing_else_makes_a_difference() {
    glob!("../../chapter1/programs", "*.ks", |path| {
        let name = name(path);
        let plain = run(name, &[]).to_string();
        for option in [
            "-O0",
            "--target-features=sse2",
            "--partition=call-closure",
            "--partition=whole-module",
        ] {
            assert_eq!(run(name, &[option]).to_string(), plain, "{option}");
        }
    });
}
