//! Reads programs from files and pipes.
//!
//! A program is handled as it comes in: `yes '1;' | chapter1 | head` ends,
//! and a program that talks to this one through pipes gets each answer before
//! it sends the next question.

use super::{Driver, Session};
use crate::executor::output;
use crate::syntax::Source;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// Text that is not known to be complete is looked at again whenever more of
/// it arrives; beyond this size only when there is twice as much.
const EAGER: usize = 64 * 1024;

/// No item is longer than this: source offsets must fit 32 bits.
const MAX_ITEM: usize = 512 << 20;

/// Runs a file.
pub(super) fn run_file<D: Driver>(session: &mut Session<D>, path: &Path) {
    let name = path.to_string_lossy();
    let result = File::open(path)
        .and_then(|mut file| run_reader(session, &name, &mut file));
    report(session, &name, result);
}

/// Runs standard input.
pub(super) fn run_stdin<D: Driver>(session: &mut Session<D>) {
    let result = run_reader(session, "<stdin>", &mut io::stdin().lock());
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
    reader: &mut impl Read,
) -> io::Result<()> {
    let mut input = Input::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        output::flush();
        let length = match reader.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                continue;
            }
            other => other?,
        };
        let is_last = length == 0;
        input.push(&chunk[..length], is_last);
        if is_last || input.is_due() {
            let text = input.complete_part(is_last);
            let source = Source::piece(name, text, input.start);
            let done = session.run(&source, input.done, is_last);
            let kept = line_start(text, done);
            input.start = source.position(kept);
            input.consume(kept, done);
        }
        if is_last {
            return Ok(());
        }
    }
}

/// How much is kept of a line whose first items have been handled: messages
/// about the next ones show some of it.
const KEPT: usize = 128;

/// Where the line that contains `offset` begins, or not long before.
fn line_start(text: &str, offset: usize) -> usize {
    let earliest = text.floor_char_boundary(offset.saturating_sub(KEPT));
    let newline = text[earliest..offset].rfind('\n');
    newline.map_or(earliest, |newline| earliest + newline + 1)
}

/// Text that has been read.
struct Input {
    text: String,
    /// How much of it has been handled, and is kept for messages.
    done: usize,
    /// The beginning of a character whose end has not been read.
    rest: Vec<u8>,
    /// The line and column of the beginning of `text`.
    start: (usize, usize),
    /// How much text there must be before it is looked at again.
    wanted: usize,
    is_first: bool,
}

impl Default for Input {
    fn default() -> Input {
        Input {
            text: String::new(),
            done: 0,
            rest: Vec::new(),
            start: (1, 1),
            wanted: 0,
            is_first: true,
        }
    }
}

impl Input {
    /// Adds bytes. What is not UTF-8 becomes U+FFFD, which is harmless in a
    /// comment and an error elsewhere.
    fn push(&mut self, bytes: &[u8], is_last: bool) {
        self.rest.extend_from_slice(bytes);
        let mut bytes = &self.rest[..];
        while !bytes.is_empty() {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.text.push_str(text);
                    bytes = &[];
                }
                Err(error) => {
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    self.text.push_str(&String::from_utf8_lossy(valid));
                    bytes = match error.error_len() {
                        Some(length) => &rest[length..],
                        None if is_last => &[],
                        None => {
                            self.rest = rest.to_vec();
                            self.skip_mark();
                            return;
                        }
                    };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
        self.rest.clear();
        self.skip_mark();
    }

    /// Skips the byte-order mark that some editors put first.
    fn skip_mark(&mut self) {
        if self.is_first && !self.text.is_empty() {
            self.is_first = false;
            if self.text.starts_with('\u{feff}') {
                self.text.drain(..'\u{feff}'.len_utf8());
            }
        }
    }

    fn is_due(&self) -> bool {
        self.text.len() >= self.wanted
    }

    /// The text up to where a token may go on that has not been read.
    fn complete_part(&self, is_last: bool) -> &str {
        if is_last || self.text.len() > MAX_ITEM {
            return &self.text;
        }
        let end =
            self.text.rfind(|c: char| c.is_ascii_whitespace() || c == ';');
        &self.text[..end.map_or(0, |end| end + 1)]
    }

    /// Notes that the text up to `done` has been handled, and forgets it up
    /// to `kept`.
    fn consume(&mut self, kept: usize, done: usize) {
        self.text.drain(..kept);
        self.done = done - kept;
        self.wanted = match self.text.len() {
            left if left < EAGER => 0,
            left => 2 * left,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_may_arrive_in_pieces() {
        let mut input = Input::default();
        for byte in "aé€😀b".bytes() {
            input.push(&[byte], false);
        }
        assert_eq!(input.text, "aé€😀b");
    }

    #[test]
    fn what_is_not_utf8_is_replaced() {
        let mut input = Input::default();
        input.push(b"a\xffb\xe2\x82", false);
        assert_eq!(input.text, "a\u{fffd}b");
        input.push(b"", true);
        assert_eq!(input.text, "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn a_byte_order_mark_is_skipped_once() {
        let mut input = Input::default();
        for byte in "\u{feff}\u{feff}1".bytes() {
            input.push(&[byte], false);
        }
        assert_eq!(input.text, "\u{feff}1");
    }

    #[test]
    fn the_beginning_of_a_line_is_kept_but_not_of_a_long_one() {
        assert_eq!(line_start("1;\n2; 3;", 5), 3);
        assert_eq!(line_start("1; 2;", 3), 0);
        assert_eq!(line_start(&"1;".repeat(1000), 2000), 2000 - KEPT);
    }

    #[test]
    fn text_is_complete_up_to_the_last_blank_or_semicolon() {
        let mut input = Input::default();
        input.push(b"1; 2", false);
        assert_eq!(input.complete_part(false), "1; ");
        assert_eq!(input.complete_part(true), "1; 2");
        input.push(b"3;", false);
        assert_eq!(input.complete_part(false), "1; 23;");
    }
}
