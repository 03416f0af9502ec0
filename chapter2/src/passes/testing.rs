//! What the tests of all passes do: text in, text out.

use super::{Changed, Pass};
use crate::analysis::Analyses;
use chapter1::ir::{parse_module, verify_module};

/// Runs a pass over each function of a module, and over what it leaves, where
/// it must find nothing that the function would be wrong with.
///
/// # Panics
/// If the text is no valid module, or if the pass makes it invalid, or lies
/// about what it has changed.
pub fn run(pass: &dyn Pass, text: &str) -> String {
    let mut module = parse_module(text).expect("it parses");
    verify_module(&module).expect("it is valid");
    for function in &mut module.functions {
        let before = function.to_string();
        let edges = edges(function);
        let changed = pass.run(function, &mut Analyses::default());
        let is_same = before == function.to_string();
        assert!(!is_same || changed == Changed::Nothing, "nothing changed");
        assert!(is_same || changed != Changed::Nothing, "{function}");
        let is_same = edges == self::edges(function);
        assert!(is_same || changed == Changed::ControlFlow, "{function}");
    }
    let text = module.to_string();
    verify_module(&module).unwrap_or_else(|error| panic!("{error}\n{text}"));
    text
}

/// Runs a pass that must not change anything.
pub fn unchanged(pass: &dyn Pass, text: &str) {
    let before = parse_module(text).expect("it parses").to_string();
    pretty_assertions::assert_eq!(run(pass, text), before);
}

/// The ways between reachable blocks.
fn edges(function: &chapter1::ir::Function) -> Vec<(u32, u32)> {
    let flow = chapter1::ir::ControlFlow::compute(function);
    let from = flow.reverse_postorder().iter();
    let edges = from.flat_map(|&block| {
        let to = function.successors(block);
        to.map(move |target| (block.as_u32(), target.as_u32()))
    });
    let mut edges: Vec<(u32, u32)> = edges.collect();
    edges.sort_unstable();
    edges
}
