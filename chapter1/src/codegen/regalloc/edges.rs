//! Moves on the way from block to block.
//!
//! A block expects certain values in certain registers, and its parameters
//! where it has put them. Each way into it makes that true.

use super::Allocator;
use super::moves::Place;
use crate::codegen::order::{Exit, Order};
use crate::ir::{BlockCall, Function, Value};

/// Finds which values must be loaded on some edge, and so need a home.
pub(super) fn find_moves(
    a: &mut Allocator,
    function: &Function,
    order: &Order,
) {
    for (index, placed) in order.blocks.iter().enumerate() {
        for target in Exit::of(function, placed.block).targets() {
            let first = a.allocation.edge_moves.len() as u32;
            a.collect(function, order, index as u32, target);
            let last = a.allocation.edge_moves.len() as u32;
            a.allocation.edges.push(first..last);
        }
    }
}

/// Puts the moves of each edge into an order in which they can be made one
/// after the other. Those that can come before the branch do.
pub(super) fn resolve(a: &mut Allocator) {
    let Allocator { allocation, parallel, rounds, .. } = a;
    let unordered = std::mem::take(&mut allocation.edge_moves);
    let ordered = &mut allocation.edge_moves;
    let before = &mut allocation.moves;
    let mut early = rounds.early.iter().peekable();
    for (index, edge) in allocation.edges.iter_mut().enumerate() {
        let moves = &unordered[edge.start as usize..edge.end as usize];
        edge.start = ordered.len() as u32;
        for m in moves {
            parallel.add(m.from, m.to, m.ty);
        }
        match early.next_if(|&&(number, _)| number == index) {
            Some(&(_, at)) => {
                parallel.resolve(&allocation.homes, |m| before.push((at, m)));
            }
            None => parallel.resolve(&allocation.homes, |m| ordered.push(m)),
        }
        edge.end = ordered.len() as u32;
    }
    if !rounds.early.is_empty() {
        before.sort_by_key(|&(at, _)| at);
    }
}

impl Allocator {
    /// Lists the moves from the end of block `index` to a target.
    fn collect(
        &mut self,
        function: &Function,
        order: &Order,
        index: u32,
        target: &BlockCall,
    ) {
        let entry = self.entries[order.index_of(target.block)].clone();
        for state in entry {
            let (reg, value) = self.states[state as usize];
            self.transfer(function, index, value, Place::Reg(reg), value);
        }
        let params = function.params(target.block);
        for (&param, &arg) in params.iter().zip(function.args(target)) {
            if self.live[param].uses == 0 {
                continue;
            }
            let to = match self.allocation.params[param].expand() {
                Some(reg) => Place::Reg(reg),
                None => Place::Home(param),
            };
            self.transfer(function, index, arg, to, param);
        }
    }

    fn transfer(
        &mut self,
        function: &Function,
        index: u32,
        value: Value,
        to: Place,
        becomes: Value,
    ) {
        let from = match self.end_of(index, value) {
            Some(reg) => Place::Reg(reg),
            None => {
                self.need_home(value);
                Place::Home(value)
            }
        };
        let ty = function.values[becomes].ty;
        if from != to {
            let m = super::Move { from, to, ty };
            self.allocation.edge_moves.push(m);
        }
    }
}
