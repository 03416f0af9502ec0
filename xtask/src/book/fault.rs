//! Faults: what is wrong with the book, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong with the book.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Fault {
    /// Relative to the workspace's root.
    file: PathBuf,
    /// Counts from 1.
    line: usize,
    what: String,
}

impl Fault {
    /// A fault in line `line`, counted from 1, of `file`.
    pub(crate) fn new(
        file: &Path,
        line: usize,
        what: impl Into<String>,
    ) -> Fault {
        Fault { file: file.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// Nothing, or all of `faults`, a line each, in the order of the files.
pub(crate) fn none_of(mut faults: Vec<Fault>) -> Result<(), String> {
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort();
    faults.dedup();
    let lines = faults.iter().map(|fault| format!("{fault}\n"));
    Err(lines.collect())
}

/// The line, counted from 1, in which the byte at `offset` of `text` is.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_listed_in_the_order_of_their_places() {
        let page = Path::new("book/src/page.md");
        let late = Fault::new(page, 10, "late");
        let early = Fault::new(page, 9, "early");
        let expected = "book/src/page.md:9: early\n\
                        book/src/page.md:10: late\n";
        let listed = none_of(vec![late.clone(), early, late]);
        assert_eq!(listed, Err(expected.to_owned()));
        assert_eq!(none_of(Vec::new()), Ok(()));
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!(line_at("a\nb\n", 0), 1);
        assert_eq!(line_at("a\nb\n", 1), 1);
        assert_eq!(line_at("a\nb\n", 2), 2);
    }
}
