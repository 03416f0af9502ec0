//! A term in a sentence, and all of them on a page.

use std::fs;
use std::path::Path;

use super::list::Entry;
use crate::book::html::{escape, with_code};

/// A use of `entry`, as the HTML `word`. `up` leads to the book's root. The
/// note is for a script; without one, this is a link like any other.
pub(super) fn link(entry: &Entry, word: &str, up: &str) -> String {
    let (anchor, note) = (entry.anchor(), typeset(&note(entry)));
    format!(
        "<a class=\"term\" href=\"{up}glossary.html#{anchor}\" \
         data-note=\"{note}\">{word}</a>"
    )
}

/// All entries, in the order of the alphabet. The pages that tell them are in
/// `pages`.
pub(super) fn all(entries: &[Entry], pages: &Path) -> String {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.term.get_ref().to_lowercase());
    let entries = sorted.into_iter().map(|entry| {
        let (anchor, term) = (entry.anchor(), escape(entry.term.get_ref()));
        let text = with_code(&typeset(&entry.text));
        let elsewhere = with_code(&typeset(&counterparts(entry)));
        let told = entry.told.as_deref().map(|told| told_on(told, pages));
        let more = [elsewhere, told.unwrap_or_default()];
        let more: Vec<_> =
            more.into_iter().filter(|it| !it.is_empty()).collect();
        let more = match more.is_empty() {
            true => String::new(),
            false => format!("<p class=\"more\">{}</p>", more.join(" ")),
        };
        format!(
            "<dt id=\"{anchor}\"><a href=\"#{anchor}\">{term}</a></dt>\
             <dd><p>{text}</p>{more}</dd>"
        )
    });
    let entries: String = entries.collect();
    format!("<dl class=\"glossary\">{entries}</dl>\n")
}

/// What a pop-over says: text alone.
fn note(entry: &Entry) -> String {
    let text = format!("{} {}", entry.text.trim(), counterparts(entry));
    text.trim_end().replace('`', "")
}

/// `text` as HTML, with the apostrophes that mdBook makes elsewhere.
fn typeset(text: &str) -> String {
    escape(&text.replace('\'', "’"))
}

fn counterparts(entry: &Entry) -> String {
    let names = entry.counterparts();
    let names: Vec<_> =
        names.map(|(who, name)| format!("In {who}: {name}.")).collect();
    names.join(" ")
}

/// A link to the page that tells an entry, by the page's title.
fn told_on(told: &str, pages: &Path) -> String {
    let page = told.split('#').next().unwrap_or(told);
    let text = fs::read_to_string(pages.join(page)).unwrap_or_default();
    let title = text.lines().find_map(|line| line.strip_prefix("# "));
    let title = escape(title.unwrap_or(page));
    let link = escape(&told.replacen(".md", ".html", 1));
    format!("Told in <a href=\"{link}\">{title}</a>.")
}
