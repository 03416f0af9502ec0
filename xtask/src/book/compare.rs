//! Two ways to make the book, one result: what `cargo xtask book` renders is
//! what mdBook's own programs would.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::render::{self, Preprocessing};

/// Renders the book of the workspace at `root` with the preprocessor in this
/// process and by its command, and compares file by file.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let inside = tempfile::tempdir().map_err(|error| error.to_string())?;
    let command = tempfile::tempdir().map_err(|error| error.to_string())?;
    render::render_to(root, inside.path(), Preprocessing::Inside)?;
    render::render_to(root, command.path(), Preprocessing::ByCommand)?;
    let different = different(inside.path(), command.path())
        .map_err(|error| error.to_string())?;
    if different.is_empty() {
        return Ok(String::new());
    }
    let mut message = String::from(
        "the command in book.toml does not do what the preprocessor does in \
         this process; these pages differ:\n",
    );
    for path in different {
        message += &format!("    {}\n", path.display());
    }
    Err(message)
}

/// The files that are only in one of two directories, or differ.
fn different(a: &Path, b: &Path) -> io::Result<Vec<PathBuf>> {
    let (a, b) = (contents(a)?, contents(b)?);
    let mut paths: Vec<_> = a.keys().chain(b.keys()).cloned().collect();
    paths.sort();
    paths.dedup();
    paths.retain(|path| a.get(path) != b.get(path));
    Ok(paths)
}

/// Every file below `root`, by its path from there.
fn contents(root: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                directories.push(path);
            } else {
                let inside = path.strip_prefix(root).expect("it is inside");
                found.insert(inside.to_owned(), fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::render::tests::workspace;

    #[test]
    fn a_command_that_mdbook_passes_over_is_noticed() {
        let sketch = "# Page\n\n```rust,sketch: why\n1\n```\n";
        let message = check(workspace(sketch).path()).unwrap_err();
        assert!(message.contains("    page.html\n"), "{message}");
        assert!(!message.contains(".css"), "{message}");
        // A page without directives is the same with and without.
        let page = workspace("# Page\n");
        assert_eq!(check(page.path()), Ok(String::new()));
    }
}
