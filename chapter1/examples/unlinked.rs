//! Prints the bytes that the code generator makes of `even`, which calls a
//! function that nobody has compiled yet, and what they lack.

use chapter1::codegen::listing::Listing;
use chapter1::codegen::{CodeGenerator, Target};
use chapter1::ir::parse_module;
use chapter1::link::Edge;
use std::error::Error;

const EVEN: &str = "
function @even(f64) -> f64 {
    fn0 = function @odd(f64) -> f64
block0(v0: f64):
    v1 = const 1
    v2 = ult v0, v1
    branch v2, block1, block2
block1:
    return v1
block2:
    v3 = sub v0, v1
    v4 = call fn0(v3)
    return v4
}";

fn main() -> Result<(), Box<dyn Error>> {
    let module = parse_module(EVEN)?;
    let graph = CodeGenerator::new(Target::SSE2).compile(&module)?;
    println!("{}", Listing::new(&graph, &module).with_bytes());
    for Edge { block, offset, kind, target, addend } in &graph.edges {
        let name = graph.symbols[*target].name.as_ref();
        let name = name.map_or("the constant", |name| name.as_str());
        println!("{kind:?} at {block:?}+{offset}: {name}, {addend}");
    }
    Ok(())
}
