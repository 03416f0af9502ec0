//! Snapshot files on disk: those nobody reviewed, and those no test reads.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::step::Outcome;

/// The variable that makes insta append the path of each snapshot a test
/// reads to the file it names (`cargo insta test --unreferenced` uses it).
pub(crate) const REFERENCES_VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

/// Fails when a snapshot below `root` waits for review, or when one is not
/// among the lines of `references`, the file that a full test run wrote.
pub(crate) fn check(root: &Path, references: &Path) -> Outcome {
    let read = referenced(references);
    let files = snapshot_files(root).map_err(|error| error.to_string())?;
    let mut complaints = String::new();
    for file in files {
        let shown = file.strip_prefix(root).unwrap_or(&file).display();
        if !is_accepted(&file) {
            complaints += &format!("not reviewed: {shown}\n");
        } else if !read.contains(&file) {
            complaints += &format!("belongs to no test: {shown}\n");
        }
    }
    if complaints.is_empty() { Ok(complaints) } else { Err(complaints) }
}

/// No such file means that no test read a snapshot.
fn referenced(references: &Path) -> BTreeSet<PathBuf> {
    let lines = fs::read_to_string(references).unwrap_or_default();
    lines.lines().filter_map(|line| fs::canonicalize(line).ok()).collect()
}

/// Accepted and pending snapshots below `root`, in order, as canonical paths.
fn snapshot_files(root: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut directories = vec![fs::canonicalize(root)?];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if !is_skipped(&path) {
                    directories.push(path);
                }
            } else if is_accepted(&path) || is_pending(&path) {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// Build output and hidden directories are not part of the source tree.
fn is_skipped(directory: &Path) -> bool {
    let name = directory.file_name().unwrap_or_default();
    name == "target" || name.as_encoded_bytes().starts_with(b".")
}

fn is_accepted(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "snap")
}

/// What insta writes in place of a changed snapshot, in a file or inline.
fn is_pending(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    name.ends_with(b".snap.new") || name.ends_with(b".pending-snap")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree with the snapshot `tests/snapshots/a.snap`, and that tree's
    /// references: the lines of `read`, relative to it.
    fn tree(read: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let snapshots = root.path().join("tests/snapshots");
        fs::create_dir_all(&snapshots).unwrap();
        fs::write(snapshots.join("a.snap"), "").unwrap();
        let lines = read
            .iter()
            .map(|line| format!("{}\n", root.path().join(line).display()));
        let references = root.path().join("references");
        fs::write(&references, lines.collect::<String>()).unwrap();
        (root, references)
    }

    #[test]
    fn a_snapshot_that_a_test_read_is_good() {
        let (root, references) = tree(&["tests/../tests/snapshots/a.snap"]);
        assert_eq!(check(root.path(), &references), Ok(String::new()));
    }

    #[test]
    fn a_snapshot_that_no_test_read_is_named() {
        let (root, references) = tree(&[]);
        let expected = "belongs to no test: tests/snapshots/a.snap\n";
        let result = check(root.path(), &references);
        assert_eq!(result, Err(expected.to_owned()));
    }

    #[test]
    fn without_a_list_every_snapshot_is_an_orphan() {
        let (root, _) = tree(&[]);
        assert!(check(root.path(), Path::new("/nonexistent/list")).is_err());
    }

    #[test]
    fn snapshots_that_wait_for_review_are_named() {
        let (root, references) = tree(&["tests/snapshots/a.snap"]);
        for name in ["a.snap.new", ".b.rs.pending-snap"] {
            fs::write(root.path().join("tests").join(name), "").unwrap();
        }
        let expected = "not reviewed: tests/.b.rs.pending-snap\n\
                        not reviewed: tests/a.snap.new\n";
        let result = check(root.path(), &references);
        assert_eq!(result, Err(expected.to_owned()));
    }

    #[test]
    fn build_output_is_not_searched() {
        let (root, references) = tree(&["tests/snapshots/a.snap"]);
        let target = root.path().join("target/package");
        fs::create_dir_all(&target).unwrap();
        fs::write(target.join("old.snap"), "").unwrap();
        assert!(check(root.path(), &references).is_ok());
    }
}
