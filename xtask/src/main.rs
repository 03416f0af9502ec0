//! The project's own commands: reads the command line, then calls one.

mod book;
mod snapshots;
mod step;
mod test;
mod totals;

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check everything: the one command that decides whether a change is good
    ///
    /// Runs, in this order: the formatter (as a check), clippy with warnings
    /// as errors, every test of the workspace, a check that each snapshot on
    /// disk was reviewed and belongs to a test, and the documentation build
    /// with warnings as errors.
    ///
    /// Prints one line and a time for each step. The first step that fails
    /// prints its output in full and ends the run with status 1. On success
    /// the last line is `N passed, 0 failed`, summed over all test binaries.
    Test,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Test => test::run(&workspace_root(), &mut io::stdout()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The directory of the workspace's `Cargo.toml`: the parent of this crate's.
fn workspace_root() -> PathBuf {
    // Asked for at run time first: two clones that share a target directory
    // also share this binary.
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let xtask = PathBuf::from(xtask);
    xtask.parent().expect("the crate lies in the workspace").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_workspace_root_holds_the_lock_file() {
        assert!(workspace_root().join("Cargo.lock").is_file());
    }
}
