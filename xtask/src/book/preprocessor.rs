//! The preprocessor: all that happens to the pages between their files and
//! mdBook. Inside `cargo xtask book` it is called; mdBook's own programs run
//! it as a command, `cargo xtask preprocess`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use mdbook_driver::book::{Book, Chapter};
use mdbook_driver::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext, parse_input};

use super::expand::{Expander, Findings, Page};
use super::fault::{self, Fault};
use super::render::BOOK;

/// Replaces the directives of all pages.
pub(crate) struct Listings;

impl Preprocessor for Listings {
    /// The name of its table in `book.toml`.
    fn name(&self) -> &str {
        "listings"
    }

    fn run(&self, context: &PreprocessorContext, book: Book) -> Result<Book> {
        let pages = context.root.join(&context.config.book.src);
        let root = workspace(&context.root)?;
        let (book, findings) =
            expand(&root, &pages, book).map_err(Error::msg)?;
        fault::none_of(findings.faults).map_err(Error::msg)?;
        Ok(book)
    }
}

/// What `cargo xtask preprocess` does: reads a book from `input`, and writes
/// what it has become to `output`.
pub(crate) fn run(input: impl Read, output: impl Write) -> Result<()> {
    let (context, book) = parse_input(input)?;
    let book = Listings.run(&context, book)?;
    Ok(serde_json::to_writer(output, &book)?)
}

/// What is wrong with the pages of the workspace at `root`.
pub(crate) fn findings(
    root: &Path,
    book: Book,
) -> std::result::Result<Findings, String> {
    let pages = root.join(BOOK).join("src");
    let root = fs::canonicalize(root).map_err(|error| error.to_string())?;
    Ok(expand(&root, &pages, book)?.1)
}

/// The workspace of the book in `directory`.
fn workspace(directory: &Path) -> io::Result<PathBuf> {
    let directory = fs::canonicalize(directory)?;
    let parent = directory.parent().ok_or(io::ErrorKind::NotFound)?;
    Ok(parent.to_owned())
}

fn expand(
    root: &Path,
    pages: &Path,
    mut book: Book,
) -> std::result::Result<(Book, Findings), String> {
    let text = |error: io::Error| error.to_string();
    let pages = fs::canonicalize(pages).map_err(text)?;
    let pages = pages.strip_prefix(root).map_err(|e| e.to_string())?;
    let mut expander = Expander::new(root).map_err(text)?;
    let mut listed = BTreeSet::new();
    book.for_each_chapter_mut(|chapter: &mut Chapter| {
        if let Some(source) = &chapter.source_path {
            let path = pages.join(source);
            let page = Page { path: &path, text: &chapter.content };
            chapter.content = expander.expand(page);
            listed.insert(path);
        }
    });
    let mut findings = expander.finish();
    let unlisted = unlisted(root, pages, &listed).map_err(text)?;
    findings.faults.extend(unlisted);
    Ok((book, findings))
}

/// The files below `pages` that the summary does not lead to.
fn unlisted(
    root: &Path,
    pages: &Path,
    listed: &BTreeSet<PathBuf>,
) -> io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut directories = vec![pages.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(root.join(&directory))? {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            let is_page = path.extension().is_some_and(|found| found == "md");
            if entry.file_type()?.is_dir() {
                directories.push(path);
            } else if is_page
                && entry.file_name() != "SUMMARY.md"
                && !listed.contains(&path)
            {
                let what = "the summary does not list this page";
                faults.push(Fault::new(&path, 1, what));
            }
        }
    }
    Ok(faults)
}
