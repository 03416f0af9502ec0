//! What a definition is made from, and what can be made of it again.

use super::{Definition, Definitions};
use crate::ir::Module;
use crate::ir::lower::Lowering;
use crate::syntax::{Ast, Item, Operators, Parsed, Parser};
use std::sync::Arc;

/// What a definition is made from.
#[derive(Clone)]
// ANCHOR: Origin
pub enum Origin {
    /// The text of an item.
    Source {
        /// The text.
        text: Arc<str>,
        /// The operators as they were defined then.
        operators: Arc<Operators>,
    },
    /// A module, which is kept.
    Ir(Arc<Module>),
}
// ANCHOR_END: Origin

impl Definition {
    /// The tree of the item, if there is a text to parse.
    pub fn tree(&self) -> Option<(Ast, Item)> {
        let Origin::Source { text, operators } = &self.origin else {
            return None;
        };
        let (mut ast, mut operators) = (Ast::default(), **operators);
        match Parser::new(text).next_item(&mut operators, &mut ast) {
            Parsed::Item(item) => Some((ast, item)),
            _ => None,
        }
    }
}

impl Definitions {
    /// The IR of a definition. There is none if the text has no meaning any
    /// more, say for want of a declaration.
    pub fn module(&self, definition: &Definition) -> Option<Module> {
        if let Origin::Ir(module) = &definition.origin {
            return Some(Module::clone(module));
        }
        let (ast, Item::Definition { prototype, body }) = definition.tree()?
        else {
            return None;
        };
        let mut lowering = Lowering::default();
        let module = lowering.definition(&ast, &prototype, body, self);
        module.ok().cloned()
    }
}
