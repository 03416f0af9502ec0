//! Almost: every way back is taken for a loop of its own.

use chapter1::ir::{Block, ControlFlow, Dominators, Function};
use cranelift_entity::SecondaryMap;
use std::collections::HashSet;

pub(super) fn depths(function: &Function) -> SecondaryMap<Block, u32> {
    let flow = ControlFlow::compute(function);
    let dominators = Dominators::compute(&flow);
    let mut depths = SecondaryMap::new();
    for &header in flow.reverse_postorder() {
        for &latch in flow.predecessors(header) {
            if !dominators.dominates(header, latch) {
                continue;
            }
            let mut members = HashSet::from([header]);
            let mut todo = vec![latch];
            while let Some(block) = todo.pop() {
                if flow.is_reachable(block) && members.insert(block) {
                    todo.extend(flow.predecessors(block));
                }
            }
            members.into_iter().for_each(|block| depths[block] += 1);
        }
    }
    depths
}
