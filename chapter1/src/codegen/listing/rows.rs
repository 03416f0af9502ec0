//! Two columns of text: code on the left, remarks on the right.

use std::collections::VecDeque;
use std::fmt::{self, Formatter, Write};

/// A line of a listing fits a page of the book.
const WIDTH: usize = 80;

/// How far the rest of a remark that is too long for one row is indented.
const CONTINUATION: &str = "  ";

/// Writes rows, each with its share of the remarks that were made before it.
/// A remark that needs more room goes on beside the next rows.
pub struct Rows<'r, 'f> {
    f: &'r mut Formatter<'f>,
    /// Where remarks begin.
    column: usize,
    remarks: VecDeque<String>,
}

impl<'r, 'f> Rows<'r, 'f> {
    /// Writes to `f`, remarks from `column` on.
    pub fn new(f: &'r mut Formatter<'f>, column: usize) -> Rows<'r, 'f> {
        Rows { f, column, remarks: VecDeque::new() }
    }

    /// Makes a remark, which begins in the next row.
    pub fn remark(&mut self, text: &str) -> fmt::Result {
        self.flush()?;
        let room = WIDTH - self.column - "; ".len();
        let mut line = String::new();
        for word in text.split(' ') {
            if !line.is_empty() && line.len() + 1 + word.len() > room {
                self.remarks.push_back(line);
                line = format!("{CONTINUATION}{word}");
                continue;
            }
            let space = if line.is_empty() { "" } else { " " };
            line.push_str(space);
            line.push_str(word);
        }
        self.remarks.push_back(line);
        Ok(())
    }

    /// Writes a row.
    pub fn row(&mut self, code: &str) -> fmt::Result {
        match self.remarks.pop_front() {
            Some(remark) => {
                let width = self.column - 1;
                writeln!(self.f, "{code:<width$} ; {remark}")
            }
            None => writeln!(self.f, "{code}"),
        }
    }

    /// Writes what is left of the remarks, so that the next row has none.
    pub fn flush(&mut self) -> fmt::Result {
        while !self.remarks.is_empty() {
            self.row("")?;
        }
        Ok(())
    }

    /// Leaves a line blank.
    pub fn blank(&mut self) -> fmt::Result {
        self.f.write_char('\n')
    }
}
