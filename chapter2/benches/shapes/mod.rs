//! Functions that can be made as large as one likes, each in another way.

use chapter1::definitions::Definitions;
use chapter1::ir::lower::Lowering;
use chapter1::ir::{
    BinaryOp, Block, FloatCondition, Function, FunctionBuilder, Module,
    Signature, Type,
};
use chapter1::symbol::Symbol;
use chapter1::syntax::{Ast, Item, Operators, Parsed, Parser};
use std::fmt::Write;

/// A way to be large.
#[derive(Clone, Copy)]
pub struct Shape {
    /// What it is called.
    pub name: &'static str,
    /// The module of a size.
    pub module: fn(usize) -> Module,
    /// The greatest size that is asked for.
    pub most: usize,
}

/// All of them.
pub const SHAPES: [Shape; 7] = [
    Shape { name: "instructions", module: instructions, most: 100_000 },
    Shape { name: "predecessors", module: predecessors, most: 10_000 },
    Shape { name: "ladder", module: ladder, most: 10_000 },
    Shape { name: "nested_ifs", module: nested_ifs, most: 10_000 },
    Shape { name: "nested_loops", module: nested_loops, most: 2_000 },
    Shape { name: "loops", module: loops, most: 4_000 },
    Shape { name: "variables", module: variables, most: 2_000 },
];

/// As many instructions, in a sum of many conditions.
fn instructions(size: usize) -> Module {
    let term = |i| format!("(if x < y then x*y+{i}.5 else x*x - y*(x+{i}))");
    let terms: Vec<String> = (0..size.div_ceil(20)).map(term).collect();
    lower(&format!("def f(x y) {};", terms.join(" + ")))
}

/// A block with so many predecessors, each of which passes something else.
fn predecessors(size: usize) -> Module {
    let signature = Signature::kaleidoscope(1);
    let mut function = Function::new(Symbol::new("f"), signature);
    let mut builder = FunctionBuilder::new(&mut function);
    let x = builder.function.params(Block::from_u32(0))[0];
    let end = builder.create_block();
    let result = builder.append_param(end, Type::F64);
    for i in 0..size {
        let next = builder.create_block();
        let limit = builder.constant(i as f64);
        let is_less = builder.compare(FloatCondition::Ult, x, limit);
        builder.branch(is_less, (end, &[limit]), (next, &[]));
        builder.switch_to(next);
    }
    builder.jump(end, &[x]);
    builder.switch_to(end);
    builder.ret(result);
    Module { functions: vec![function] }
}

/// Two chains of blocks. From each of the first one goes down, or across to
/// the second, as in a `switch` whose cases fall through.
fn ladder(size: usize) -> Module {
    let signature = Signature::kaleidoscope(1);
    let mut function = Function::new(Symbol::new("f"), signature);
    let mut builder = FunctionBuilder::new(&mut function);
    let x = builder.function.params(Block::from_u32(0))[0];
    let cases: Vec<_> = (0..=size).map(|_| builder.create_block()).collect();
    for (i, &case) in cases.iter().enumerate().take(size) {
        let next = builder.create_block();
        let limit = builder.constant(i as f64);
        let is_less = builder.compare(FloatCondition::Ult, x, limit);
        builder.branch(is_less, (case, &[limit]), (next, &[]));
        builder.switch_to(next);
    }
    builder.jump(cases[size], &[x]);
    for (i, &case) in cases.iter().enumerate() {
        builder.switch_to(case);
        let sum = builder.append_param(case, Type::F64);
        let product = builder.binary(BinaryOp::Mul, sum, x);
        match cases.get(i + 1) {
            Some(&next) => builder.jump(next, &[product]),
            None => builder.ret(product),
        }
    }
    Module { functions: vec![function] }
}

/// Conditions in each other, so deep, with variables that change in them.
fn nested_ifs(size: usize) -> Module {
    let mut text = String::from("def f(x) var a = x, b = 1 in ");
    for i in 0..size {
        let arm = ["a = a + b", "b = b * 2"][i % 2];
        write!(text, "if x < {i} then ({arm}) else ").expect("a string");
    }
    lower(&(text + "a;"))
}

/// Loops in each other, so deep.
fn nested_loops(size: usize) -> Module {
    let mut text = String::from("def f(x) var s = 0 in ");
    for i in 0..size {
        write!(text, "for i{i} = 1, i{i} < x in ").expect("a string");
    }
    lower(&(text + "s = s + i0 * x;"))
}

/// So many loops, one after the other.
fn loops(size: usize) -> Module {
    let one = |i| format!("(for i = 1, i < x in s = s + i * {i})");
    let all: Vec<String> = (0..size).map(one).collect();
    lower(&format!("def f(x) var s = 0 in {} + s;", all.join(" + ")))
}

/// So many variables, each of which may be assigned, and all of which are
/// needed in the end.
fn variables(size: usize) -> Module {
    let names: Vec<String> = (0..size).map(|i| format!("v{i}")).collect();
    let start: Vec<String> =
        names.iter().map(|name| format!("{name} = x")).collect();
    let change = |(i, name)| format!("(if x < {i} then {name} = {i} else 0)");
    let changes: Vec<String> = names.iter().enumerate().map(change).collect();
    lower(&format!(
        "def f(x) var {} in {} + {};",
        start.join(", "),
        changes.join(" + "),
        names.join(" + ")
    ))
}

/// The definition in a text as a module.
fn lower(text: &str) -> Module {
    let mut ast = Ast::default();
    let mut operators = Operators::default();
    let parsed = Parser::new(text).next_item(&mut operators, &mut ast);
    let Parsed::Item(Item::Definition { prototype, body }) = parsed else {
        panic!("{parsed:?}")
    };
    let mut lowering = Lowering::default();
    let known = Definitions::default();
    let module = lowering.definition(&ast, &prototype, body, &known);
    module.expect("a valid definition").clone()
}
