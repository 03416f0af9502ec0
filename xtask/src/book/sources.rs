//! The source files that pages show parts of, and which parts they have shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::anchors::{self, Anchor};
use super::fault::Fault;

/// The source files of all chapters.
pub(crate) struct Sources {
    /// By their paths from the workspace's root.
    files: BTreeMap<PathBuf, Source>,
}

struct Source {
    text: String,
    anchors: Vec<Anchor>,
    shown: BTreeSet<String>,
    /// Whether all of it has been shown.
    is_whole: bool,
}

impl Sources {
    /// Reads the files of the directories `chapter…` in `root`, and says what
    /// is wrong with their anchors.
    pub(crate) fn read(root: &Path) -> io::Result<(Sources, Vec<Fault>)> {
        let (mut files, mut faults) = (BTreeMap::new(), Vec::new());
        for path in source_files(root)? {
            let text = fs::read_to_string(root.join(&path))?;
            let (anchors, wrong) = anchors::anchors(&path, &text);
            faults.extend(wrong);
            let shown = BTreeSet::new();
            files
                .insert(path, Source { text, anchors, shown, is_whole: false });
        }
        Ok((Sources { files }, faults))
    }

    /// The text of a file and the lines, counted from 0, that an anchor in it
    /// names, or all of them. The anchor counts as shown from now on.
    ///
    /// # Errors
    /// If a chapter has no such file, or the file no such anchor.
    pub(crate) fn part(
        &mut self,
        file: &Path,
        anchor: Option<&str>,
    ) -> Result<(&str, Range<usize>), String> {
        let shown = file.display();
        let source = self
            .files
            .get_mut(file)
            .ok_or_else(|| format!("no chapter has a file `{shown}`"))?;
        let Some(name) = anchor else {
            source.is_whole = true;
            return Ok((&source.text, 0..source.text.lines().count()));
        };
        let anchor =
            source
                .anchors
                .iter()
                .find(|anchor| anchor.name == name)
                .ok_or_else(|| format!("`{shown}` has no anchor `{name}`"))?;
        source.shown.insert(name.to_owned());
        Ok((&source.text, anchor.lines.clone()))
    }

    /// The text of a file, which does not count as shown.
    pub(crate) fn text(&self, file: &Path) -> Option<&str> {
        self.files.get(file).map(|source| &*source.text)
    }

    /// The files that make up the chapters' crates, without tests: each with
    /// its text and the lines that pages have shown.
    pub(crate) fn library(
        &self,
    ) -> impl Iterator<Item = (&Path, &str, Vec<Range<usize>>)> {
        let files = self.files.iter().filter(|(file, _)| is_library(file));
        files.map(|(file, source)| {
            let anchors = source.anchors.iter();
            let anchors = anchors.filter(|it| source.shown.contains(&it.name));
            let mut shown: Vec<_> =
                anchors.map(|it| it.lines.clone()).collect();
            if source.is_whole {
                shown.push(0..usize::MAX);
            }
            (&**file, &*source.text, shown)
        })
    }

    /// The anchors that no page has shown, but for those of chapters of which
    /// pages show nothing yet.
    pub(crate) fn unused(&self) -> Vec<Fault> {
        let is_seen = |(_, source): &(&PathBuf, &Source)| {
            source.is_whole || !source.shown.is_empty()
        };
        let seen = self.files.iter().filter(is_seen);
        let begun: BTreeSet<_> =
            seen.map(|(file, _)| file.components().next()).collect();
        let mut faults = Vec::new();
        for (file, source) in &self.files {
            if !begun.contains(&file.components().next()) {
                continue;
            }
            let is_unused =
                |anchor: &&Anchor| !source.shown.contains(&anchor.name);
            for anchor in source.anchors.iter().filter(is_unused) {
                let what = format!("no page shows `{}`", anchor.name);
                faults.push(Fault::new(file, anchor.lines.start, what));
            }
        }
        faults
    }
}

fn is_library(file: &Path) -> bool {
    let path = file.to_string_lossy();
    let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
    path.contains("/src/") && has(file, "rs") && !is_test
}

/// What a page can include: Rust, Kaleidoscope, manifests, a grammar.
const EXTENSIONS: [&str; 4] = ["rs", "ks", "toml", "ebnf"];

/// A reader's attempt at an exercise.
const READERS: &str = "yours.rs";

fn source_files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let path = entry.path();
            let inside = path.strip_prefix(root).expect("found in there");
            let is_in_chapter = inside.to_string_lossy().starts_with("chapter");
            if !is_in_chapter {
                continue;
            } else if entry.file_type()?.is_dir() {
                directories.push(path);
            } else if path.ends_with(READERS) {
                // Pages show nothing of it, whatever it has been copied from.
            } else if EXTENSIONS.iter().any(|known| has(&path, known)) {
                found.push(inside.to_owned());
            }
        }
    }
    Ok(found)
}

fn has(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
