//! The text of a grammar to its rules.

use super::Form;
use std::collections::BTreeMap;

/// The rules of a grammar.
///
/// # Panics
/// If the text is none.
pub(super) fn rules(text: &str) -> BTreeMap<String, Form> {
    let words: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .collect();
    let mut reader = Reader { words: &words };
    let mut rules = BTreeMap::new();
    while let [name, "=", ..] = *reader.words {
        reader.words = &reader.words[2..];
        let previous = rules.insert(name.to_owned(), reader.choice());
        assert!(previous.is_none(), "two rules are called `{name}`");
    }
    assert!(reader.words.is_empty(), "no rule: {:?}", reader.words);
    rules
}

/// The words that are still to be read; all signs stand apart.
struct Reader<'r> {
    words: &'r [&'r str],
}

impl Reader<'_> {
    fn choice(&mut self) -> Form {
        let mut parts = vec![self.sequence()];
        while self.skip("|") {
            parts.push(self.sequence());
        }
        one_or(parts, Form::Choice)
    }

    fn sequence(&mut self) -> Form {
        let mut parts = Vec::new();
        while let Some(part) = self.part() {
            parts.push(part);
        }
        assert!(!parts.is_empty(), "nothing before {:?}", self.words);
        one_or(parts, Form::Sequence)
    }

    fn part(&mut self) -> Option<Form> {
        if matches!(self.words, [] | ["|" | ")" | "]" | "}", ..] | [_, "=", ..])
        {
            return None;
        }
        let word = self.words[0];
        self.words = &self.words[1..];
        Some(match word {
            "(" => self.enclosed(")"),
            "[" => Form::Optional(Box::new(self.enclosed("]"))),
            "{" => Form::Repeated(Box::new(self.enclosed("}"))),
            _ => match quoted(word) {
                None => Form::Rule(word.to_owned()),
                Some(text) if self.skip("..") => {
                    let last = quoted(self.words[0]).expect("a range's end");
                    self.words = &self.words[1..];
                    Form::Range(only(text), only(last))
                }
                Some(text) => Form::Text(text.to_owned()),
            },
        })
    }

    fn enclosed(&mut self, end: &str) -> Form {
        let form = self.choice();
        assert!(self.skip(end), "no `{end}` before {:?}", self.words);
        form
    }

    fn skip(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        self.words = &self.words[usize::from(found)..];
        found
    }
}

fn one_or(mut parts: Vec<Form>, many: fn(Vec<Form>) -> Form) -> Form {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

fn quoted(word: &str) -> Option<&str> {
    let quote = word.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    word.strip_prefix(quote)?.strip_suffix(quote)
}

fn only(text: &str) -> char {
    let mut chars = text.chars();
    let first = chars.next().expect("a character");
    assert_eq!(chars.next(), None, "`{text}` is more than a character");
    first
}
