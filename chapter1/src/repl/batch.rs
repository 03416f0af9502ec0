//! Reads programs from files and pipes.
//!
//! A program is handled as it comes in: `yes '1;' | chapter1 | head` ends,
//! and a program that talks to this one through pipes gets each answer before
//! it sends the next question.

use super::input::Input;
use super::progress::Progress;
use super::{Chapter, Rules, Session};
use crate::cancel;
use crate::executor::output;
use crate::syntax::Source;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;

/// What to call standard input.
pub(super) const STDIN: &str = "<stdin>";

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// A text that is read and run.
struct Reading<'n, R, W> {
    name: &'n str,
    reader: R,
    rules: Rules,
    /// Called before each read, with whether an item is open.
    wait: W,
}

/// Runs a file.
pub(super) fn run_file<D: Chapter>(session: &mut Session<D>, path: &Path) {
    let name = path.to_string_lossy();
    let result = File::open(path).and_then(|file| run(session, &name, file));
    report(session, &name, result);
}

/// The same while somebody wants to see how far it has come.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn load<D: Chapter>(
    session: &mut Session<D>,
    path: &Path,
) -> io::Result<()> {
    let file = File::open(path)?;
    let name = path.to_string_lossy();
    session.progress = Progress::new(&name, file.metadata()?.len());
    let result = run(session, &name, file);
    session.progress = None;
    result
}

fn run<D: Chapter>(
    session: &mut Session<D>,
    name: &str,
    file: File,
) -> io::Result<()> {
    let input = Input::new(file.metadata()?.is_file());
    let (rules, wait) = (Rules::Batch, |_: bool| ());
    Reading { name, reader: file, rules, wait }.run(session, input)
}

/// Runs standard input. `wait` is called before each time that somebody may
/// have to type more, with whether an item is open.
pub(super) fn run_stdin<D: Chapter>(
    session: &mut Session<D>,
    rules: Rules,
    wait: impl FnMut(bool),
) {
    let (name, reader) = (STDIN, io::stdin().lock());
    let input = Input::new(rules == Rules::Prompt);
    let result = Reading { name, reader, rules, wait }.run(session, input);
    report(session, "standard input", result);
}

fn report<D: Chapter>(
    session: &mut Session<D>,
    name: &str,
    result: io::Result<()>,
) {
    if let Err(error) = result {
        session.reporter.fail(format!("cannot read {name}: {error}"));
    }
}

impl<R: Read + AsFd, W: FnMut(bool)> Reading<'_, R, W> {
    fn run<D: Chapter>(
        mut self,
        session: &mut Session<D>,
        mut input: Input,
    ) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        while !session.is_leaving {
            output::flush();
            (self.wait)(input.is_open());
            let result = match self.reader.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    if self.is_interrupted(session) {
                        return Ok(());
                    }
                    continue;
                }
                result => result,
            };
            // What has been read before an error is a program too.
            let length = result.as_ref().map_or(0, |&length| length);
            let is_last = length == 0;
            input.push(&chunk[..length], is_last);
            if is_last || input.is_due() || !has_more(&self.reader) {
                run_piece(session, self.name, &mut input, self.rules, is_last);
            }
            if self.is_interrupted(session) {
                return Ok(());
            }
            if is_last {
                return result.map(|_| ());
            }
            if input.is_too_long() {
                let message = "an item is too long, the rest is not read";
                return Err(io::Error::other(message));
            }
        }
        Ok(())
    }

    /// Whether an interruption is the end of this text. A prompt goes on.
    fn is_interrupted<D: Chapter>(&self, session: &mut Session<D>) -> bool {
        match self.rules {
            Rules::Batch => cancel::is_requested(),
            Rules::Prompt => {
                session.take_interruption();
                false
            }
        }
    }
}

/// Whether reading would not have to wait.
fn has_more(reader: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(reader, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Runs the items that have been read completely.
pub(super) fn run_piece<D: Chapter>(
    session: &mut Session<D>,
    name: &str,
    input: &mut Input,
    rules: Rules,
    is_last: bool,
) {
    let mut source = Source::piece(name, &input.text, input.start);
    source.end = input.complete(is_last);
    if let Some(progress) = &mut session.progress {
        progress.before = input.before;
    }
    let done = session.run(&source, input.done, rules, is_last);
    let kept = input.line_start(done);
    let start = source.position(kept);
    input.consume(kept, start, done);
}
