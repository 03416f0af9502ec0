//! The commands of the prompt that are new or say more.

use crate::common::{Run, Transcript};
use insta::assert_snapshot;
use std::fs;

/// Runs a script in a session that has loaded a program.
fn loaded(program: &str, script: &str) -> Transcript {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("program.ks"), program).unwrap();
    let run = Run::new().directory(directory.path());
    let run = run.argument("--interactive").argument("--target-features=sse2");
    let run = run.argument("--passes=mem2reg,inline");
    run.input(format!(":load program.ks\n{script}")).finish()
}

const OPERATORS: &str = "\
def unary!(v) if v then 0 else 1;
def not(x) !x;
def twice(x) x + x;
";

#[test]
fn ir_shows_before_and_after_side_by_side() {
    assert_snapshot!(loaded(OPERATORS, ":ir twice\n"));
}

#[test]
fn listings_that_are_too_wide_stand_one_below_the_other() {
    let program = "def wide(a b c d e f g h) a;\n";
    assert_snapshot!(loaded(program, ":ir wide\n"));
}

#[test]
fn ir_and_asm_show_what_is_inlined_and_compile_nothing() {
    let result = loaded(OPERATORS, ":ir not\n:asm not\n:symbols\n");
    assert_snapshot!(result);
}

#[test]
fn they_show_the_same_when_all_is_compiled() {
    let before = loaded(OPERATORS, ":ir not\n:asm not\n");
    let after = loaded(OPERATORS, "not(0)\n:ir not\n:asm not\n");
    let expected = format!("Evaluated to 1.000000\n{}", before.stdout());
    assert_eq!(after.stdout(), expected, "{after}");
}

#[test]
fn at_the_prompt_nothing_is_inlined() {
    let result = loaded("", &format!("{OPERATORS}not(0)\n:uses unary!\n"));
    let expected = "Evaluated to 1.000000\ncalled by  not\ncalls      nobody\n";
    assert_eq!(result.stdout(), expected, "{result}");
}

#[test]
fn uses_says_where_a_function_is_inlined_and_it_is_in_use_there() {
    let script = "not(0)\n:uses unary!\n:undef unary!\n:undef not\n\
                  :uses unary!\n:undef unary!\n!1\n";
    assert_snapshot!(loaded(OPERATORS, script));
}

#[test]
fn passes_are_listed_once_each() {
    let result = loaded("", ":passes\n");
    let stdout = result.stdout();
    for pass in ["mem2reg", "inline", "inline-self", "simplifycfg", "dce"] {
        let is_row = |line: &&str| line.split(' ').next() == Some(pass);
        assert_eq!(stdout.lines().filter(is_row).count(), 1, "{result}");
    }
    assert!(stdout.ends_with("In this order: mem2reg, inline\n"), "{result}");
}
