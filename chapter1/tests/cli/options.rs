//! Options, right and wrong.

use std::fs;

use insta::assert_snapshot;

use crate::common::{Run, wait};

/// The name of the program.
const NAME: &str = env!("CARGO_PKG_NAME");

#[test]
fn an_unknown_option() {
    let result = Run::new().argument("--emmit").argument("ir").finish();
    assert_eq!(result.code(), 2);
    assert_snapshot!(result.to_string().replace(NAME, "chapter1"));
}

#[test]
fn an_unknown_kind_of_listing() {
    let result = Run::new().argument("--emit").argument("llvm").finish();
    assert_eq!(result.code(), 2);
    assert_snapshot!(result);
}

#[test]
fn an_unknown_target_feature() {
    let run = Run::new().argument("--target-features").argument("mmx");
    let result = run.finish();
    assert_eq!(result.code(), 2);
    assert_snapshot!(result);
}

#[test]
fn help_begins_with_what_the_program_is() {
    let result = Run::new().argument("--help").finish();
    assert_eq!(result.code(), 0);
    assert_eq!(result.stderr(), "");
    let stdout = result.stdout();
    let first = stdout.lines().next().unwrap_or_default();
    assert!(first.contains("Kaleidoscope"), "{first}");
    let options = "FILE --interactive --emit --stats --target-features \
                   --eager --allow-symbol --perf-map --completions \
                   NO_COLOR KALEIDOSCOPE_HISTORY";
    for option in options.split_whitespace() {
        assert!(stdout.contains(option), "{option} is missing:\n{stdout}");
    }
}

#[test]
fn the_short_help_fits_a_screen() {
    let result = Run::new().argument("-h").finish();
    assert_eq!(result.code(), 0);
    assert!(result.stdout().lines().count() < 40, "{result}");
}

#[test]
fn the_language_in_the_help_is_a_good_program() {
    let help = Run::new().argument("--help").finish().stdout();
    let (_, program) = help.split_once("The language:\n").unwrap();
    let (program, _) = program.split_once("\n\n").unwrap();
    let result = Run::new().input(program).finish();
    assert_eq!(result.stdout(), "Evaluated to 11.000000\n", "{result}");
    assert_eq!(result.stderr(), "");
}

#[test]
fn completions_know_the_options() {
    for shell in ["bash", "zsh", "fish"] {
        let run = Run::new().argument("--completions").argument(shell);
        let result = run.finish();
        assert_eq!(result.code(), 0, "{result}");
        assert!(result.stdout().contains("target-features"), "{result}");
        assert!(result.stdout().contains(NAME), "{result}");
    }
}

#[test]
fn completions_are_for_shells_that_are_known() {
    let run = Run::new().argument("--completions").argument("tcsh");
    let result = run.finish();
    assert_eq!(result.code(), 2);
    assert_snapshot!(result);
}

#[test]
fn a_perf_map_names_the_functions_at_their_addresses() {
    let run = Run::new().argument("--perf-map");
    let run = run.input("def f(x) x;\nf(1); f(2); 3;");
    let mut child = run.open();
    let path = format!("/tmp/perf-{}.map", child.id());
    let status = wait(&mut child);
    let map = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(status.code(), Some(0));
    let lines: Vec<Vec<&str>> =
        map.lines().map(|line| line.split(' ').collect()).collect();
    let names: Vec<&str> = lines.iter().map(|line| line[2]).collect();
    assert_eq!(names.iter().filter(|name| **name == "f").count(), 1, "{map}");
    assert!(names.contains(&"__anon_expr"), "{map}");
    for line in &lines {
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        assert!(number(line[0]) > 4096 && number(line[1]) > 0, "{map}");
    }
}

#[test]
fn version_names_the_program() {
    let result = Run::new().argument("--version").finish();
    assert_eq!(result.code(), 0);
    assert!(result.stdout().starts_with(&format!("{NAME} ")), "{result}");
}

#[test]
fn another_symbol_of_the_process_must_be_allowed() {
    let source = "extern drand48();\nif drand48() < 1 then 7 else 8;\n";
    assert_snapshot!(Run::new().input(source).finish());
}

#[test]
fn an_allowed_symbol_can_be_called() {
    let source = "extern drand48();\nif drand48() < 1 then 7 else 8;\n";
    let run = Run::new().argument("--allow-symbol").argument("drand48");
    let result = run.input(source).finish();
    assert_eq!(result.stdout(), "Evaluated to 7.000000\n", "{result}");
    assert_eq!(result.code(), 0);
}

#[test]
fn a_symbol_that_is_no_function_cannot_be_allowed() {
    let run = Run::new().argument("--allow-symbol").argument("environ");
    let result = run.input("extern environ(); environ();").finish();
    let expected = "error: `environ` is a symbol of this process, but not a \
                    function\n";
    assert_eq!(result.stderr(), expected, "{result}");
    assert_eq!(result.code(), 2);
}

const UNRESOLVED: &str = "extern nowhere(x);\ndef f(x) nowhere(x);\n1;\n";

#[test]
fn a_definition_that_nobody_calls_is_not_linked() {
    let result = Run::new().input(UNRESOLVED).finish();
    assert_eq!(result.stdout(), "Evaluated to 1.000000\n", "{result}");
    assert_eq!(result.code(), 0, "{result}");
}

#[test]
fn eager_links_every_definition() {
    let run = Run::new().argument("--eager").input(UNRESOLVED);
    assert_snapshot!(run.finish());
}

#[test]
fn both_instruction_sets_print_the_same() {
    let program = "chapter1/programs/mandelbrot.ks";
    let pictures = ["avx", "sse2"].map(|features| {
        let run = Run::new().argument("--target-features").argument(features);
        run.argument(program).finish().stdout()
    });
    assert!(pictures[0].contains('@'));
    assert_eq!(pictures[0], pictures[1]);
}
