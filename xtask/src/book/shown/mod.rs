//! What of the chapters' code the book shows, and how: the list, and whether
//! the pages keep to it.

mod inventory;
mod list;
mod outline;

pub(crate) use outline::{map, outline};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::anchors::is_marker;
use super::fault::Fault;
use super::sources::Sources;
use list::{Class, Entry, FILE, List};

/// What pages have shown, apart from excerpts.
#[derive(Default)]
pub(crate) struct Seen {
    /// Items whose outlines stand on a page.
    pub(crate) outlines: BTreeSet<(PathBuf, String)>,
    /// Files whose purposes do.
    pub(crate) maps: BTreeSet<PathBuf>,
}

/// How many items each class has.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<Class, usize>);

/// Compares the list of the workspace at `root` with what pages have shown.
pub(crate) fn check(
    root: &Path,
    sources: &Sources,
    seen: &Seen,
) -> (Counts, Vec<Fault>) {
    let text = std::fs::read_to_string(root.join(FILE)).unwrap_or_default();
    let list = match List::parse(&text) {
        Ok(list) => list,
        Err(fault) => return (Counts::default(), vec![fault]),
    };
    let mut checker =
        Checker { list, seen, counts: Counts::default(), faults: Vec::new() };
    for (file, text, shown) in sources.library() {
        checker.file(file, text, &shown);
    }
    checker.keys(sources);
    (checker.counts, checker.faults)
}

struct Checker<'a> {
    list: List,
    seen: &'a Seen,
    counts: Counts,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn file(&mut self, file: &Path, text: &str, shown: &[Range<usize>]) {
        let path = file.to_string_lossy();
        let Some(entry) = self.list.entry(&path).cloned() else {
            let what = format!("{FILE} does not say how this file is shown");
            self.faults.push(Fault::new(file, 1, what));
            return;
        };
        let items = inventory::items(text);
        for name in entry.exceptions() {
            if !items.iter().any(|item| item.name == *name) {
                let what = format!("`{path}` has no item `{name}`");
                self.faults.push(self.list.fault(name, what));
            }
        }
        if entry.file() == Class::Mapped && !self.seen.maps.contains(file) {
            self.faults.push(Fault::new(file, 1, "no page maps this file"));
        }
        for item in items {
            self.item(file, text, shown, &entry, &item);
        }
    }

    fn item(
        &mut self,
        file: &Path,
        text: &str,
        shown: &[Range<usize>],
        entry: &Entry,
        item: &inventory::Named,
    ) {
        let class = entry.class(&item.name);
        *self.counts.0.entry(class).or_default() += 1;
        let lines = text.lines().enumerate();
        let lines = lines.skip(item.lines.start).take(item.lines.len());
        let hidden = lines
            .filter(|(_, line)| !line.trim().is_empty() && !is_marker(line))
            .find(|(at, _)| !shown.iter().any(|range| range.contains(at)));
        let Some((hidden, _)) = hidden else { return };
        let name = &item.name;
        let key = (file.to_owned(), name.clone());
        let what = match class {
            Class::Told => format!("no page tells this line of `{name}`"),
            Class::Outlined if !self.seen.outlines.contains(&key) => {
                format!("no page outlines `{name}`")
            }
            _ => return,
        };
        self.faults.push(Fault::new(file, hidden + 1, what));
    }

    /// The list names only what there is.
    fn keys(&mut self, sources: &Sources) {
        for key in self.list.keys() {
            let is_there = sources.library().any(|(file, ..)| {
                let file = file.to_string_lossy();
                file == **key || key.ends_with('/') && file.starts_with(&**key)
            });
            if !is_there {
                let what = format!("there is no `{key}`");
                self.faults.push(self.list.fault(key, what));
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let of = |class| self.0.get(&class).copied().unwrap_or(0);
        write!(
            f,
            "of the chapters' items, {} are told, {} outlined, {} mapped; {} \
             are not yet shown",
            of(Class::Told),
            of(Class::Outlined),
            of(Class::Mapped),
            of(Class::Planned)
        )
    }
}

#[cfg(test)]
mod tests;
