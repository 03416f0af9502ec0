//! What a chapter's program has of its own.

use super::{Command, Options};
use crate::driver::Driver;
use clap::Args;

/// The JIT of a chapter as the thing that a program is about: [`main`] does
/// the rest.
///
/// A later chapter adds options and commands here, and need not touch what
/// reads them: its options are fields that the command line takes in, its
/// commands are rows of a table.
///
/// ```no_run
/// use chapter1::jit::KaleidoscopeJit;
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     chapter1::repl::main::<KaleidoscopeJit>()
/// }
/// ```
///
/// [`main`]: super::main
pub trait Chapter: Driver + Sized + 'static {
    /// What the program is called.
    const NAME: &'static str;

    /// Its version.
    const VERSION: &'static str;

    /// The options that other chapters do not have; `()` for none.
    type Options: Args;

    /// A JIT without definitions. Called again for `:reset`.
    ///
    /// # Errors
    /// If there can be none, in words for the user.
    fn new(options: &Options, own: &Self::Options) -> Result<Self, String>;

    /// What `--stats` shows besides what all chapters have: lines of a table.
    fn more_stats(&self) -> String {
        String::new()
    }

    /// Called when the program is about to end: says what its own options ask
    /// for at the end.
    fn at_end(&self) {}

    /// The commands of the prompt that other chapters do not have. One with
    /// the name of another takes its place.
    fn commands() -> &'static [Command<Self>] {
        &[]
    }
}
