//! What the commands print, and what they object to.

use insta::assert_snapshot;

use crate::common::{Run, Transcript};
use crate::lines::script;

const FUNCTIONS: &str = "\
extern sin(x)
extern later(a b)
def sq(x) x * x
def binary | 5 (a b) sq(a) + b
def unary ! (v) 1 - v
def main(a b) sin(a) | later(!a, b)
";

/// Runs commands in a session with a few functions.
fn with_functions(commands: &str) -> Transcript {
    let run = Run::new().argument("--interactive");
    let run = run.argument("--target-features").argument("sse2");
    run.input(FUNCTIONS.to_owned() + commands).finish()
}

#[test]
fn help_lists_the_commands() {
    assert_snapshot!(script(":help\n"));
}

#[test]
fn ast_shows_the_tree() {
    assert_snapshot!(with_functions(":ast main\n:ast binary |\n:ast unary!\n"));
}

#[test]
fn ir_shows_the_intermediate_representation() {
    assert_snapshot!(with_functions(":ir main\n"));
}

#[test]
fn asm_shows_the_machine_code() {
    assert_snapshot!(with_functions(":asm main\n:asm sq\n"));
}

#[test]
fn what_is_shown_reads_as_it_did_when_it_was_defined() {
    let source = "def binary | 5 (a b) a\ndef f(x) x | 1 + 2\n:undef f\n\
                  def f(x) x | 1 + 2\n:ast f\n";
    let result = script(source);
    let expected = "(def f (x)\n  (binary| x (+ 1 2)))\n";
    assert_eq!(result.stdout(), expected, "{result}");
}

#[test]
fn asm_compiles_nothing_for_good() {
    let result = with_functions(":asm sq\n:symbols\n");
    assert!(result.stdout().contains("not compiled"), "{result}");
    let compiled = result.stdout().matches(" compiled").count();
    assert_eq!(compiled, result.stdout().matches("not compiled").count());
}

#[test]
fn symbols_lists_what_there_is() {
    assert_snapshot!(with_functions("sq(2) | 0\n:symbols\n"));
}

#[test]
fn symbols_of_nothing_are_none() {
    assert_eq!(script(":symbols\n").stdout(), "");
}

#[test]
fn uses_says_who_calls_whom() {
    assert_snapshot!(with_functions(":uses sq\n:uses main\n:uses sin\n"));
}

#[test]
fn time_says_how_long_each_phase_took() {
    let result = script("def f(x) x\n:time f(1)\n:time f(2) # again\n");
    let words = result.stdout();
    let words = words.split_whitespace().map(|word| {
        let is_figure = word.contains(|c: char| c.is_ascii_digit());
        if is_figure && word.len() < 8 { "#" } else { word }
    });
    let shown: Vec<&str> = words.collect();
    assert_snapshot!(shown.join(" ").replace("µs ", "µs\n"));
    assert_eq!(result.stderr(), "");
}

#[test]
fn time_takes_one_expression() {
    assert_snapshot!(script(
        ":time 1; 2\n:time def f(x) x\n:time y\n:time 1 +\n:time ;\nf(1)\n"
    ));
}

#[test]
fn undef_makes_room_for_another_definition() {
    let source = "def f(x) 1\nf(0)\n:undef f\ndef f(x y) 2\nf(0, 0)\n";
    let result = script(source);
    let expected = "Evaluated to 1.000000\nEvaluated to 2.000000\n";
    assert_eq!(result.stdout(), expected, "{result}");
    assert_eq!(result.stderr(), "");
}

#[test]
fn undef_of_an_operator_takes_its_precedence_along() {
    assert_snapshot!(script(
        "def binary | 5 (a b) a + b\n1 | 2\n:undef binary|\n1 | 2\n\
         def unary ! (x) x\n:undef unary !\n!1\n\
         def binary / 50 (a b) 7\n1 / 2\n:undef binary /\n1 / 2\n"
    ));
}

#[test]
fn a_command_takes_one_name_and_an_operators_may_be_two_words() {
    assert_snapshot!(with_functions(":undef s q\n:uses binary |\n"));
}

#[test]
fn undef_of_what_is_used_is_refused_by_name() {
    assert_snapshot!(with_functions(":undef sq\n1 | 2\n:undef sin\n"));
}

#[test]
fn reset_forgets_everything() {
    assert_snapshot!(with_functions(":reset\n:symbols\n1 | 2\nsq(3)\n7\n"));
}

#[test]
fn quit_leaves_at_once() {
    assert_eq!(script("1; 2\n:quit\n3\n").stdout().lines().count(), 2);
}

#[test]
fn load_runs_a_file_in_the_session() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a file.ks");
    std::fs::write(path, "def g(x)\nf(x)\n+ 1\n;g(1);\n\ny;\n:quit\n").unwrap();
    let run = Run::new().directory(directory.path());
    let run = run.argument("--interactive");
    let source = "def f(x) 10 * x\n:load a file.ks \ng(2)\n";
    assert_snapshot!(run.input(source).finish());
}

#[test]
fn unknown_names_suggest_the_nearest() {
    assert_snapshot!(with_functions(
        ":ast mian\n:ir frobnicate\n:asm sin\n:asm later\n:uses sqq\n"
    ));
}

#[test]
fn unknown_commands_suggest_the_nearest() {
    assert_snapshot!(script(":q\n:symbosl\n:frobnicate 3\n:Help\n"));
}

#[test]
fn missing_and_needless_arguments_are_errors() {
    assert_snapshot!(script(":ast\n:load \n:quit now\n7\n"));
}

#[test]
fn a_file_that_cannot_be_loaded_is_an_error() {
    assert_snapshot!(script(":load missing.ks\n:load chapter1\n7\n"));
}

#[test]
fn a_command_with_a_megabyte_of_argument_is_refused_in_a_few_lines() {
    let name = "a".repeat(1 << 20);
    let result = script(format!(":asm {name}\n:{name}\n7\n"));
    assert_eq!(result.stdout(), "Evaluated to 7.000000\n");
    assert!(result.stderr.len() < 2_000, "{result}");
}
