//! From the command line to a session: what every chapter's program has in
//! common.
//!
//! | file | what it does |
//! |---|---|
//! | `options` | the command line |
//! | `batch` | reads files and pipes, piece by piece |
//! | `input` | what has been read, and how much of it can be handled |
//! | `session` | takes items from text, and answers each |
//! | `report` | messages on standard error |
//! | `emit` | what `--emit` and `--stats` show |
//! | `trace` | what `--trace` tells |
//!
//! The chapters differ in what stands behind [`Driver`].

mod batch;
mod emit;
mod input;
mod options;
mod report;
mod session;
mod trace;

pub use options::Options;
pub use session::Session;

use crate::driver::Driver;
use clap::Parser;
use std::io::{self, Write};
use std::process::ExitCode;

/// A chapter's program: `driver` makes its JIT, as the options say.
///
/// The status is 0 if every item was accepted and run, 1 if not, 2 if the
/// command line is wrong.
pub fn main<D: Driver>(
    driver: impl FnOnce(&Options) -> Result<D, String>,
) -> ExitCode {
    let options = Options::parse();
    if options.trace {
        trace::start();
    }
    match driver(&options) {
        Ok(driver) => run(&options, driver),
        Err(message) => {
            // Nobody is left to be told that standard error does not work.
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options, driver: impl Driver) -> ExitCode {
    if options.stats {
        driver.base().phases.switch_on();
    }
    let mut session = Session::new(driver, options);
    if options.files.is_empty() {
        batch::run_stdin(&mut session);
    }
    for file in &options.files {
        batch::run_file(&mut session, file);
    }
    crate::executor::output::flush();
    if options.stats {
        emit::print_stats(session.jit());
    }
    let has_failed = session.has_failed();
    // The process is about to end, and all its memory with it.
    std::mem::forget(session);
    ExitCode::from(u8::from(has_failed))
}
