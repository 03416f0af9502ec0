//! Options, right and wrong.

use insta::assert_snapshot;

use crate::common::Run;

#[test]
fn an_unknown_option() {
    let result = Run::new().argument("--emmit").argument("ir").finish();
    assert_eq!(result.code(), 2);
    assert_snapshot!(result);
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
    let options =
        ["FILE", "--emit", "--stats", "--target-features", "--allow-symbol"];
    for option in options {
        assert!(stdout.contains(option), "{option} is missing:\n{stdout}");
    }
}

#[test]
fn version_names_the_program() {
    let result = Run::new().argument("--version").finish();
    assert_eq!(result.code(), 0);
    assert!(result.stdout().starts_with("chapter1 "), "{result}");
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
