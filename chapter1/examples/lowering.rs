//! Lowers a definition, and shows the text that each instruction was made
//! for.

use chapter1::definitions::Definitions;
use chapter1::ir::lower::Lowering;
use chapter1::syntax::{Ast, Item, Operators, Parsed, Parser};

fn main() {
    let text = "def sum(n) var s = 0 in (for i = 1, i < n in s = s + i) + s";
    let mut ast = Ast::default();
    let item = Parser::new(text).next_item(&mut Operators::default(), &mut ast);
    let Parsed::Item(Item::Definition { prototype, body }) = item else {
        panic!("this is a definition");
    };

    let known = Definitions::new([].into_iter());
    let mut lowering = Lowering::default();
    let lowered = lowering.definition(&ast, &prototype, body, &known);
    let module = lowered.expect("nothing is wrong with it");
    let function = &module.functions[0];

    // ANCHOR: main
    for (block, data) in &function.blocks {
        println!("{block}:");
        for &inst in &data.insts {
            let shown = function.display_inst(inst).to_string();
            let span = function.spans[inst];
            println!("    {shown:26} {}", &text[span.range()]);
        }
    }
    // ANCHOR_END: main
}
