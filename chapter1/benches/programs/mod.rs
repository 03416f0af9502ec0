//! Programs to measure with.

use chapter1::definitions::Definitions;
use chapter1::ir::Module;
use chapter1::ir::lower::Lowering;
use chapter1::syntax::{Ast, Item, Operators, Parsed, Parser};

/// A text of many small functions, no two alike.
pub fn corpus(functions: usize) -> String {
    let mut text = String::new();
    for i in 0..functions {
        text += &match i % 4 {
            0 => format!(
                "def f{i}(x y) if x < y then x*y+{i} else x*x - y*(x+{i});\n"
            ),
            1 => format!(
                "def area{i}(width height)\n  \
                 var a = width * height, b = {i}.5 in\n    a + b * 2;\n"
            ),
            2 => format!(
                "# Sums up to n.\ndef sum{i}(n)\n  var total = 0 in\n    \
                 (for k = 1, k < n in total = total + k*{i}) + total;\n"
            ),
            _ => format!(
                "def g{i}(a b c) f{}(a, b) + area{}(b, c) * 1e-3 - sum{}(a);\n",
                i - 3,
                i - 2,
                i - 1
            ),
        };
    }
    text
}

/// The text of a function whose IR has about so many instructions.
pub fn function(instructions: usize) -> String {
    let terms = instructions.div_ceil(20);
    let mut text = String::from("def f(x y) ");
    for i in 0..terms {
        if i > 0 {
            text += " + ";
        }
        text += &format!("(if x < y then x*y+{i}.5 else x*x - y*(x+{i}))");
    }
    text + ";\n"
}

/// Lowers every definition of a text, to modules of one function each.
pub fn lower(text: &str) -> Vec<Module> {
    let mut parser = Parser::new(text);
    let mut operators = Operators::default();
    let mut ast = Ast::default();
    let mut lowering = Lowering::default();
    let known = Definitions::default();
    let mut modules = Vec::new();
    loop {
        match parser.next_item(&mut operators, &mut ast) {
            Parsed::Item(Item::Definition { prototype, body }) => {
                let module = lowering
                    .definition(&ast, &prototype, body, &known)
                    .expect("a valid definition");
                let params = prototype.params.len();
                known.declare(&module.functions[0].name, params);
                modules.push(module.clone());
            }
            Parsed::End => return modules,
            other => panic!("{other:?}"),
        }
    }
}

/// How many instructions a module has.
pub fn size(module: &Module) -> usize {
    module.functions.iter().map(|f| f.insts.len()).sum()
}
