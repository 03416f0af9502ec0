//! Line editing, in a terminal.

use crate::terminal::Setup;

const UP: &str = "\x1b[A";
const CONTROL_C: &str = "\x03";
const CONTROL_D: &str = "\x04";

#[test]
fn a_prompt_answers_and_control_d_leaves() {
    let mut terminal = Setup::new().start();
    terminal.ask("1 + 2", "Evaluated to 3.000000");
    terminal.ask("y", "  | ^ not visible here");
    terminal.press(CONTROL_D);
    let (status, screen) = terminal.end();
    assert_eq!(status, 0);
    assert!(screen.starts_with("ready> 1 + 2\nEvaluated"), "{screen}");
}

#[test]
fn an_open_item_has_another_prompt() {
    let mut terminal = Setup::new().start();
    terminal.press("def f(x)\r");
    terminal.wait_for_end("  ...>");
    terminal.press("if x then 1 else\r");
    terminal.wait_for_end("else\n  ...>");
    terminal.ask("2", "  ...> 2");
    terminal.ask("f(0)", "Evaluated to 2.000000");
}

#[test]
fn the_history_has_whole_items_and_lasts() {
    let setup = Setup::new();
    let mut terminal = setup.start();
    terminal.press("1 +\r");
    terminal.wait_for_end("  ...>");
    terminal.ask("2", "Evaluated to 3.000000");
    terminal.press(":quit\r");
    assert_eq!(terminal.end().0, 0);
    let mut terminal = setup.start();
    terminal.press(UP);
    terminal.wait_for_end("ready> :quit");
    terminal.press(UP);
    terminal.wait_for_end("ready> 1 +\n2");
    terminal.ask("0", "Evaluated to 21.000000");
}

#[test]
fn a_history_that_cannot_be_kept_is_no_error() {
    for path in ["", "/dev/null/at/all", "/", "/dev/zero"] {
        let setup = Setup::new().variable("KALEIDOSCOPE_HISTORY", path);
        let mut terminal = setup.start();
        terminal.ask("1 + 2", "Evaluated to 3.000000");
        terminal.press(UP);
        terminal.wait_for_end("ready> 1 + 2");
        terminal.press(CONTROL_C);
        terminal.wait_for_end("1 + 2\nready>");
        terminal.press(CONTROL_D);
        assert_eq!(terminal.end().0, 0);
    }
}

#[test]
fn control_c_drops_what_is_typed_and_leaves_at_the_second_time() {
    let mut terminal = Setup::new().start();
    terminal.press("1 + ");
    terminal.wait_for_end("ready> 1 +");
    terminal.press(CONTROL_C);
    terminal.wait_for("ready> 1 +\nready>");
    terminal.press("(2 +\r");
    terminal.wait_for_end("  ...>");
    terminal.press(CONTROL_C);
    terminal.wait_for("  ...>\nready>");
    terminal.ask("3", "Evaluated to 3.000000");
    terminal.press(CONTROL_C);
    terminal.wait_for("Ctrl-C again, or Ctrl-D, leaves\nready>");
    terminal.ask("4", "Evaluated to 4.000000");
    terminal.press(CONTROL_C);
    terminal
        .wait_for("4.000000\nready>\nCtrl-C again, or Ctrl-D, leaves\nready>");
    terminal.press(CONTROL_C);
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn names_commands_and_files_complete() {
    let setup = Setup::new().file("program.ks", "def fromfile(x) 7;");
    let mut terminal = setup.start();
    terminal.ask("def average(left right) (left + right) / 2", "/ 2");
    terminal.press("ave\t");
    terminal.wait_for_end("ready> average");
    terminal.ask("(4, 6)", "Evaluated to 5.000000");
    terminal.press(":loa\t");
    terminal.wait_for_end("ready> :load");
    terminal.press(" pro\t");
    terminal.wait_for_end("ready> :load program.ks");
    terminal.ask("", ":load program.ks");
    terminal.press("fromf\t");
    terminal.wait_for_end("ready> fromfile");
    terminal.ask("(0)", "Evaluated to 7.000000");
}

#[test]
fn several_possibilities_are_listed() {
    let mut terminal = Setup::new().start();
    terminal.press(":as\t\t");
    terminal.wait_for("asm  ast");
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    let mut terminal = Setup::new().start();
    terminal.press("1\r2\r3\r");
    terminal.wait_for_end("Evaluated to 3.000000\nready>");
    terminal.press("for i = 1, i < 10000000 in 1\r4\r");
    terminal.wait_for_end("Evaluated to 4.000000\nready>");
}

#[test]
fn what_is_pasted_is_taken_line_by_line() {
    let mut terminal = Setup::new().start();
    terminal.press("\x1b[200~1\n:ast f\ndef f(x)\n  x\nf(2)\x1b[201~");
    terminal.wait_for("f(2)");
    terminal.ask("", "Evaluated to 2.000000");
    assert!(terminal.screen().contains("Evaluated to 1.000000"));
    assert!(terminal.screen().contains("unknown function `f`"));
}

#[test]
fn keywords_have_colours_unless_they_are_refused() {
    for (refusal, has_colours) in [("", true), ("1", false)] {
        let setup = Setup::new().variable("NO_COLOR", refusal);
        let mut terminal = setup.start();
        terminal.ask("def f(x) y", "^ not visible here");
        let shown = String::from_utf8_lossy(&terminal.bytes).into_owned();
        assert_eq!(
            shown.contains("\x1b[35mdef\x1b[0m"),
            has_colours,
            "{shown}"
        );
        assert_eq!(shown.contains("\x1b[1m\x1b[91merror"), has_colours);
        let has_any = shown.contains("\x1b[3") || shown.contains("\x1b[9");
        assert_eq!(has_any, has_colours, "{shown}");
    }
}

#[test]
fn a_terminal_that_cannot_edit_still_has_a_prompt() {
    let mut terminal = Setup::new().variable("TERM", "dumb").start();
    terminal.ask("1 + 2", "Evaluated to 3.000000");
    terminal.press("1 +\r");
    terminal.wait_for_end("  ...>");
    terminal.ask("6", "Evaluated to 7.000000");
    terminal.press(CONTROL_D);
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_file_on_the_command_line_has_no_prompt() {
    let setup = Setup::new().file("one.ks", "1;").argument("one.ks");
    let (status, screen) = setup.open().end();
    assert_eq!((status, &*screen), (0, "Evaluated to 1.000000"));
}

#[test]
fn a_long_load_shows_how_far_it_has_come() {
    let definitions: String =
        (0..200_000).map(|i| format!("def f{i}(x) x + {i};\n")).collect();
    let setup = Setup::new().file("long.ks", &definitions);
    let mut terminal = setup.start();
    terminal.press(":load long.ks\r");
    terminal.wait_for("long.ks: ");
    terminal.wait_for_end("ready>");
    assert!(!terminal.screen().contains("items"), "{}", terminal.screen());
    terminal.ask("f7(1)", "Evaluated to 8.000000");
}
