//! Sentences that follow from a grammar.

use super::{Form, Grammar};
use std::collections::BTreeMap;

/// How many rules deep the shortest derivation is.
type Heights = BTreeMap<String, usize>;

/// More than any grammar here needs.
const UNKNOWN: usize = 1_000;

impl Grammar {
    /// A sentence of the rule `start`, token by token. Each choice on the
    /// way is made by the next of `choices`; when there are no more, by what
    /// ends soonest.
    pub(crate) fn sentence(&self, start: &str, choices: &[u8]) -> Vec<String> {
        let choices = choices.iter().copied();
        let mut maker = Maker {
            grammar: self,
            heights: self.heights(),
            choices,
            in_token: false,
            symbols: Vec::new(),
        };
        maker.rule(start);
        maker.symbols
    }

    fn heights(&self) -> Heights {
        let mut heights = Heights::new();
        for _ in &self.rules {
            for (name, form) in &self.rules {
                let height = 1 + height(form, &heights);
                heights.insert(name.clone(), height);
            }
        }
        heights
    }
}

fn height(form: &Form, heights: &Heights) -> usize {
    let each = |parts: &[Form]| -> Vec<usize> {
        parts.iter().map(|part| height(part, heights)).collect()
    };
    match form {
        Form::Text(_) | Form::Range(..) => 0,
        Form::Optional(_) | Form::Repeated(_) => 0,
        Form::Rule(name) => heights.get(name).copied().unwrap_or(UNKNOWN),
        Form::Sequence(parts) => each(parts).into_iter().max().unwrap_or(0),
        Form::Choice(parts) => each(parts).into_iter().min().unwrap_or(0),
    }
}

struct Maker<'g, C> {
    grammar: &'g Grammar,
    heights: Heights,
    choices: C,
    in_token: bool,
    symbols: Vec<String>,
}

impl<C: Iterator<Item = u8>> Maker<'_, C> {
    fn rule(&mut self, name: &str) {
        let form = self.grammar.rule(name);
        if self.in_token || !self.grammar.tokens.contains(name) {
            return self.form(form);
        }
        let before = self.symbols.len();
        self.in_token = true;
        self.form(form);
        self.in_token = false;
        let mut token = self.symbols.split_off(before).concat();
        if self.grammar.keywords.contains(&token) {
            token.push('0');
        }
        self.symbols.push(token);
    }

    fn form(&mut self, form: &Form) {
        match form {
            Form::Text(text) => self.symbols.push(text.clone()),
            Form::Range(first, last) => {
                let range: Vec<char> = (*first..=*last).collect();
                let choice = self.choices.next().unwrap_or(0);
                let chosen = range[usize::from(choice) % range.len()];
                self.symbols.push(chosen.into());
            }
            Form::Rule(name) => self.rule(name),
            Form::Sequence(parts) => {
                parts.iter().for_each(|part| self.form(part));
            }
            Form::Choice(parts) => {
                let shortest = |part: &&Form| height(part, &self.heights);
                let chosen = match self.choices.next() {
                    Some(choice) => &parts[usize::from(choice) % parts.len()],
                    None => parts.iter().min_by_key(shortest).expect("some"),
                };
                self.form(chosen);
            }
            Form::Optional(inner) => {
                if self.is_wanted() {
                    self.form(inner);
                }
            }
            Form::Repeated(inner) => {
                while self.is_wanted() {
                    self.form(inner);
                }
            }
        }
    }

    /// Names and numbers are mostly short, sentences are not.
    fn is_wanted(&mut self) -> bool {
        let chance = if self.in_token { 1 } else { 2 };
        self.choices.next().is_some_and(|choice| choice % 3 < chance)
    }
}
