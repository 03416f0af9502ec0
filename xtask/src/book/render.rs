//! The book as HTML: mdBook's pages, with rustdoc's beside them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use serde_json::Value;

use super::fault;
use super::preprocessor::{self, Listings};
use crate::test::cargo;

/// Where the book is, from the workspace's root.
pub(crate) const BOOK: &str = "book";

/// Where the rendered book is, from the workspace's root.
pub(crate) const RENDERED: &str = "book/book";

/// Who runs the preprocessor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Preprocessing {
    /// This process.
    Inside,
    /// The command in `book.toml`, as with mdBook's own programs.
    ByCommand,
}

/// Renders the book of the workspace at `root` to where `book.toml` says.
pub(crate) fn render(root: &Path) -> Result<(), String> {
    let mut book = load(root, Preprocessing::Inside)?;
    book.config.build.build_dir = root.join(RENDERED);
    build(&book)
}

/// Renders the book of the workspace at `root` to the directory `to`.
pub(crate) fn render_to(
    root: &Path,
    to: &Path,
    preprocessing: Preprocessing,
) -> Result<(), String> {
    let mut book = load(root, preprocessing)?;
    book.config.build.build_dir = to.to_owned();
    build(&book)
}

/// The pages of the book, in its order, as paths from its root without
/// extension: `chapter1/memory`.
pub(crate) fn pages(root: &Path) -> Result<Vec<PathBuf>, String> {
    let book = load(root, Preprocessing::Inside)?;
    let paths = book.book.chapters().filter_map(|chapter| {
        chapter.path.as_ref().map(|path| path.with_extension(""))
    });
    Ok(paths.collect())
}

/// What a person should look at in the book, a line each, and how much of the
/// code it shows.
pub(crate) fn warnings(root: &Path) -> Result<String, String> {
    let book = load(root, Preprocessing::Inside)?.book;
    let findings = preprocessor::findings(root, book)?;
    let lines = fault::none_of(findings.warnings).err().unwrap_or_default();
    let lines = lines.lines().map(|line| format!("warning: {line}\n"));
    let (counts, terms) = (findings.counts, findings.terms);
    let notes = format!("note: {counts}\nnote: {terms}\n");
    Ok(lines.collect::<String>() + &notes)
}

/// Copies what rustdoc has written about the workspace into the rendered
/// book, as `api`.
pub(crate) fn add_documentation(root: &Path) -> Result<(), String> {
    let to = root.join(RENDERED).join("api");
    copy(&target_directory(root)?.join("doc"), &to)
        .map_err(|error| format!("cannot copy rustdoc's pages: {error}"))
}

fn load(root: &Path, preprocessing: Preprocessing) -> Result<MDBook, String> {
    let book = MDBook::load(root.join(BOOK));
    let mut book = book.map_err(|error| format!("{error:#}"))?;
    if preprocessing == Preprocessing::Inside {
        // It takes the place of the command, which has the same name.
        book.with_preprocessor(Listings);
    }
    Ok(book)
}

fn build(book: &MDBook) -> Result<(), String> {
    book.build().map_err(|error| format!("{error:#}"))
}

/// Where cargo puts what it makes.
fn target_directory(root: &Path) -> Result<PathBuf, String> {
    let arguments = ["metadata", "--no-deps", "--format-version=1"];
    let output = cargo(root, &arguments)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let metadata = serde_json::from_slice::<Value>(&output.stdout);
    let metadata = metadata.map_err(|error| error.to_string())?;
    let directory = metadata["target_directory"].as_str();
    Ok(directory.ok_or("cargo names no target directory")?.into())
}

/// Copies a directory and all that is in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut pairs = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = pairs.pop() {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            match entry.file_type()?.is_dir() {
                true => pairs.push((entry.path(), target)),
                false => drop(fs::copy(entry.path(), target)?),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A workspace whose book has the page `page.md`, which holds `text`,
    /// behind `first.md`. Its command for the preprocessor does nothing.
    pub(crate) fn workspace(text: &str) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        let book = root.path().join(BOOK);
        fs::create_dir_all(book.join("src")).unwrap();
        let config = "[book]\ntitle = \"Test\"\n\
                      [build]\ncreate-missing = false\n\
                      [preprocessor.listings]\ncommand = \"false\"\n\
                      before = [\"links\"]\n";
        fs::write(book.join("book.toml"), config).unwrap();
        let summary = "# S\n\n- [First](first.md)\n- [Page](page.md)\n";
        fs::write(book.join("src/SUMMARY.md"), summary).unwrap();
        fs::write(book.join("src/first.md"), "# First of all\n").unwrap();
        fs::write(book.join("src/page.md"), text).unwrap();
        root
    }

    #[test]
    fn pages_are_rendered_in_the_order_of_the_summary() {
        let root = workspace("# Page\n");
        render(root.path()).unwrap();
        let page = root.path().join(RENDERED).join("page.html");
        assert!(fs::read_to_string(page).unwrap().contains("Page</"));
        let expected = ["first", "page"].map(PathBuf::from);
        assert_eq!(pages(root.path()).unwrap(), expected);
    }

    #[test]
    fn a_fault_of_a_page_ends_the_rendering() {
        let root = workspace("# Page\n\n{{#nothing}}\n");
        let error = render(root.path()).unwrap_err();
        assert!(error.contains("book/src/page.md:3: no directive"), "{error}");
    }

    #[test]
    fn a_page_that_the_summary_forgets_is_a_fault() {
        let root = workspace("# Page\n");
        let path = root.path().join(BOOK).join("src/forgotten.md");
        fs::write(path, "# Forgotten\n").unwrap();
        let error = render(root.path()).unwrap_err();
        let expected = "book/src/forgotten.md:1: the summary does not list";
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_page_that_only_the_summary_has_is_a_fault() {
        let root = workspace("# Page\n");
        let path = root.path().join(BOOK).join("src/page.md");
        fs::remove_file(path).unwrap();
        assert!(render(root.path()).unwrap_err().contains("page.md"));
    }
}
