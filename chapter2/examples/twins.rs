//! A pass that is wrong, and who notices:
//! `cargo run -p chapter2 --example twins`.

use chapter1::ir::{BinaryOp, Function, InstData, Value, parse_module, verify};
use chapter2::analysis::Analyses;
use chapter2::edit::{self, Replacements};
use chapter2::passes::{Changed, Pass};
use std::collections::HashMap;
use std::error::Error;

/// Arithmetic that has been done before is not done again, wherever that was.
pub(crate) struct Twins;

impl Pass for Twins {
    fn name(&self) -> &'static str {
        "twins"
    }

    fn summary(&self) -> &'static str {
        "what has been computed is not computed again"
    }

    // ANCHOR: run
    fn run(&self, function: &mut Function, _: &mut Analyses) -> Changed {
        let mut known: HashMap<(BinaryOp, [Value; 2]), Value> = HashMap::new();
        let mut replacements = Replacements::default();
        for inst in function.blocks.values().flat_map(|block| &block.insts) {
            let InstData::Binary { op, args } = function.insts[*inst] else {
                continue;
            };
            let Some(result) = function.results[*inst].expand() else {
                continue;
            };
            let args = args.map(|value| replacements.find(value));
            let first = *known.entry((op, args)).or_insert(result);
            if first != result {
                replacements.replace(result, first);
            }
        }
        if replacements.is_empty() {
            return Changed::Nothing;
        }
        replacements.apply(function);
        edit::retain_insts(function, |function, inst| {
            let result = function.results[inst].expand();
            result.is_none_or(|result| replacements.find(result) == result)
        });
        Changed::Instructions
    }
    // ANCHOR_END: run
}

/// Twins one after the other, and their children.
const IN_A_ROW: &str = "function @row(f64, f64) -> f64 {
    block0(v0: f64, v1: f64):
        v2 = add v0, v1
        v3 = mul v2, v2
        v4 = add v0, v1
        v5 = mul v4, v2
        v6 = div v3, v5
        return v6
    }";

/// Twins of which only one is ever born.
pub(crate) const APART: &str = "function @apart(f64, f64) -> f64 {
    block0(v0: f64, v1: f64):
        v2 = ult v0, v1
        branch v2, block1, block2
    block1:
        v3 = add v0, v1
        return v3
    block2:
        v4 = add v0, v1
        v5 = mul v4, v0
        return v5
    }";

fn main() -> Result<(), Box<dyn Error>> {
    for text in [IN_A_ROW, APART] {
        let mut module = parse_module(text)?;
        let function = &mut module.functions[0];
        let changed = Twins.run(function, &mut Analyses::default());
        println!("{function}{changed:?}");
        match verify(function) {
            Ok(()) => println!("the verifier has no objection\n"),
            Err(error) => println!("the verifier objects: {error}"),
        }
    }
    Ok(())
}
