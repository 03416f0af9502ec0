//! Reads programs from files and pipes.
//!
//! A program is handled as it comes in: `yes '1;' | chapter1 | head` ends,
//! and a program that talks to this one through pipes gets each answer before
//! it sends the next question.

use super::Session;
use super::input::Input;
use crate::driver::Driver;
use crate::executor::output;
use crate::syntax::Source;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// Runs a file.
pub(super) fn run_file<D: Driver>(session: &mut Session<D>, path: &Path) {
    let name = path.to_string_lossy();
    let result = File::open(path).and_then(|mut file| {
        let is_regular = file.metadata()?.is_file();
        run_reader(session, &name, &mut file, is_regular)
    });
    report(session, &name, result);
}

/// Runs standard input.
pub(super) fn run_stdin<D: Driver>(session: &mut Session<D>) {
    let mut stdin = io::stdin().lock();
    let result = run_reader(session, "<stdin>", &mut stdin, false);
    report(session, "standard input", result);
}

fn report<D>(session: &mut Session<D>, name: &str, result: io::Result<()>) {
    if let Err(error) = result {
        session.reporter.fail(format!("cannot read {name}: {error}"));
    }
}

fn run_reader<D: Driver>(
    session: &mut Session<D>,
    name: &str,
    reader: &mut (impl Read + AsFd),
    by_lines: bool,
) -> io::Result<()> {
    let mut input = Input::new(by_lines);
    let mut chunk = vec![0; CHUNK];
    loop {
        output::flush();
        let result = match reader.read(&mut chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result,
        };
        // What has been read before an error is a program too.
        let length = result.as_ref().map_or(0, |&length| length);
        let is_last = length == 0;
        input.push(&chunk[..length], is_last);
        if is_last || input.is_due() || !has_more(reader) {
            run_piece(session, name, &mut input, is_last);
        }
        if is_last {
            return result.map(|_| ());
        }
        if input.is_too_long() {
            let message = "an item is too long, the rest is not read";
            return Err(io::Error::other(message));
        }
    }
}

/// Whether reading would not have to wait.
fn has_more(reader: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(reader, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Runs the items that have been read completely.
fn run_piece<D: Driver>(
    session: &mut Session<D>,
    name: &str,
    input: &mut Input,
    is_last: bool,
) {
    let mut source = Source::piece(name, &input.text, input.start);
    source.end = input.complete(is_last);
    let done = session.run(&source, input.done, is_last);
    let kept = input.line_start(done);
    let start = source.position(kept);
    input.consume(kept, start, done);
}
