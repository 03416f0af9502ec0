//! Text that arrives in pieces, and how much of it can be handled.

use crate::syntax::Source;

/// Text that is not known to be complete is looked at again whenever more of
/// it arrives; beyond this size only when there is twice as much, or when no
/// more is coming for the moment.
const EAGER: usize = 64 * 1024;

/// How long an item may be: offsets must fit 32 bits.
const MAX_ITEM: usize = 256 << 20;

/// Lines longer than this are not waited for.
const MAX_LINE: usize = 1 << 20;

/// How much is kept of a line whose first items have been handled: messages
/// about the next ones show some of it.
const KEPT: usize = 128;

/// Text that has been read.
pub(super) struct Input {
    /// The text, from the beginning of a line if that is not far.
    pub(super) text: String,
    /// How much of it has been handled, and is kept for messages.
    pub(super) done: usize,
    /// The line and column of the beginning of `text`.
    pub(super) start: (usize, usize),
    /// How many bytes came before `text`.
    pub(super) before: u64,
    /// The beginning of a character whose end has not been read.
    rest: Vec<u8>,
    /// How much text there must be before it is looked at again.
    wanted: usize,
    is_first: bool,
    /// Whether only whole lines are handled, since the next ones are not far:
    /// messages show them whole then.
    by_lines: bool,
    /// No item is longer than this.
    max_item: usize,
}

impl Input {
    /// Nothing yet.
    pub(super) fn new(by_lines: bool) -> Input {
        Input {
            text: String::new(),
            done: 0,
            start: (1, 1),
            before: 0,
            rest: Vec::new(),
            wanted: 0,
            is_first: true,
            by_lines,
            max_item: MAX_ITEM,
        }
    }

    /// Adds bytes. What is not UTF-8 becomes U+FFFD, which is harmless in a
    /// comment and an error elsewhere.
    pub(super) fn push(&mut self, bytes: &[u8], is_last: bool) {
        let mut rest = std::mem::take(&mut self.rest);
        rest.extend_from_slice(bytes);
        match str::from_utf8(&rest) {
            Ok(text) => self.text.push_str(text),
            Err(_) => self.push_repaired(&rest, is_last),
        }
        self.skip_mark();
    }

    fn push_repaired(&mut self, bytes: &[u8], is_last: bool) {
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.text.push_str(chunk.valid());
            let invalid = chunk.invalid();
            let is_at_end = chunks.peek().is_none();
            if is_at_end && !is_last && may_go_on(invalid) {
                self.rest = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.text.push(char::REPLACEMENT_CHARACTER);
            }
        }
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

    /// Whether there is enough new text to look at it.
    pub(super) fn is_due(&self) -> bool {
        self.text.len() >= self.wanted
    }

    /// Whether there is more text than an item may have.
    pub(super) fn is_too_long(&self) -> bool {
        self.text.len() - self.done > self.max_item
    }

    /// The end of the text that consists of whole tokens, or of whole lines.
    pub(super) fn complete(&self, is_last: bool) -> usize {
        if is_last {
            return self.text.len();
        }
        let new = &self.text[self.done..];
        let line = new.rfind('\n').filter(|_| self.by_lines);
        if self.by_lines && line.is_none() && new.len() <= MAX_LINE {
            return self.done;
        }
        let is_end = |c: char| c.is_ascii_whitespace() || c == ';';
        let end = line.or_else(|| new.rfind(is_end));
        end.map_or(self.done, |end| self.done + end + 1)
    }

    /// Whether there is the beginning of an item.
    pub(super) fn is_open(&self) -> bool {
        !self.text[self.done..].trim_ascii_start().is_empty()
    }

    /// Forgets the beginning of an item.
    pub(super) fn drop_item(&mut self) {
        let source = Source::piece("", &self.text, self.start);
        let end = self.text.len();
        let start = source.position(end);
        self.consume(end, start, end);
    }

    /// Where the line that contains `offset` begins, or not long before.
    pub(super) fn line_start(&self, offset: usize) -> usize {
        let earliest = offset.saturating_sub(KEPT);
        let earliest = self.text.floor_char_boundary(earliest);
        let newline = self.text[earliest..offset].rfind('\n');
        newline.map_or(earliest, |newline| earliest + newline + 1)
    }

    /// Notes that the text up to `done` has been handled, and forgets it up
    /// to `kept`, which is at this line and column.
    pub(super) fn consume(
        &mut self,
        kept: usize,
        start: (usize, usize),
        done: usize,
    ) {
        self.text.drain(..kept);
        self.before += kept as u64;
        self.start = start;
        self.done = done - kept;
        self.wanted = match self.text.len() {
            left if left < EAGER => 0,
            left => 2 * left,
        };
    }
}

/// Whether bytes that are not UTF-8 may become so when more follow.
fn may_go_on(bytes: &[u8]) -> bool {
    let error = std::str::from_utf8(bytes).err();
    error.is_some_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_may_arrive_in_pieces() {
        let mut input = Input::new(false);
        for byte in "aé€😀b".bytes() {
            input.push(&[byte], false);
        }
        assert_eq!(input.text, "aé€😀b");
    }

    #[test]
    fn what_is_not_utf8_is_replaced() {
        let mut input = Input::new(false);
        input.push(b"a\xffb\xe2\x82", false);
        assert_eq!(input.text, "a\u{fffd}b");
        input.push(b"", true);
        assert_eq!(input.text, "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn a_byte_order_mark_is_skipped_once() {
        let mut input = Input::new(false);
        for byte in "\u{feff}\u{feff}1".bytes() {
            input.push(&[byte], false);
        }
        assert_eq!(input.text, "\u{feff}1");
    }

    fn input(text: &str, by_lines: bool) -> Input {
        let mut input = Input::new(by_lines);
        input.push(text.as_bytes(), false);
        input
    }

    #[test]
    fn a_piece_of_a_pipe_ends_after_a_blank_or_a_semicolon() {
        assert_eq!(input("1; 2", false).complete(false), 3);
        assert_eq!(input("1; 23;", false).complete(false), 6);
        assert_eq!(input("1; 2", false).complete(true), 4);
    }

    #[test]
    fn a_piece_of_a_file_ends_with_a_line_if_lines_are_not_too_long() {
        assert_eq!(input("1;\n2; 3;", true).complete(false), 3);
        assert_eq!(input("1; 2;", true).complete(false), 0);
        let long = "1;".repeat(MAX_LINE);
        assert_eq!(input(&long, true).complete(false), long.len());
    }

    #[test]
    fn the_beginning_of_a_line_is_kept_but_not_of_a_long_one() {
        assert_eq!(input("1;\n2; 3;", false).line_start(5), 3);
        assert_eq!(input("1; 2;", false).line_start(3), 0);
        let long = input(&"1;".repeat(1000), false);
        assert_eq!(long.line_start(2000), 2000 - KEPT);
    }

    #[test]
    fn text_is_too_long_when_too_much_of_it_has_not_been_handled() {
        let mut input = input("1; 2345", false);
        input.max_item = 4;
        assert!(input.is_too_long());
        input.consume(0, (1, 1), 3);
        assert!(!input.is_too_long());
        input.push(b"6", false);
        assert!(input.is_too_long());
    }
}
