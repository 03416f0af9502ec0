//! What the tests of the passes share: text in, text out.

use super::{Changed, Pass};
use crate::analysis::Analyses;
use chapter1::ir::{Function, parse_module, verify};

/// A function, and what a pass makes of it, each as text. The verifier must
/// accept both, and what the pass says of its changes must be true.
// ANCHOR: run
pub fn run(pass: &dyn Pass, text: &str) -> String {
    let mut module = parse_module(text).expect("well-formed text");
    let before = module.to_string();
    let function = &mut module.functions[0];
    assert_eq!(verify(function), Ok(()));
    let changed = run_on(pass, function);
    let after = module.to_string();
    assert_eq!(before == after, changed == Changed::Nothing, "{after}");
    format!("# before\n{before}\n# after {}\n{after}", pass.name())
}
// ANCHOR_END: run

/// Runs a pass over a function that the verifier accepts, twice: the second
/// time there is nothing left to do.
// ANCHOR: run_on
fn run_on(pass: &dyn Pass, function: &mut Function) -> Changed {
    let edges = edges(function);
    let changed = pass.run(function, &mut Analyses::default());
    assert_eq!(verify(function), Ok(()), "{function}");
    let is_same = edges == self::edges(function);
    assert!(is_same || changed == Changed::ControlFlow, "{function}");
    let after = function.to_string();
    let again = pass.run(function, &mut Analyses::default());
    assert_eq!((again, function.to_string()), (Changed::Nothing, after));
    changed
}
// ANCHOR_END: run_on

/// The ways between blocks that can be reached.
fn edges(function: &Function) -> Vec<(String, Vec<String>)> {
    let flow = chapter1::ir::ControlFlow::compute(function);
    let reachable = function.blocks.keys().filter(|&b| flow.is_reachable(b));
    reachable
        .map(|block| {
            let next = function.successors(block);
            (block.to_string(), next.map(|next| next.to_string()).collect())
        })
        .collect()
}

/// Asserts that a pass leaves a function alone.
pub fn assert_unchanged(pass: &dyn Pass, text: &str) {
    let mut module = parse_module(text).expect("well-formed text");
    let before = module.to_string();
    run_on(pass, &mut module.functions[0]);
    pretty_assertions::assert_eq!(module.to_string(), before);
}

/// A function of two numbers with this body, after `block0(v0, v1):`.
pub fn body(text: &str) -> String {
    format!(
        "function @f(f64, f64) -> f64 {{\nblock0(v0: f64, v1: f64):\n{text}\n}}"
    )
}
