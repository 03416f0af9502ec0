//! `cargo xtask book --serve`: renders the book again whenever something that
//! it is made of changes.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::render::{self, RENDERED};
use super::server::Server;

/// Where the book is served, as by mdBook's own program.
const PORT: u16 = 3000;

/// Serves the book of the workspace at `root`, until somebody ends it.
pub(crate) fn serve(
    root: &Path,
    announce: impl FnOnce(&str),
) -> Result<(), String> {
    let server = Server::start(&root.join(RENDERED), PORT, true)
        .map_err(|error| format!("cannot serve at port {PORT}: {error}"))?;
    announce(&server.url());
    let state = || state(root).map_err(|error| error.to_string());
    let mut rendered = state()?;
    loop {
        thread::sleep(Duration::from_millis(300));
        let now = state()?;
        if now != rendered {
            rendered = now;
            match render::render(root)
                .and_then(|()| render::add_documentation(root))
            {
                Ok(()) => eprintln!("rendered"),
                Err(faults) => eprintln!("{faults}"),
            }
            server.changed();
        }
    }
}

/// A number that is another one when a file has changed that the book is
/// made of.
fn state(root: &Path) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut directories = parts(root)?;
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let path = entry.path();
            if !entry.file_type()?.is_dir() {
                path.hash(&mut hasher);
                entry.metadata()?.modified()?.hash(&mut hasher);
            } else if path != root.join(RENDERED) {
                directories.push(path);
            }
        }
    }
    Ok(hasher.finish())
}

/// The directories that the book is made of.
fn parts(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name == "book" || name.starts_with("chapter") {
            parts.push(entry.path());
        }
    }
    parts.sort();
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::render::tests::workspace;

    #[test]
    fn a_new_page_and_a_new_source_are_noticed_and_the_result_is_not() {
        let root = workspace("# Page\n");
        let before = state(root.path()).unwrap();
        render::render(root.path()).unwrap();
        assert_eq!(state(root.path()).unwrap(), before);
        fs::create_dir(root.path().join("chapter1")).unwrap();
        fs::write(root.path().join("chapter1/a.rs"), "").unwrap();
        let with_source = state(root.path()).unwrap();
        assert_ne!(with_source, before);
        fs::write(root.path().join("book/src/new.md"), "").unwrap();
        assert_ne!(state(root.path()).unwrap(), with_source);
    }
}
