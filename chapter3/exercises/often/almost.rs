//! Almost: each function that is taken counts as if it were called once.

use super::answer::calls;
use chapter1::symbol::Symbol;
use chapter3::partition::{Partition, Program};
use std::collections::BTreeMap;

pub(super) fn often(most: usize) -> impl Partition {
    move |called: &Symbol, program: &Program<'_>| {
        let is_defined =
            |name: &Symbol| program.definitions.get(name).is_some();
        let mut taken = vec![called.clone()];
        let mut frequencies = BTreeMap::new();
        while taken.len() <= most {
            let caller = taken.last().expect("one at least");
            for (callee, count) in calls(program, caller) {
                if !taken.contains(&callee) && is_defined(&callee) {
                    *frequencies.entry(callee).or_insert(0.0) += count;
                }
            }
            let candidates = frequencies.iter().rev();
            let greatest = candidates.max_by(|a, b| f64::total_cmp(a.1, b.1));
            let Some((name, _)) = greatest else { break };
            let name = name.clone();
            frequencies.remove(&name);
            taken.push(name);
        }
        taken.split_off(1)
    }
}
