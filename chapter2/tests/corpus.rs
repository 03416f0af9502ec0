//! The corpus of chapter 1: what its programs print here, and where that
//! differs.

#[path = "../../chapter1/tests/common/mod.rs"]
mod common;

use chapter2::passes;
use common::{Run, Transcript, workspace_root};
use insta::glob;
use pretty_assertions::assert_eq;
use std::fs;
use std::path::Path;

/// Programs that overflow the stack in chapter 1 by self tail calls, which
/// are loops here.
const LOOPS: [&str; 1] = ["tail_calls_deep"];

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

/// Whether self tail calls are loops already.
fn has_loops() -> bool {
    passes::all().iter().any(|pass| pass.name() == "tailcall")
}

#[test]
fn programs_print_what_they_print_in_chapter_1() {
    glob!("../../chapter1/programs", "*.ks", |path| {
        let name = name(path);
        if has_loops() && LOOPS.contains(&name) {
            return;
        }
        assert_eq!(run(name, &[]).to_string().trim_end(), chapter1(name));
    });
}

#[test]
fn no_instruction_set_makes_a_difference() {
    glob!("../../chapter1/programs", "*.ks", |path| {
        let name = name(path);
        let [avx, sse2] = ["avx", "sse2"].map(|features| {
            let option = format!("--target-features={features}");
            run(name, &[&option]).to_string()
        });
        assert_eq!(avx, sse2, "{name}");
    });
}

#[test]
fn self_tail_calls_that_overflow_in_chapter_1_are_loops() {
    let expected = "\
--- stdout
Evaluated to 10000000.000000
Evaluated to 50000005000000.000000
Evaluated to 5.000000
--- stderr
--- exit status: 0";
    for name in LOOPS {
        assert!(chapter1(name).contains("stack overflow"));
        if has_loops() {
            assert_eq!(run(name, &[]).to_string(), expected);
        }
    }
}
