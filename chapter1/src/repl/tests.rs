//! A chapter with an option and commands of its own.

use super::options::CommandLine;
use super::{Argument, Chapter, Command, Options, Rules, Session, Takes};
use crate::driver::{Base, Counts, Driver};
use crate::executor::output;
use crate::ir::Module;
use crate::jit::KaleidoscopeJit;
use crate::orc::{CodeWatcher, DefineError, Observer, ResourceTracker};
use crate::syntax::{Diagnostic, Source};
use clap::{Args, Parser};

/// The JIT of a chapter that knows how often to greet.
struct Polite {
    jit: KaleidoscopeJit,
    times: usize,
}

#[derive(Args)]
struct Politeness {
    /// How often to greet
    #[arg(long, default_value_t = 1)]
    times: usize,
}

impl Driver for Polite {
    fn base(&self) -> &Base {
        self.jit.base()
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.jit.add(tracker, module)
    }

    fn observe(&self, observer: Observer) {
        self.jit.observe(observer);
    }

    fn watch_code(&self, watcher: CodeWatcher) {
        self.jit.watch_code(watcher);
    }

    fn counts(&self) -> Counts {
        self.jit.counts()
    }
}

impl Chapter for Polite {
    const NAME: &'static str = "polite";
    const VERSION: &'static str = "1";

    type Options = Politeness;

    fn new(options: &Options, own: &Politeness) -> Result<Polite, String> {
        let jit = <KaleidoscopeJit as Chapter>::new(options, &())?;
        Ok(Polite { jit, times: own.times })
    }

    fn commands() -> &'static [Command<Polite>] {
        &[
            Command {
                name: "greet",
                takes: Takes::Name,
                help: "say hello",
                run: greet,
            },
            Command {
                name: "quit",
                takes: Takes::Nothing,
                help: "stay a little",
                run: |session, _| {
                    session.print("so soon?\n");
                    Ok(())
                },
            },
        ]
    }
}

fn greet(
    session: &mut Session<Polite>,
    argument: &Argument<'_>,
) -> Result<(), Diagnostic> {
    for _ in 0..session.jit().times {
        session.print(&format!("hello, {}\n", argument.text()));
    }
    Ok(())
}

/// What a session with these arguments answers to a text.
fn answer(arguments: &[&str], text: &str) -> String {
    let arguments = ["polite"].iter().chain(arguments);
    let line = CommandLine::parse_from(arguments);
    let mut session = Session::<Polite>::new(line).unwrap();
    let source = Source::new("test", text);
    let run = || session.run(&source, 0, Rules::Prompt, true);
    String::from_utf8(output::capture(run).1).unwrap()
}

#[test]
fn a_chapter_has_its_own_options_beside_the_common_ones() {
    let arguments = ["--times", "2", "--target-features", "sse2"];
    assert_eq!(answer(&arguments, ":greet f\n"), "hello, f\nhello, f\n");
    assert_eq!(answer(&[], ":greet f\n"), "hello, f\n");
}

#[test]
fn the_options_outlive_a_reset() {
    let answer = answer(&["--times", "2"], ":reset\n:greet f\n");
    assert_eq!(answer, "hello, f\nhello, f\n");
}

#[test]
fn its_commands_are_in_the_list_and_may_replace_others() {
    let help = answer(&[], ":help\n");
    assert!(help.contains(":greet NAME   say hello\n"), "{help}");
    assert!(help.contains(":quit         stay a little\n"), "{help}");
    assert_eq!(help.matches(":quit").count(), 1);
    assert_eq!(answer(&[], ":quit\n1\n"), "so soon?\nEvaluated to 1.000000\n");
}
