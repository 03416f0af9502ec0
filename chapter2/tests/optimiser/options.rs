//! Options, right and wrong.

use crate::common::{Run, Transcript};
use insta::assert_snapshot;

const SQUARES: &str = "\
def square(x) x * x;
def squares(a b) square(a) + square(b);
squares(3, 4);
";

fn run(options: &[&str], program: &str) -> Transcript {
    let run = Run::new().input(program);
    options.iter().fold(run, |run, &option| run.argument(option)).finish()
}

#[test]
fn an_unknown_pass_is_wrong_usage_and_the_nearest_one_is_named() {
    let result = run(&["--passes", "mem2reg,inlnie"], SQUARES);
    assert_eq!(result.code(), 2, "{result}");
    assert_eq!(result.stdout(), "");
    let stderr = result.stderr();
    assert!(stderr.contains("invalid value 'inlnie'"), "{stderr}");
    assert!(stderr.contains("a similar value exists: 'inline"), "{stderr}");
}

#[test]
fn so_is_one_to_print() {
    for option in ["--print-before", "--print-after"] {
        let result = run(&[option, "mem2rge"], SQUARES);
        assert_eq!(result.code(), 2, "{result}");
        assert!(result.stderr().contains("'mem2reg'"), "{result}");
    }
}

#[test]
fn levels_beyond_two_are_wrong_usage_and_so_is_a_level_with_passes() {
    let unknown = run(&["-O3"], SQUARES);
    assert_eq!(unknown.code(), 2, "{unknown}");
    let both = run(&["-O1", "--passes", "mem2reg"], SQUARES);
    assert_eq!(both.code(), 2, "{both}");
    assert!(both.stderr().contains("cannot be used with"), "{both}");
}

#[test]
fn every_level_prints_the_same() {
    for level in ["-O0", "-O1", "-O2", "--passes=inline", "--passes=mem2reg"] {
        let result = run(&[level], SQUARES);
        assert_eq!(result.stdout(), "Evaluated to 25.000000\n", "{level}");
        assert_eq!(result.code(), 0);
    }
}

#[test]
fn functions_are_shown_before_and_after_a_pass() {
    let passes = "--passes=mem2reg,inline";
    let shown = ["--print-before=mem2reg", "--print-after=inline"];
    let options = [passes, shown[0], shown[1]];
    assert_snapshot!(run(&options, SQUARES));
}

/// The text with each time replaced.
fn without_times(text: &str) -> String {
    let line = |line: &str| match line.split_once(" µs") {
        Some((head, tail)) => {
            let head = head.trim_end_matches(|c: char| !c.is_whitespace());
            format!("{} … µs{tail}\n", head.trim_end())
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_table_says_what_passes_took_and_changed() {
    let options = ["--passes=mem2reg,inline,mem2reg", "--time-passes"];
    let result = run(&options, SQUARES);
    assert_snapshot!(without_times(&result.to_string()));
}

#[test]
fn the_help_lists_the_options() {
    let help = run(&["--help"], "").stdout();
    for option in
        ["-O <LEVEL>", "--passes", "--print-before", "--print-after", "--time"]
    {
        assert!(help.contains(option), "{option}: {help}");
    }
}
