//! The project's own commands: reads the command line, then calls one.

mod book;
mod measure;
mod snapshots;
mod step;
mod test;
mod totals;

use std::env;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use book::BrowserOptions;
use clap::builder::PossibleValuesParser;
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
    /// with warnings as errors. Then the book: it is rendered, by the
    /// preprocessor in this process and by mdBook's command for it; its links
    /// are followed, its transcripts run again, its pages looked at in
    /// Chromium.
    ///
    /// Prints one line and a time for each step. The first step that fails
    /// prints its output in full and ends the run with status 1. On success
    /// the last line is `N passed, 0 failed`, summed over all test binaries.
    Test {
        /// Fail when there is no Chromium or Chrome
        #[arg(long)]
        require_browser: bool,
    },
    /// Render the book to `book/book`, with the documentation in `api`
    Book {
        /// Show it in the browser
        #[arg(long)]
        open: bool,
        /// Serve it, and render it again when something changes
        #[arg(long)]
        serve: bool,
        /// Take pictures of all pages in Chromium, and put them here
        #[arg(long, value_name = "DIRECTORY")]
        screenshots: Option<PathBuf>,
    },
    /// Record what the commands of the book's transcripts print now
    Bless,
    /// Measure what the book's numbers are about, and write its data files
    ///
    /// Without names, all that there is. Takes minutes, and wants a machine
    /// with nothing else to do. What the book says is checked against the
    /// files, not measured again: commit them with the text.
    Measure {
        /// Which benchmarks
        #[arg(value_parser = PossibleValuesParser::new(measure::names()))]
        names: Vec<String>,
    },
    /// What mdBook runs: reads a book and writes it with directives replaced
    #[command(hide = true)]
    Preprocess {
        #[command(subcommand)]
        question: Option<Question>,
    },
}

/// What mdBook asks a preprocessor first.
#[derive(Subcommand)]
enum Question {
    /// Whether it knows a renderer: it does
    Supports { renderer: String },
}

fn main() -> ExitCode {
    match run(Cli::parse().command, &workspace_root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, root: &Path) -> Result<(), Box<dyn Error>> {
    let report = &mut io::stdout();
    match command {
        Command::Test { require_browser: is_required } => {
            let options = BrowserOptions { is_required, screenshots: None };
            test::run(root, &options, report)?;
        }
        Command::Book { open, serve, screenshots } => {
            book::make(root, report)?;
            if screenshots.is_some() {
                let options = BrowserOptions { is_required: true, screenshots };
                book::look(root, &options, report)?;
            }
            match (serve, open) {
                (true, open) => book::serve(root, open)?,
                (false, true) => book::open_rendered(root),
                (false, false) => {}
            }
        }
        Command::Bless => {
            for file in book::bless(root)? {
                println!("{}", file.display());
            }
        }
        Command::Measure { mut names } => {
            if names.is_empty() {
                names = measure::names().map(str::to_owned).collect();
            }
            for name in names {
                measure::measure(root, &name)?;
            }
        }
        Command::Preprocess { question: Some(Question::Supports { .. }) } => {}
        Command::Preprocess { question: None } => {
            book::preprocess(io::stdin(), report)?;
        }
    }
    Ok(())
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
