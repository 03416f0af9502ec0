//! Prints the machine code of two small functions, byte by byte, and the
//! places in it that are left to the linker.

use chapter1::codegen::listing::Listing;
use chapter1::codegen::{CodeGenerator, Target};
use chapter1::ir::parse_module;
use std::error::Error;

const FUNCTIONS: &str = "\
function @sq(f64) -> f64 {
block0(v0: f64):
    v1 = mul v0, v0
    return v1
}
function @f(f64) -> f64 {
    fn0 = function @sq(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    v2 = const 2.5
    v3 = mul v1, v2
    v4 = sub v0, v3
    return v4
}";

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let features = std::env::args().nth(1).ok_or("which features?")?;
    let target: Target = features.parse()?;
    let module = parse_module(FUNCTIONS)?;
    let graph = CodeGenerator::new(target).compile(&module)?;
    println!("{}", Listing::new(&graph, &module).with_bytes());
    for edge in &graph.edges {
        let name = graph.symbols[edge.target].name.as_ref();
        let name = name.map_or("the constants", |name| name.as_str());
        let (kind, addend) = (edge.kind, edge.addend);
        println!("hole at {:#x}: {kind:?} {name} {addend:+}", edge.offset);
    }
    Ok(())
}
// ANCHOR_END: main
