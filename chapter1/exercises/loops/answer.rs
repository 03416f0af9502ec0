//! The loop of each header: walk backwards from where control comes back.

use chapter1::ir::{Block, ControlFlow, Dominators, Function};
use cranelift_entity::SecondaryMap;
use std::collections::HashSet;

// ANCHOR: depths
pub(super) fn depths(function: &Function) -> SecondaryMap<Block, u32> {
    let flow = ControlFlow::compute(function);
    let dominators = Dominators::compute(&flow);
    let mut depths = SecondaryMap::new();
    for &header in flow.reverse_postorder() {
        let before = flow.predecessors(header).iter().copied();
        let mut todo: Vec<Block> = before
            .filter(|&latch| dominators.dominates(header, latch))
            .collect();
        if todo.is_empty() {
            continue;
        }
        let mut members = HashSet::from([header]);
        while let Some(block) = todo.pop() {
            if flow.is_reachable(block) && members.insert(block) {
                todo.extend(flow.predecessors(block));
            }
        }
        for block in members {
            depths[block] += 1;
        }
    }
    depths
}
// ANCHOR_END: depths
