//! Whether a sentence follows from a grammar.

use super::{Form, Grammar};
use std::collections::{BTreeSet, HashMap};

/// Where something that begins at a given symbol can end.
type Ends = BTreeSet<usize>;

/// A sentence, held against a grammar that is not left-recursive. It tries
/// all there is to try, and remembers what came of it.
pub(crate) struct Recogniser<'r> {
    grammar: &'r Grammar,
    symbols: Vec<&'r str>,
    /// Whether the symbols are the characters of one token.
    in_token: bool,
    known: HashMap<(&'r str, usize), Ends>,
}

impl<'r> Recogniser<'r> {
    /// Whether tokens are a sentence of the rule `start`.
    pub(crate) fn accepts(
        grammar: &'r Grammar,
        start: &'r str,
        tokens: &'r [String],
    ) -> bool {
        let symbols = tokens.iter().map(String::as_str).collect();
        Recogniser::new(grammar, symbols, false).reaches_the_end(start)
    }

    /// Whether a text is a token of the kind `rule`.
    pub(crate) fn is_token(
        grammar: &'r Grammar,
        rule: &'r str,
        text: &'r str,
    ) -> bool {
        let characters = text.char_indices();
        let symbols = characters.map(|(at, c)| &text[at..at + c.len_utf8()]);
        Recogniser::new(grammar, symbols.collect(), true).reaches_the_end(rule)
    }

    fn new(
        grammar: &'r Grammar,
        symbols: Vec<&'r str>,
        in_token: bool,
    ) -> Recogniser<'r> {
        Recogniser { grammar, symbols, in_token, known: HashMap::new() }
    }

    fn reaches_the_end(mut self, rule: &'r str) -> bool {
        let end = self.symbols.len();
        self.rule(rule, 0).contains(&end)
    }

    fn ends(&mut self, form: &'r Form, start: usize) -> Ends {
        match form {
            Form::Text(text) => self.symbol(start, |symbol| symbol == text),
            Form::Range(first, last) => self.symbol(start, |symbol| {
                (*first..=*last).contains(&only(symbol))
            }),
            Form::Rule(name) => self.rule(name, start),
            Form::Sequence(parts) => {
                let begin = Ends::from([start]);
                parts.iter().fold(begin, |ends, part| self.all(part, &ends))
            }
            Form::Choice(parts) => {
                parts.iter().flat_map(|part| self.ends(part, start)).collect()
            }
            Form::Optional(inner) => {
                let mut ends = self.ends(inner, start);
                ends.insert(start);
                ends
            }
            Form::Repeated(inner) => {
                let mut ends = Ends::from([start]);
                let mut new = ends.clone();
                while !new.is_empty() {
                    let next = self.all(inner, &new);
                    new = next.difference(&ends).copied().collect();
                    ends.extend(&new);
                }
                ends
            }
        }
    }

    fn all(&mut self, form: &'r Form, starts: &Ends) -> Ends {
        starts.iter().flat_map(|&start| self.ends(form, start)).collect()
    }

    fn rule(&mut self, name: &'r str, start: usize) -> Ends {
        if !self.in_token && self.grammar.tokens.contains(name) {
            let grammar = self.grammar;
            return self.symbol(start, |symbol| grammar.fits(name, symbol));
        }
        if let Some(ends) = self.known.get(&(name, start)) {
            return ends.clone();
        }
        let ends = self.ends(self.grammar.rule(name), start);
        self.known.insert((name, start), ends.clone());
        ends
    }

    fn symbol(&self, at: usize, fits: impl Fn(&str) -> bool) -> Ends {
        let symbol = self.symbols.get(at);
        symbol
            .filter(|symbol| fits(symbol))
            .map(|_| at + 1)
            .into_iter()
            .collect()
    }
}

impl Grammar {
    /// Whether a token is of this kind. A keyword is no name.
    fn fits(&self, rule: &str, token: &str) -> bool {
        !self.keywords.contains(token)
            && Recogniser::is_token(self, rule, token)
    }
}

fn only(symbol: &str) -> char {
    symbol.chars().next().expect("a symbol is not empty")
}
