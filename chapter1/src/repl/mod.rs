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
//!
//! The chapters differ in what stands behind [`Driver`].

mod batch;
mod emit;
mod input;
mod options;
mod report;
mod session;

pub use options::Options;
pub use session::{Answer, Session};

use crate::ir::Module;
use crate::jit::{Counts, JitError, Observer};
use crate::symbol::Symbol;
use crate::timing::Phases;
use clap::Parser;
use std::io::{self, Write};
use std::process::ExitCode;

/// What a session needs of a JIT.
pub trait Driver {
    /// Whether a name can be given a definition.
    ///
    /// # Errors
    /// If it has one and must keep it.
    fn check_definable(&self, name: &str) -> Result<(), JitError>;

    /// Adds a definition.
    ///
    /// # Errors
    /// If it cannot be added; all is as before then.
    fn define(&mut self, module: Module) -> Result<(), JitError>;

    /// Compiles a function that has been defined, and all that it calls.
    ///
    /// # Errors
    /// If something it needs does not exist; it is tried again at its next
    /// use.
    fn compile(&mut self, name: &Symbol) -> Result<(), JitError>;

    /// Runs a top-level expression and forgets it.
    ///
    /// # Errors
    /// If it cannot be run; all definitions are as before then.
    fn evaluate(&mut self, module: Module) -> Result<f64, JitError>;

    /// Asks to be shown each module as it is compiled.
    fn observe(&mut self, observer: Observer);

    /// The clock.
    fn phases(&mut self) -> &mut Phases;

    /// How much has been done.
    fn counts(&self) -> Counts;

    /// The host functions, with their numbers of parameters.
    fn host_functions(&self) -> Vec<(String, usize)>;
}

/// A chapter's program: `driver` makes its JIT, as the options say.
///
/// The status is 0 if every item was accepted and run, 1 if not, 2 if the
/// command line is wrong.
pub fn main<D: Driver>(
    driver: impl FnOnce(&Options) -> Result<D, String>,
) -> ExitCode {
    let options = Options::parse();
    match driver(&options) {
        Ok(driver) => run(&options, driver),
        Err(message) => {
            // Nobody is left to be told that standard error does not work.
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options, mut driver: impl Driver) -> ExitCode {
    if options.stats {
        driver.phases().switch_on();
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
        emit::print_stats(&mut session.driver);
    }
    ExitCode::from(u8::from(session.has_failed()))
}
