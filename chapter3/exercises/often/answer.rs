//! Frequencies are added up as functions are taken; the greatest is next.

use chapter1::ir::InstData;
use chapter1::symbol::Symbol;
use chapter2::analysis::Analyses;
use chapter3::partition::{Partition, Program};
use std::collections::BTreeMap;

// ANCHOR: often
pub(super) fn often(most: usize) -> impl Partition {
    move |called: &Symbol, program: &Program<'_>| {
        let is_defined =
            |name: &Symbol| program.definitions.get(name).is_some();
        let mut taken = vec![called.clone()];
        let mut frequencies = BTreeMap::new();
        let mut last = (called.clone(), 1.0);
        while taken.len() <= most {
            let (caller, frequency) = last;
            for (callee, count) in calls(program, &caller) {
                if !taken.contains(&callee) && is_defined(&callee) {
                    let sum = frequencies.entry(callee).or_insert(0.0);
                    *sum += frequency * count;
                }
            }
            // The last of the greatest; in reverse, the first by name.
            let candidates = frequencies.iter().rev();
            let greatest = candidates.max_by(|a, b| f64::total_cmp(a.1, b.1));
            let Some((name, _)) = greatest else { break };
            let name = name.clone();
            let frequency = frequencies.remove(&name).expect("just seen");
            taken.push(name.clone());
            last = (name, frequency);
        }
        taken.split_off(1)
    }
}
// ANCHOR_END: often

// ANCHOR: calls
/// The calls that a function makes, and what each counts.
pub(super) fn calls(
    program: &Program<'_>,
    name: &Symbol,
) -> Vec<(Symbol, f64)> {
    let definition = program.definitions.get(name);
    let module = definition.and_then(|it| program.definitions.module(&it));
    let functions = module.into_iter().flat_map(|it| it.functions);
    let mut calls = Vec::new();
    for function in functions.filter(|function| function.name == *name) {
        let loops = Analyses::default().loops(&function);
        for (block, data) in &function.blocks {
            let count = 10_f64.powi(loops.depth(block) as i32);
            for &inst in &data.insts {
                if let InstData::Call { callee, .. } = function.insts[inst] {
                    calls.push((function.callees[callee].name.clone(), count));
                }
            }
        }
    }
    calls
}
// ANCHOR_END: calls
