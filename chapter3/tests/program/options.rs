//! The options of the command line.

use crate::common::{Run, Transcript};

const PROGRAM: &str = "\
extern missing(x);
def c(x) x;
def b(x) c(x) + 1;
def a(x) b(x) + (if x then missing(x) else 0);
a(0);
";

fn run(arguments: &[&str]) -> Transcript {
    let run = arguments.iter().fold(Run::new(), |run, &it| run.argument(it));
    run.argument("-O0").input(PROGRAM).finish()
}

/// The number behind a word of `--stats`.
fn stat(result: &Transcript, what: &str) -> String {
    let stderr = result.stderr();
    let line = stderr.lines().find(|line| line.starts_with(what));
    let line = line.unwrap_or_else(|| panic!("{result}"));
    line.trim_start_matches(what).trim().to_owned()
}

fn stats(program: &str) -> Transcript {
    let run = Run::new().argument("--stats").argument("-O0");
    run.input(program).finish()
}

#[test]
fn stats_tell_what_was_never_compiled() {
    let program = "def a(x) x; def b(x) a(x); def c(x) x; def d(x) x; b(1);";
    let result = stats(program);
    assert_eq!(stat(&result, "functions defined"), "4");
    // With the expression.
    assert_eq!(stat(&result, "functions compiled"), "3");
    assert_eq!(stat(&result, "never compiled"), "2");
    assert!(stat(&result, "saved, about").ends_with(" µs"));
}

#[test]
fn what_was_compiled_once_is_not_counted_when_its_body_has_gone() {
    let program = "extern cos(x); def a(x) cos(x); a(1); def b(x) x;
                   def cos(x) x;";
    let result = stats(program);
    // `b`, and `cos`, for which `a` will have to be compiled again.
    assert_eq!(stat(&result, "never compiled"), "2", "{result}");
    // A definition that replaces another has not been compiled.
    let result = stats("def a(x) x; a(1); def a(x) x + 1;");
    assert_eq!(stat(&result, "never compiled"), "1", "{result}");
}

#[test]
fn without_any_function_nobody_knows_what_was_saved() {
    let result = stats("def a(x) x; 1 + 2;");
    assert_eq!(stat(&result, "never compiled"), "1");
    assert!(!result.stderr().contains("saved"), "{result}");
}

#[test]
fn a_partition_can_be_chosen() {
    // The expression takes a part as well.
    for (partition, compiled) in
        [("per-function", "4"), ("call-closure", "4"), ("whole-module", "4")]
    {
        let option = format!("--partition={partition}");
        let result = run(&["--stats", &option]);
        assert_eq!(result.stdout(), "Evaluated to 1.000000\n", "{result}");
        assert_eq!(stat(&result, "functions compiled"), compiled);
    }
    assert_eq!(run(&["--partition=all"]).code(), 2);
}

#[test]
fn eager_means_all_that_is_called() {
    let result = run(&["--eager"]);
    assert_eq!(result.stdout(), "Evaluated to 1.000000\n", "{result}");
    // `a` cannot be compiled in advance, as in chapters 1 and 2.
    assert_eq!(result.code(), 1);
    let stderr = result.stderr();
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(stderr.contains("`missing` is declared, but not defined"));
}
