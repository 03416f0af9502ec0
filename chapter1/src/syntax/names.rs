//! Interned names: each distinct identifier is stored once and known by a
//! number.

use crate::span::Span;
use cranelift_entity::{PrimaryMap, entity_impl};
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// An interned identifier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u32);
entity_impl!(Name, "name");

/// The identifiers seen so far. Their text lies end to end in one string.
#[derive(Clone, Default, Debug)]
pub struct Names {
    text: String,
    places: PrimaryMap<Name, Span>,
    table: HashTable<Name>,
}

impl Names {
    /// The name with this text, new or known.
    pub fn intern(&mut self, text: &str) -> Name {
        let Names { text: all, places, table } = self;
        let hash = hash(text.as_bytes());
        let bytes = |name: Name| &all.as_bytes()[places[name].range()];
        if let Some(&name) =
            table.find(hash, |&name| bytes(name) == text.as_bytes())
        {
            return name;
        }
        let start = all.len();
        all.push_str(text);
        let name = places.push(Span::new(start, all.len()));
        table.insert_unique(hash, name, |&name| {
            self::hash(&all.as_bytes()[places[name].range()])
        });
        name
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        &self.text[self.places[name].range()]
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no name has been interned.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_text_is_one_name() {
        let mut names = Names::default();
        let x = names.intern("x");
        let y = names.intern("y");
        assert_ne!(x, y);
        assert_eq!(names.intern("x"), x);
        assert_eq!((names.text(x), names.text(y)), ("x", "y"));
    }

    #[test]
    fn names_survive_the_growth_of_the_table() {
        let mut names = Names::default();
        let text = |i: usize| "n".repeat(i % 7) + &i.to_string();
        let all: Vec<Name> =
            (0..5000).map(|i| names.intern(&text(i))).collect();
        for (i, &name) in all.iter().enumerate() {
            assert_eq!(names.intern(&text(i)), name);
            assert_eq!(names.text(name), text(i));
        }
    }
}
