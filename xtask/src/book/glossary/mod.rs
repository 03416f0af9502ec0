//! The glossary: one list of terms, their first uses on each page as links,
//! and the page that all of these lead to.
//!
//! A term is found by its forms, in running prose only. A form that is an
//! everyday word is listed as `marked`: it is a term where a page says
//! `{{term WORD}}`, and nowhere else. A mark also takes the place of the
//! first use. `{{#plain WORD, WORD}}` says that these forms are no terms on
//! its page.

mod html;
mod list;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::fault::Fault;
use super::markdown;
use super::render::BOOK;
use list::{Entry, FILE, List, key};

/// The terms, and which of them pages have used.
pub(crate) struct Glossary {
    list: List,
    /// Where the pages are.
    pages: PathBuf,
    /// Forms, as they are compared, with the indices of their entries.
    forms: BTreeMap<String, usize>,
    /// Finds forms that are not marked. None if there are none.
    pattern: Option<Regex>,
    used: BTreeSet<usize>,
    /// Whether a page has printed it.
    is_printed: bool,
}

/// What the page at hand says of terms.
#[derive(Default)]
pub(crate) struct OnPage {
    /// Entries whose use is marked.
    marked: BTreeSet<usize>,
    /// Forms that are no terms here, and whether they have been met.
    plain: BTreeMap<String, bool>,
    /// Whether it is the glossary's own page.
    is_glossary: bool,
}

/// How many terms there are, and how many of them no page uses yet.
#[derive(Default)]
pub(crate) struct Counts {
    terms: usize,
    planned: usize,
}

/// The page that has the glossary, from `book/src`.
const PAGE: &str = "glossary.md";

impl Glossary {
    /// Reads the glossary of the workspace at `root`, which may have none.
    pub(crate) fn read(root: &Path) -> io::Result<(Glossary, Vec<Fault>)> {
        let file = root.join(FILE);
        let text = match file.exists() {
            true => fs::read_to_string(file)?,
            false => String::new(),
        };
        let pages = root.join(BOOK).join("src");
        let (list, faults) = match List::parse(&text) {
            Ok(list) => {
                let faults = list.faults(&pages);
                (list, faults)
            }
            Err(fault) => (List::default(), vec![fault]),
        };
        Ok((Glossary::new(list, pages), faults))
    }

    fn new(list: List, pages: PathBuf) -> Glossary {
        let mut forms = BTreeMap::new();
        for (index, entry) in list.entries.iter().enumerate() {
            let words = entry.forms.iter().chain(&entry.marked);
            for form in words {
                // One that two entries claim is a fault of the second.
                forms.entry(key(form)).or_insert(index);
            }
        }
        Glossary {
            pattern: pattern(&list.entries),
            list,
            pages,
            forms,
            used: BTreeSet::new(),
            is_printed: false,
        }
    }

    /// What stands for `{{term …}}`. `up` leads to the book's root.
    pub(crate) fn mark(
        &mut self,
        words: &[&str],
        up: &str,
        here: &mut OnPage,
    ) -> Result<String, String> {
        let word = words.join(" ");
        let index = self.find(&word)?;
        if !here.marked.insert(index) {
            let term = self.list.entries[index].term.get_ref();
            return Err(format!("`{term}` is marked a second time"));
        }
        self.used.insert(index);
        let word = super::html::escape(&word);
        Ok(html::link(&self.list.entries[index], &word, up))
    }

    /// Takes note of `{{#plain …}}`.
    pub(crate) fn leave(
        &self,
        words: &[&str],
        here: &mut OnPage,
    ) -> Result<(), String> {
        for word in words.join(" ").split(',').map(str::trim) {
            self.find(word)?;
            here.plain.insert(key(word), false);
        }
        Ok(())
    }

    /// What stands for `{{#glossary}}` on the page at `path`.
    pub(crate) fn html(
        &mut self,
        path: &Path,
        here: &mut OnPage,
    ) -> Result<String, String> {
        if !path.ends_with(Path::new("src").join(PAGE)) {
            return Err(format!("the glossary stands in `{PAGE}`"));
        }
        here.is_glossary = true;
        self.is_printed = true;
        Ok(html::all(&self.list.entries, &self.pages))
    }

    /// The first use of each term in the text of a page, with its link. All
    /// directives of the page have been met.
    ///
    /// # Errors
    /// The first form that the page calls plain and does not have.
    pub(crate) fn links(
        &mut self,
        text: &str,
        up: &str,
        here: &mut OnPage,
    ) -> Result<Vec<(Range<usize>, String)>, String> {
        let (mut links, mut met) = (Vec::new(), here.marked.clone());
        for (range, form) in self.uses(text, here) {
            if let Some(is_met) = here.plain.get_mut(&form) {
                *is_met = true;
            } else if met.insert(self.forms[&form]) {
                let entry = &self.list.entries[self.forms[&form]];
                let link = html::link(entry, &text[range.clone()], up);
                links.push((range, link));
            }
        }
        self.used.extend(met);
        match here.plain.iter().find(|(_, is_met)| !**is_met) {
            Some((form, _)) => {
                Err(format!("this page has no `{form}` to be plain"))
            }
            None => Ok(links),
        }
    }

    /// How the list and the pages agree, after the last page.
    pub(crate) fn finish(&self) -> (Counts, Vec<Fault>) {
        let mut faults = Vec::new();
        let entries = &self.list.entries;
        for (index, entry) in entries.iter().enumerate() {
            let what = match (entry.planned, self.used.contains(&index)) {
                (false, false) => "no page uses this term",
                (true, true) => "it is used now, and no longer `planned`",
                _ => continue,
            };
            faults.push(self.list.fault(entry, what));
        }
        if !entries.is_empty() && !self.is_printed {
            let what = format!("no `{{{{#glossary}}}}` in `{PAGE}`");
            faults.push(Fault::new(Path::new(FILE), 1, what));
        }
        let planned = entries.iter().filter(|entry| entry.planned).count();
        (Counts { terms: entries.len(), planned }, faults)
    }

    /// Where the prose of a page has forms that need no mark.
    fn uses(&self, text: &str, here: &OnPage) -> Vec<(Range<usize>, String)> {
        let pattern = self.pattern.as_ref().filter(|_| !here.is_glossary);
        let Some(pattern) = pattern else { return Vec::new() };
        let prose = markdown::running_prose(text);
        let (mut uses, mut at) = (Vec::new(), 0);
        while let Some(found) = pattern.captures_at(&prose, at) {
            let range = found.get(1).expect("it is always there").range();
            at = range.end;
            // Not prose either: between two words, a line's beginning.
            let words = text[range.clone()]
                .split(|letter: char| letter.is_whitespace() || letter == '>');
            let words: Vec<_> = words.filter(|it| !it.is_empty()).collect();
            let form = key(&words.join(" "));
            if self.forms.contains_key(&form) {
                uses.push((range, form));
            }
        }
        uses
    }

    fn find(&self, word: &str) -> Result<usize, String> {
        let index = self.forms.get(&key(word)).copied();
        index.ok_or_else(|| format!("no term is called `{word}`"))
    }
}

/// Matches a form that needs no mark as its first group: the longest one, and
/// no part of a word, with or without hyphens.
fn pattern(entries: &[Entry]) -> Option<Regex> {
    let mut forms: Vec<_> = entries.iter().flat_map(|it| &it.forms).collect();
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let forms: Vec<_> = forms.into_iter().map(|form| spelled(form)).collect();
    let pattern = format!(r"(?:^|[^\w-])({})(?:$|[^\w-])", forms.join("|"));
    let pattern = Regex::new(&pattern).expect("the forms are escaped");
    (!forms.is_empty()).then_some(pattern)
}

/// Matches a form: perhaps at the beginning of a sentence, perhaps across
/// two lines of a quotation or list.
fn spelled(form: &str) -> String {
    let words: Vec<_> = form.split_whitespace().map(regex::escape).collect();
    let words = words.join(r"[\s\x00]+");
    match words.chars().next().filter(char::is_ascii_lowercase) {
        Some(first) => {
            format!("[{first}{}]{}", first.to_ascii_uppercase(), &words[1..])
        }
        None => words,
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Counts { terms, planned } = self;
        write!(f, "of {terms} terms, {planned} are not yet used")
    }
}
