//! `book/shown.toml`: how each file of the chapters is shown.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::book::fault::{Fault, line_at};

/// Where the list is, from the workspace's root.
pub(crate) const FILE: &str = "book/shown.toml";

/// How much of an item a reader sees.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Class {
    /// All of its lines stand in excerpts.
    Told,
    /// Its signature and contract stand on a page, its body is a click away.
    Outlined,
    /// What its file is for stands on a page.
    Mapped,
    /// No page has come to it yet.
    Planned,
}

/// The class of a file, and of items that differ from it.
#[derive(Clone, PartialEq, Eq, Deserialize, Debug)]
#[serde(untagged)]
pub(crate) enum Entry {
    All(Class),
    Parts {
        class: Class,
        #[serde(flatten)]
        items: BTreeMap<String, Class>,
    },
}

/// The list. Keys are paths from the workspace's root; one that ends in `/`
/// is for all files below that have no entry of their own.
#[derive(Default, Debug)]
pub(crate) struct List {
    entries: BTreeMap<String, Entry>,
    text: String,
}

impl Entry {
    /// The class of the item `name`.
    pub(crate) fn class(&self, name: &str) -> Class {
        match self {
            Entry::All(class) => *class,
            Entry::Parts { class, items } => {
                items.get(name).copied().unwrap_or(*class)
            }
        }
    }

    /// The items that have a class of their own.
    pub(crate) fn exceptions(&self) -> impl Iterator<Item = &String> {
        let items = match self {
            Entry::All(_) => None,
            Entry::Parts { items, .. } => Some(items.keys()),
        };
        items.into_iter().flatten()
    }

    /// The class of the file.
    pub(crate) fn file(&self) -> Class {
        match self {
            Entry::All(class) | Entry::Parts { class, .. } => *class,
        }
    }
}

impl List {
    /// Reads a list, and says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<List, Fault> {
        let fault = |at: usize, what: &str| {
            Fault::new(Path::new(FILE), line_at(text, at), what)
        };
        let entries: BTreeMap<String, Entry> =
            toml::from_str(text).map_err(|error| {
                let at = error.span().map_or(0, |span| span.start);
                fault(at, error.message())
            })?;
        let list = List { entries, text: text.to_owned() };
        for (key, entry) in &list.entries {
            if key.ends_with('/') && entry.file() != Class::Planned {
                let what = "a directory can only be `planned`: list its files";
                return Err(list.fault(key, what));
            }
        }
        Ok(list)
    }

    /// What the list says of a file.
    pub(crate) fn entry(&self, file: &str) -> Option<&Entry> {
        let directories = file.match_indices('/').map(|(at, _)| &file[..=at]);
        let mut directories =
            directories.filter_map(|key| self.entries.get(key));
        self.entries.get(file).or_else(|| directories.next_back())
    }

    /// The files and directories that the list names.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &String> {
        self.entries.keys()
    }

    /// Something wrong with what the list says of `name`.
    pub(crate) fn fault(&self, name: &str, what: impl Into<String>) -> Fault {
        let at = self.text.find(&format!("{name}\"")).unwrap_or(0);
        Fault::new(Path::new(FILE), line_at(&self.text, at), what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_before_its_directory_and_an_item_before_its_file() {
        let list = List::parse(
            "\"a/src/\" = \"planned\"\n\"a/src/b.rs\" = \"told\"\n\
             [\"a/src/c.rs\"]\nclass = \"mapped\"\n\"C::d\" = \"outlined\"\n",
        );
        let list = list.unwrap();
        let class = |file, item| Some(list.entry(file)?.class(item));
        assert_eq!(class("a/src/b.rs", "x"), Some(Class::Told));
        assert_eq!(class("a/src/c.rs", "x"), Some(Class::Mapped));
        assert_eq!(class("a/src/c.rs", "C::d"), Some(Class::Outlined));
        assert_eq!(class("a/src/d/e.rs", "x"), Some(Class::Planned));
        assert_eq!(class("b/src/e.rs", "x"), None);
    }

    #[test]
    fn only_what_is_to_come_is_listed_by_directory() {
        let fault = List::parse("\n\"a/src/\" = \"told\"\n").unwrap_err();
        let expected = "book/shown.toml:2: a directory can only be `planned`";
        assert!(fault.to_string().starts_with(expected), "{fault}");
    }

    #[test]
    fn a_class_that_nobody_knows_is_a_fault() {
        let fault = List::parse("\"a.rs\" = \"hidden\"\n").unwrap_err();
        assert!(fault.to_string().starts_with("book/shown.toml:1:"), "{fault}");
    }
}
