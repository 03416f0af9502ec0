//! Grammars in EBNF: read from their text, and used in both directions, to
//! recognise sentences and to make them.
//!
//! `"a"` and `'a'` are themselves, `"a" .. "z"` is a range of characters,
//! `[ … ]` may be absent, `{ … }` may be absent or repeated, `( … )` groups,
//! `|` separates alternatives. A rule ends where the next one begins.

mod read;
mod recognise;
mod sentence;

pub(crate) use recognise::Recogniser;

use std::collections::{BTreeMap, BTreeSet};

/// What stands on the right of a rule.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Form {
    /// Itself.
    Text(String),
    /// A character from the first to the second.
    Range(char, char),
    /// What the rule of this name stands for.
    Rule(String),
    /// One after the other.
    Sequence(Vec<Form>),
    /// One of them.
    Choice(Vec<Form>),
    /// Present or not.
    Optional(Box<Form>),
    /// Any number of times.
    Repeated(Box<Form>),
}

/// Rules by name.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Grammar {
    rules: BTreeMap<String, Form>,
    /// The rules whose symbols are characters, and which stand for one
    /// symbol of the others.
    tokens: BTreeSet<String>,
    keywords: BTreeSet<String>,
}

impl Grammar {
    /// Reads a grammar in which `tokens` are the rules for tokens.
    ///
    /// # Panics
    /// If the text is no grammar, or a rule is used that does not exist.
    pub(crate) fn new(text: &str, tokens: &[&str]) -> Grammar {
        let rules = read::rules(text);
        let tokens = tokens.iter().map(|token| token.to_string()).collect();
        let (mut keywords, mut used) = (BTreeSet::new(), BTreeSet::new());
        for form in rules.values() {
            form.walk(&mut |form| match form {
                Form::Text(text) if text.len() > 1 => {
                    keywords.insert(text.clone());
                }
                Form::Rule(name) => {
                    used.insert(name.clone());
                }
                _ => {}
            });
        }
        let grammar = Grammar { rules, tokens, keywords };
        used.iter().chain(&grammar.tokens).for_each(|name| {
            grammar.rule(name);
        });
        grammar
    }

    /// The words that mean themselves, and so are no names.
    pub(crate) fn keywords(&self) -> &BTreeSet<String> {
        &self.keywords
    }

    fn rule(&self, name: &str) -> &Form {
        let rule = self.rules.get(name);
        rule.unwrap_or_else(|| panic!("no rule is called `{name}`"))
    }
}

impl Form {
    fn walk(&self, visit: &mut impl FnMut(&Form)) {
        visit(self);
        match self {
            Form::Text(_) | Form::Range(..) | Form::Rule(_) => {}
            Form::Sequence(parts) | Form::Choice(parts) => {
                parts.iter().for_each(|part| part.walk(visit));
            }
            Form::Optional(inner) | Form::Repeated(inner) => inner.walk(visit),
        }
    }
}
