//! Counts what generated modules contain.

use super::RunError;
use chapter1::ir::{
    Block, ControlFlow, Dominators, Function, InstData, Module, Value, ValueDef,
};
use std::collections::HashSet;

/// How often each hazard occurs.
#[derive(Default, Debug)]
pub struct Census {
    pub modules: usize,
    /// Runs that came to an end.
    pub ran: usize,
    /// The different results of `main`.
    pub results: HashSet<u64>,
    /// The instructions of the smallest and of the largest function, and of
    /// all together.
    pub smallest: Option<usize>,
    pub largest: usize,
    pub insts: usize,
    pub functions: usize,
    pub critical_edges: usize,
    /// Branches to one block, with different arguments.
    pub forks: usize,
    pub back_edges: usize,
    /// Back edges that permute the parameters of the loop's header.
    pub swaps: usize,
    /// Calls with more than eight arguments.
    pub wide_calls: usize,
    /// Blocks with contents that nothing leads to.
    pub unreachable: usize,
    pub detached: usize,
    /// Blocks in which 40 values and more are live at once.
    pub crowded: usize,
}

impl Census {
    /// Counts a module and what running it gave.
    pub fn module(&mut self, module: &Module, result: Result<f64, RunError>) {
        self.modules += 1;
        if let Ok(result) = result {
            self.ran += 1;
            self.results.insert(result.to_bits());
        }
        for function in &module.functions {
            self.function(function);
        }
    }

    fn function(&mut self, function: &Function) {
        self.functions += 1;
        let blocks = function.blocks.values();
        let insts = blocks.map(|data| data.insts.len()).sum();
        self.insts += insts;
        self.largest = self.largest.max(insts);
        self.smallest = Some(self.smallest.map_or(insts, |n| n.min(insts)));
        let is_detached =
            |data: &chapter1::ir::ValueData| data.def == ValueDef::Detached;
        let detached = function.values.values().copied().filter(is_detached);
        self.detached += detached.count();
        let flow = ControlFlow::compute(function);
        let dominators = Dominators::compute(&flow);
        for block in function.blocks.keys() {
            if function.blocks[block].insts.is_empty() {
                continue;
            }
            self.unreachable += usize::from(!flow.is_reachable(block));
            self.crowded += usize::from(live_at_once(function, block) >= 40);
            self.edges(function, &flow, &dominators, block);
            self.calls(function, block);
        }
    }

    fn edges(
        &mut self,
        function: &Function,
        flow: &ControlFlow,
        dominators: &Dominators,
        block: Block,
    ) {
        let targets = function.insts[function.terminator(block)].targets();
        if let [a, b] = targets
            && a.block == b.block
            && function.args(a) != function.args(b)
        {
            self.forks += 1;
        }
        for target in targets {
            let joins = flow.predecessors(target.block).len() > 1;
            self.critical_edges += usize::from(joins && targets.len() > 1);
            if dominators.dominates(target.block, block) {
                self.back_edges += 1;
                let params = function.params(target.block);
                let args = function.args(target);
                let moved = params
                    .iter()
                    .zip(args)
                    .any(|(param, arg)| arg != param && params.contains(arg));
                self.swaps += usize::from(moved);
            }
        }
    }

    fn calls(&mut self, function: &Function, block: Block) {
        for &inst in &function.blocks[block].insts {
            if let InstData::Call { args, .. } = function.insts[inst]
                && args.len(&function.lists) > 8
            {
                self.wide_calls += 1;
            }
        }
    }
}

/// The most values of those defined and used in the block that are live at
/// once.
fn live_at_once(function: &Function, block: Block) -> usize {
    let mut live: HashSet<Value> = HashSet::new();
    let mut most = 0;
    for &inst in function.blocks[block].insts.iter().rev() {
        if let Some(result) = function.results[inst].expand() {
            live.remove(&result);
        }
        function.visit_operands(inst, |value| {
            live.insert(value);
        });
        most = most.max(live.len());
    }
    most
}
