//! `book/glossary.toml`: the terms, the words that stand for them, and what
//! they mean.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::book::fault::{Fault, line_at};

/// Where the list is, from the workspace's root.
pub(crate) const FILE: &str = "book/glossary.toml";

/// A term.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Its heading in the glossary.
    pub(crate) term: Spanned<String>,
    /// Words that mean the term wherever they stand.
    #[serde(default)]
    pub(crate) forms: Vec<String>,
    /// Words that mean it only where a page says so.
    #[serde(default)]
    pub(crate) marked: Vec<String>,
    /// One to three sentences. Backticks enclose code here, and below.
    #[serde(default)]
    pub(crate) text: String,
    /// What ORC calls it, if it has it.
    pub(crate) orc: Option<String>,
    /// What the rest of LLVM calls it.
    pub(crate) llvm: Option<String>,
    /// The page that tells it, from `book/src`, perhaps with a fragment.
    pub(crate) told: Option<String>,
    /// Whether no page uses it yet.
    #[serde(default)]
    pub(crate) planned: bool,
}

impl Entry {
    /// The name of its place on the glossary's page.
    pub(crate) fn anchor(&self) -> String {
        let letters = self.term.get_ref().chars();
        let dashed = letters.map(|letter| match letter.is_alphanumeric() {
            true => letter.to_ascii_lowercase(),
            false => '-',
        });
        // A heading of some page may be the same word.
        format!("term-{}", dashed.collect::<String>())
    }

    /// What others call it, each with who they are.
    pub(crate) fn counterparts(
        &self,
    ) -> impl Iterator<Item = (&'static str, &str)> {
        let both = [("ORC", &self.orc), ("LLVM", &self.llvm)];
        both.into_iter().filter_map(|(who, name)| Some((who, name.as_deref()?)))
    }
}

/// The list, in the order of the file.
#[derive(Default, Debug)]
pub(crate) struct List {
    pub(crate) entries: Vec<Entry>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    entry: Vec<Entry>,
}

/// `form` as it is compared: a word that begins a sentence is the same word.
pub(crate) fn key(form: &str) -> String {
    let mut letters = form.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

impl List {
    /// Reads a list.
    ///
    /// # Errors
    /// The place where it is no list.
    pub(crate) fn parse(text: &str) -> Result<List, Fault> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Fault::new(Path::new(FILE), line_at(text, at), error.message())
        })?;
        Ok(List { entries: file.entry, text: text.to_owned() })
    }

    /// What is wrong with the list itself. The book's pages are in `pages`.
    pub(crate) fn faults(&self, pages: &Path) -> Vec<Fault> {
        let mut faults = self.claimed_twice();
        for entry in &self.entries {
            let wrong = wrong(entry, pages);
            faults.extend(wrong.map(|what| self.fault(entry, what)));
        }
        faults
    }

    /// Something wrong with an entry, which names it.
    pub(crate) fn fault(&self, entry: &Entry, what: impl AsRef<str>) -> Fault {
        let Range { start, .. } = entry.term.span();
        let what = format!("`{}`: {}", entry.term.get_ref(), what.as_ref());
        Fault::new(Path::new(FILE), line_at(&self.text, start), what)
    }

    fn claimed_twice(&self) -> Vec<Fault> {
        let (mut owners, mut faults) = (BTreeMap::new(), Vec::new());
        for entry in &self.entries {
            let anchor = format!("#{}", entry.anchor());
            let forms = entry.forms.iter().chain(&entry.marked);
            let claims = forms.map(|form| key(form)).chain([anchor]);
            for claim in claims {
                let owner = owners.insert(claim.clone(), entry.term.get_ref());
                let Some(owner) = owner else { continue };
                let what = format!("`{claim}` belongs to `{owner}`");
                faults.push(self.fault(entry, what));
            }
        }
        faults
    }
}

/// What is wrong with an entry alone.
fn wrong(entry: &Entry, pages: &Path) -> impl Iterator<Item = String> {
    let mut wrong = Vec::new();
    let forms = || entry.forms.iter().chain(&entry.marked);
    let is_blank = |text: &str| text.trim().is_empty();
    if forms().next().is_none() || forms().any(|form| is_blank(form)) {
        wrong.push("a term that no word stands for".to_owned());
    }
    if is_blank(&entry.text) {
        wrong.push("an entry without text".to_owned());
    }
    for (who, _) in entry.counterparts().filter(|(_, name)| is_blank(name)) {
        wrong.push(format!("{who}'s counterpart is not named"));
    }
    let told = entry.told.as_deref();
    let page = told.map(|told| told.split('#').next().unwrap_or(told));
    if let Some(page) = page.filter(|page| !pages.join(page).is_file()) {
        wrong.push(format!("it is told on no page `{page}`"));
    }
    wrong.into_iter()
}
