//! Exercise: functions that are declared, and whose text is read when they
//! are called.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    connect,
    "`gcd(12, 18)`: error: `gcd` is declared, but not defined",
    "`far(1)`: compiled far, steep, not far"
);

use chapter1::definitions::Definitions;
use chapter1::ir::Module;
use chapter1::ir::lower::Lowering;
use chapter1::syntax::{Ast, Item, Operators, Parsed, Parser};
use std::collections::HashMap;
use std::error::Error;

/// Texts by the names of the functions that they define.
type Texts = HashMap<&'static str, &'static str>;

/// A text of a library does not say what it should.
#[derive(Debug, thiserror::Error)]
#[error("the library's text is no definition")]
struct NoDefinition;

// ANCHOR: read
/// The IR of the definition in a text. What the text declares before that is
/// declared.
pub(super) fn read(
    text: &str,
    definitions: &Definitions,
) -> Result<Module, Box<dyn Error + Send + Sync>>
// ANCHOR_END: read
{
    let (mut parser, mut operators) = (Parser::new(text), Operators::default());
    loop {
        let mut ast = Ast::default();
        match parser.next_item(&mut operators, &mut ast) {
            Parsed::Item(Item::Extern { prototype }) => {
                let name = ast.text(prototype.name);
                let params = prototype.params.len();
                definitions.check(name, params)?;
                definitions.declare(name, params);
            }
            Parsed::Item(Item::Definition { prototype, body }) => {
                let mut lowering = Lowering::default();
                let lowered =
                    lowering.definition(&ast, &prototype, body, definitions);
                let function =
                    lowered.map_err(|mut errors| errors.swap_remove(0))?;
                return Ok(Module { functions: vec![function] });
            }
            _ => return Err(NoDefinition.into()),
        }
    }
}

/// The table of definitions does not know who calls a function of the
/// library. The session does.
#[test]
fn what_the_librarys_code_calls_cannot_be_replaced() {
    let mut session = check::session(answer::connect).0;
    session.run("extern gcd(a b); gcd(12, 18);").unwrap();
    let refusal = session.run("def rest(a b) 0;").unwrap_err().to_string();
    assert!(refusal.contains("`rest` is in use by `gcd`"), "{refusal}");
}
