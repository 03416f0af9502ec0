//! Ctrl-C while something runs, in a terminal.

use std::time::{Duration, Instant};

use crate::terminal::{Setup, Terminal};

const CONTROL_C: &str = "\x03";

/// How soon the prompt is back. Other processes may slow a test down, so the
/// best of several counts.
const LIMIT: Duration = Duration::from_millis(100);
const ATTEMPTS: usize = 5;

/// Types `line`, waits until it has printed `number`, which nothing has done
/// before, and interrupts it. Returns how long the prompt took to come back.
fn interrupt(terminal: &mut Terminal, line: &str, number: usize) -> Duration {
    terminal.press(&format!("{line}\r"));
    // The keys that are pressed from now on do not go to the line editor.
    terminal.wait_for(&format!("{number}.000000"));
    let start = Instant::now();
    terminal.press(CONTROL_C);
    terminal.wait_for_end("\nready>");
    let took = start.elapsed();
    let screen = terminal.screen();
    assert!(screen.contains("error: interrupted"), "{screen}");
    took
}

/// The prompt comes back soon, and everything is as it was. `line` makes a
/// line that prints a number first.
fn is_interrupted(terminal: &mut Terminal, line: impl Fn(usize) -> String) {
    let numbers = 101..101 + ATTEMPTS;
    let attempt = |number| interrupt(terminal, &line(number), number);
    let best = numbers.map(attempt).min().expect("there are some");
    assert!(best <= LIMIT, "{best:?}");
    terminal.ask("1 + 2", "Evaluated to 3.000000");
}

fn terminal(definition: &str) -> Terminal {
    let mut terminal = Setup::new().start();
    for line in ["extern printd(x)", "extern sin(x)", definition] {
        terminal.press(&format!("{line}\r"));
        terminal.wait_for_end(&format!("{line}\nready>"));
    }
    terminal
}

#[test]
fn a_loop() {
    let mut terminal = terminal("def spin(n) for i = 0, i < n in 0");
    is_interrupted(&mut terminal, |n| format!("printd({n}) + spin(1e18)"));
}

#[test]
fn a_recursion_that_is_named() {
    let definition = "def f(n) if n < 1 then 0 else f(n - 1) + f(n - 1)";
    let mut terminal = terminal(definition);
    // Where functions are compiled at their first call, this is it.
    terminal.ask("f(1)", "Evaluated to 0.000000");
    is_interrupted(&mut terminal, |n| format!("printd({n}) + f(80)"));
    interrupt(&mut terminal, "printd(7) + f(80)", 7);
    let screen = terminal.screen();
    assert!(screen.contains("note: in `f` ("), "{screen}");
}

#[test]
fn a_loop_of_host_calls() {
    let mut terminal = terminal("def spin(n) for i = 0, i < n in sin(i)");
    is_interrupted(&mut terminal, |n| format!("printd({n}) + spin(1e18)"));
}

#[test]
fn the_compilation_of_a_huge_function() {
    let sum = "3*2+".repeat(500_000);
    let mut setup = Setup::new();
    for number in 101..101 + ATTEMPTS {
        let mut text = format!("extern printd(x);\nprintd({number});\n");
        // Enough for the interruption to come meanwhile.
        (0..20).for_each(|_| text += &format!("{sum}0;\n"));
        setup = setup.file(&format!("huge{number}.ks"), &text);
    }
    let mut terminal = setup.start();
    is_interrupted(&mut terminal, |n| format!(":load huge{n}.ks"));
}

#[test]
fn what_was_typed_on_the_same_line_is_dropped() {
    let mut terminal = terminal("def spin(n) for i = 0, i < n in 0");
    interrupt(&mut terminal, "printd(7) + spin(1e18); printd(8);", 7);
    let screen = terminal.screen();
    assert!(!screen.contains("8.000000"), "{screen}");
}
