//! Random programs, as text, for tests that compare two ways to run one.
//!
//! proptest draws a *draft*: a tree in which variables, operators and
//! functions are mere numbers. Growing turns each number into one of the
//! names that exist at that place, so that every draft, and whatever a
//! failing one shrinks to, is a valid program (which may then be damaged on
//! purpose). The grown tree is printed as
//! text, with parentheses, blanks and comments as chance will have it, and
//! as the tree that the parser should find there.

mod draft;
mod grow;
mod layout;
mod tree;

use proptest::prelude::*;
use tree::Item;

/// A program, with what the parser should make of it.
#[derive(Clone)]
pub(crate) struct Program {
    /// The program.
    pub(crate) text: String,
    /// Each item as `PrintItem` shows it, if none is refused.
    pub(crate) items: Vec<String>,
    /// How many expressions it consists of.
    pub(crate) size: usize,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Program of {} expressions:", self.size)?;
        f.write_str(&self.text)
    }
}

/// Programs of some definitions, followed by expressions that use them.
/// Nothing in them is refused, and nearly all of them end soon.
pub(crate) fn programs() -> impl Strategy<Value = Program> {
    draft::drafts()
        .prop_map(|draft| Program::new(&grow::grow(&draft), draft.layout))
}

/// Programs in which an item is missing, doubled or in the wrong place.
pub(crate) fn damaged_programs() -> impl Strategy<Value = Program> {
    let damage = (0..3usize, any::<usize>(), any::<usize>());
    (draft::drafts(), damage).prop_map(|(draft, (kind, from, to))| {
        let mut items = grow::grow(&draft);
        let (from, to) = (from % items.len(), to % items.len());
        let item = match kind {
            0 => items[from].clone(),
            _ => items.remove(from),
        };
        if kind < 2 {
            items.insert(to, item);
        }
        Program::new(&items, draft.layout)
    })
}

impl Program {
    fn new(items: &[Item], layout: u64) -> Program {
        Program {
            text: layout::print(items, layout),
            items: items.iter().map(|item| item.to_string()).collect(),
            size: items.iter().map(Item::size).sum(),
        }
    }
}
