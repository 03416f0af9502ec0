//! From the command line to a session: what every chapter's program has in
//! common.
//!
//! | file | what it does |
//! |---|---|
//! | `chapter` | what a chapter's program has of its own |
//! | `options`, `help` | the command line |
//! | `batch` | reads files and pipes, piece by piece |
//! | `input` | what has been read, and how much of it can be handled |
//! | `session` | takes items and commands from text, and answers each |
//! | `eager` | definitions that are compiled when their batch ends |
//! | `prompt` | reads lines from a person |
//! | `editor` | line editing, with history, colours and completion |
//! | `command` | the commands of the prompt |
//! | `nearest` | what somebody may have meant |
//! | `report`, `colour` | messages on standard error |
//! | `progress` | how far a long `:load` has come |
//! | `emit` | what `--emit` and `--stats` show |
//! | `trace` | what `--trace` tells |
//! | `perf_map` | names for `perf` |
//!
//! The chapters differ in what stands behind [`Chapter`].

mod batch;
mod chapter;
mod colour;
mod command;
mod eager;
mod editor;
mod emit;
mod help;
mod input;
mod nearest;
mod options;
mod perf_map;
mod progress;
mod prompt;
mod report;
mod session;
mod trace;

pub use chapter::Chapter;
pub use command::{Argument, Command, Takes, module};
pub use emit::time;
pub use options::{Emit, Options, Shell};
pub use report::write;
pub use session::{Rules, Session};

use crate::cancel;
use crate::executor::{output, traps};
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// The exit status of a program that Ctrl-C has stopped, as shells have it.
const INTERRUPTED: u8 = 130;

/// A chapter's program.
///
/// The status is 0 if every item was accepted and run, 1 if not, 2 if the
/// command line is wrong, 130 if Ctrl-C has stopped it. Leaving the prompt is
/// 0.
pub fn main<D: Chapter>() -> ExitCode {
    let line = options::parse::<D>();
    if let Some(shell) = line.options.completions {
        output::write(&options::completions::<D>(shell));
        output::flush();
        return ExitCode::SUCCESS;
    }
    if line.options.trace {
        trace::start();
    }
    // Without these an overflow or Ctrl-C ends the program: no reason not to
    // run it.
    let _ = traps::catch_overflows();
    let _ = traps::catch_interrupts();
    match Session::<D>::new(line) {
        Ok(session) => run(session),
        Err(message) => {
            report::write(&format!("error: {message}\n"));
            ExitCode::from(2)
        }
    }
}

fn run<D: Chapter>(mut session: Session<D>) -> ExitCode {
    let files = session.options().files.clone();
    for file in &files {
        batch::run_file(&mut session, file);
        if cancel::is_requested() {
            break;
        }
    }
    let is_prompt = session.options().interactive
        || files.is_empty() && io::stdin().is_terminal();
    if cancel::is_requested() {
        // Nothing more is run.
    } else if is_prompt {
        prompt::run(&mut session);
    } else if files.is_empty() {
        batch::run_stdin(&mut session, Rules::Batch, |_| ());
    }
    output::flush();
    if session.options().stats {
        emit::print_stats(session.jit());
    }
    session.jit().at_end();
    let status = match session.take_interruption() {
        true => INTERRUPTED,
        false => u8::from(session.has_failed() && !is_prompt),
    };
    // The process is about to end, and all its memory with it.
    std::mem::forget(session);
    ExitCode::from(status)
}

#[cfg(test)]
mod tests;
