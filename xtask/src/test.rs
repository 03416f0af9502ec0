//! `cargo xtask test`: every check, in one command.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::book::{self, BrowserOptions};
use crate::snapshots;
use crate::step::{Error, Outcome, Step};
use crate::totals::Totals;

/// Checks the workspace at `root`, reporting to `report`. The last line of a
/// success is the number of tests that ran, for a machine to read.
pub(crate) fn run(
    root: &Path,
    browser: &BrowserOptions,
    report: &mut dyn Write,
) -> Result<(), Error> {
    let references = References::new();
    format(root).run(report)?;
    clippy(root).run(report)?;
    let output = tests(root, &references.0).run(report)?;
    snapshots(root, &references.0).run(report)?;
    book::documentation(root).run(report)?;
    book::test(root, browser, report)?;
    writeln!(report, "{}", Totals::of(&output))?;
    Ok(())
}

fn format(root: &Path) -> Step {
    Step::command("format", cargo(root, &["fmt", "--all", "--check"]))
}

fn clippy(root: &Path) -> Step {
    let arguments = "clippy --workspace --all-targets --all-features -- \
                     -D warnings";
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    Step::command("clippy", cargo(root, &arguments))
}

fn tests(root: &Path, references: &Path) -> Step {
    let arguments = ["test", "--workspace", "--no-fail-fast"];
    let mut command = cargo(root, &arguments);
    strict_snapshots(&mut command);
    command.env(snapshots::REFERENCES_VARIABLE, references);
    let run = Step::command("tests", command);
    run.and_then(some_tests_ran)
}

/// A changed or new snapshot fails its test, whatever the caller's
/// environment says.
fn strict_snapshots(command: &mut Command) {
    let names = env::vars_os().map(|(name, _)| name);
    for name in names {
        if name.as_encoded_bytes().starts_with(b"INSTA_") {
            command.env_remove(name);
        }
    }
    command.env("INSTA_UPDATE", "no");
}

/// A run that counts nothing has not shown anything.
fn some_tests_ran(output: String) -> Outcome {
    let totals = Totals::of(&output);
    if totals.passed > 0 && totals.failed == 0 {
        Ok(output)
    } else {
        Err(format!("{output}\nunexpected totals: {totals}"))
    }
}

fn snapshots(root: &Path, references: &Path) -> Step {
    let (root, references) = (root.to_owned(), references.to_owned());
    Step::check("snapshots", move || snapshots::check(&root, &references))
}

/// The cargo that runs this, without colours, in the workspace at `root`.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root);
    command.env("CARGO_TERM_COLOR", "never");
    command
}

/// The file to which the tests append the snapshots they read; it starts out
/// missing and is removed in the end.
struct References(PathBuf);

impl References {
    fn new() -> References {
        let name = format!("xtask-snapshots-{}", std::process::id());
        let references = References(env::temp_dir().join(name));
        references.remove();
        references
    }

    fn remove(&self) {
        // It is missing when no test has a snapshot.
        let _ = fs::remove_file(&self.0);
    }
}

impl Drop for References {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_tests_fails() {
        assert!(some_tests_ran("no summary at all".to_owned()).is_err());
    }

    #[test]
    fn a_reported_failure_is_one_whatever_the_exit_status_was() {
        let output = "test result: FAILED. 3 passed; 1 failed; 0 ignored\n";
        let message = some_tests_ran(output.to_owned()).unwrap_err();
        assert!(message.contains("3 passed, 1 failed"), "{message}");
    }

    #[test]
    fn the_first_failing_step_ends_the_run() {
        let no_workspace = tempfile::tempdir().unwrap();
        let mut report = Vec::new();
        let browser = BrowserOptions::default();
        let result = run(no_workspace.path(), &browser, &mut report);
        assert!(matches!(result, Err(Error::Failed("format"))));
        let report = String::from_utf8(report).unwrap();
        assert!(report.starts_with("FAILED  format  "), "{report}");
        assert!(report.contains("Cargo.toml"), "{report}");
    }

    #[test]
    fn tests_never_accept_a_snapshot() {
        let mut command = Command::new("true");
        strict_snapshots(&mut command);
        let update = command
            .get_envs()
            .find(|(name, _)| *name == "INSTA_UPDATE")
            .and_then(|(_, value)| value);
        assert_eq!(update, Some("no".as_ref()));
    }
}
