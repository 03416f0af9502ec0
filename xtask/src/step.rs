//! Steps: commands and checks, run one after the other and reported.

use std::io::{self, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use thiserror::Error;

/// One thing to do, with the name it is reported by.
pub(crate) struct Step {
    name: &'static str,
    action: Box<dyn FnOnce() -> Outcome>,
}

/// What a step printed: `Ok` when it succeeded, `Err` when it failed.
pub(crate) type Outcome = Result<String, String>;

/// Why a run of steps ended early.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// The step failed; its output has been reported.
    #[error("the step `{0}` failed")]
    Failed(&'static str),
    /// The report could not be written.
    #[error("cannot write the report: {0}")]
    Report(#[from] io::Error),
}

impl Step {
    /// A step that succeeds when `command` exits with status 0.
    pub(crate) fn command(name: &'static str, command: Command) -> Step {
        Step::check(name, || output_of(command))
    }

    /// A step that is a Rust function.
    pub(crate) fn check(
        name: &'static str,
        action: impl FnOnce() -> Outcome + 'static,
    ) -> Step {
        Step { name, action: Box::new(action) }
    }

    /// This step, succeeding only if `check` also accepts what it printed.
    pub(crate) fn and_then(
        self,
        check: impl FnOnce(String) -> Outcome + 'static,
    ) -> Step {
        Step::check(self.name, || (self.action)().and_then(check))
    }

    /// Does the step and writes its line to `report`, under a failed one also
    /// all that it printed. Returns what a successful one printed.
    pub(crate) fn run(self, report: &mut dyn Write) -> Result<String, Error> {
        let start = Instant::now();
        let outcome = (self.action)();
        let time = start.elapsed();
        match outcome {
            Ok(output) => {
                writeln!(report, "{}", line("ok", self.name, time))?;
                report.flush()?;
                Ok(output)
            }
            Err(output) => {
                writeln!(report, "{}", line("FAILED", self.name, time))?;
                writeln!(report, "{}", output.trim_end())?;
                report.flush()?;
                Err(Error::Failed(self.name))
            }
        }
    }
}

/// For example `ok  clippy  3.2 s`.
fn line(result: &str, name: &str, time: Duration) -> String {
    format!("{result}  {name}  {:.1} s", time.as_secs_f64())
}

fn output_of(mut command: Command) -> Outcome {
    let shown = format!("{command:?}");
    match run_together(&mut command) {
        Ok((output, status)) if status.success() => Ok(output),
        Ok((output, _)) => Err(output),
        Err(error) => Err(format!("cannot run {shown}: {error}")),
    }
}

/// Runs `command` and collects its standard output and standard error in the
/// order they were written.
pub(crate) fn run_together(
    command: &mut Command,
) -> io::Result<(String, ExitStatus)> {
    // One pipe for both streams: lines keep their order.
    let (mut reader, writer) = io::pipe()?;
    command.stdin(Stdio::null());
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The command still holds our ends of the pipe; the read below ends only
    // when every writer is closed.
    command.stdout(Stdio::null());
    command.stderr(Stdio::null());
    let mut output = Vec::new();
    reader.read_to_end(&mut output)?;
    let status = child.wait()?;
    Ok((String::from_utf8_lossy(&output).into_owned(), status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn report_of(step: Step) -> (Result<String, Error>, String) {
        let mut report = Vec::new();
        let result = step.run(&mut report);
        (result, String::from_utf8(report).unwrap())
    }

    #[test]
    fn a_good_step_reports_one_line_and_hands_out_its_output() {
        let step = Step::command("greeting", sh("echo hello"));
        let (result, report) = report_of(step);
        assert_eq!(result.unwrap(), "hello\n");
        assert!(report.starts_with("ok  greeting  0."), "{report}");
        assert_eq!(report.lines().count(), 1);
    }

    #[test]
    fn a_failing_step_reports_all_it_printed_in_order() {
        let script = "echo one; echo two >&2; echo three; exit 3";
        let (result, report) = report_of(Step::command("bad", sh(script)));
        assert!(matches!(result, Err(Error::Failed("bad"))));
        let (first, rest) = report.split_once('\n').unwrap();
        assert!(first.starts_with("FAILED  bad  "), "{first}");
        assert_eq!(rest, "one\ntwo\nthree\n");
    }

    #[test]
    fn a_silent_failure_is_a_failure() {
        let step = Step::command("false", Command::new("false"));
        assert!(report_of(step).0.is_err());
    }

    #[test]
    fn a_command_that_a_signal_ends_is_a_failure() {
        let (result, _) = report_of(Step::command("hit", sh("kill -9 $$")));
        assert!(result.is_err());
    }

    #[test]
    fn a_command_that_does_not_exist_is_a_failure_that_names_it() {
        let missing = Command::new("/nonexistent/program");
        let (result, report) = report_of(Step::command("none", missing));
        assert!(result.is_err());
        assert!(report.contains("/nonexistent/program"), "{report}");
    }

    #[test]
    fn a_check_of_the_output_can_fail_a_step() {
        let step = Step::command("odd", sh("echo 3"))
            .and_then(|output| Err(format!("not even: {output}")));
        let (result, report) = report_of(step);
        assert!(result.is_err());
        assert!(report.ends_with("not even: 3\n"), "{report}");
    }

    #[test]
    fn a_time_is_shown_in_seconds() {
        let shown = line("ok", "clippy", Duration::from_millis(3249));
        assert_eq!(shown, "ok  clippy  3.2 s");
    }
}
