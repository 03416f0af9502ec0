//! Interned names: each distinct identifier is stored once and known by a
//! number.

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
    ends: PrimaryMap<Name, u32>,
    table: HashTable<Name>,
}

impl Names {
    /// The name with this text, new or known.
    pub fn intern(&mut self, text: &str) -> Name {
        let hash = hash(text);
        let known = |&name: &Name| slice(&self.text, &self.ends, name) == text;
        if let Some(&name) = self.table.find(hash, known) {
            return name;
        }
        self.text.push_str(text);
        let name = self.ends.push(self.text.len() as u32);
        let rehash =
            |&name: &Name| self::hash(slice(&self.text, &self.ends, name));
        self.table.insert_unique(hash, name, rehash);
        name
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        slice(&self.text, &self.ends, name)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no name has been interned.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

fn slice<'t>(
    text: &'t str,
    ends: &PrimaryMap<Name, u32>,
    name: Name,
) -> &'t str {
    let start = match name.0 {
        0 => 0,
        index => ends[Name(index - 1)],
    };
    &text[start as usize..ends[name] as usize]
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
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
