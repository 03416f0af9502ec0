//! What a loop gains from a look at its next round. All of this is left out
//! unless [`Tuning`](crate::codegen::Tuning) asks for it.
//!
//! A loop is entered with its parameters in certain registers, and each round
//! has to leave them as it found them. So a value that becomes a parameter is
//! best computed in the parameter's register. If that is still taken, there is
//! a move at the end of the round, before the branch if it can be there: then
//! the branch can go back by itself. And what every round reads from memory,
//! constants above all, is read once, before the first.

use super::moves::{Move, Place};
use super::walk::Walk;
use super::{Allocator, Home, Reg};
use crate::codegen::order::{Exit, Order, Placed};
use crate::ir::{BlockCall, Function, Inst, InstData, Value};
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;
use std::ops::Range;

/// At a loop's beginning, so many registers are left free for what the loop
/// computes.
const RESERVE: u32 = 4;

/// What the backward pass finds out about loops.
#[derive(Default)]
pub(super) struct Rounds {
    /// Whether a function is called in a loop, outside of the loops in it.
    calls: Vec<bool>,
    /// Pairs of a loop and a value from outside that it reads, sorted by the
    /// loop. It is an innermost one, without calls.
    reads: Vec<(u32, Value)>,
    /// For each value, one more than the last loop that it was noted for.
    noted: SecondaryMap<Value, u32>,
    /// The parameter that a value becomes in the next round.
    becomes: SecondaryMap<Value, PackedOption<Value>>,
    /// Edges whose moves are made before the branch, and where that is.
    pub(super) early: Vec<(usize, u32)>,
}

impl Rounds {
    pub(super) fn reset(&mut self) {
        self.calls.clear();
        self.reads.clear();
        self.noted.clear();
        self.becomes.clear();
        self.early.clear();
    }

    /// Sorts what was noted. What was found last is read first.
    pub(super) fn finish(&mut self) {
        self.reads.reverse();
        self.reads.sort_by_key(|&(number, _)| number);
    }

    /// Whether values can stay in registers all around a loop: it is an
    /// innermost one, without calls.
    fn can_keep(&self, order: &Order, number: u32) -> bool {
        let calls = self.calls.get(number as usize);
        order.is_innermost(number) && calls != Some(&true)
    }

    /// The end of the loop around block `index` if a constant can be kept in
    /// a register until then, wherever it is defined.
    pub(super) fn end(&self, order: &Order, index: usize) -> Option<u32> {
        let number = order.blocks[index].in_loop?;
        let can_keep = self.can_keep(order, number);
        can_keep.then(|| order.loops[number as usize].end)
    }

    /// What a loop reads from outside.
    fn reads(&self, number: u32) -> Range<usize> {
        let first = self.reads.partition_point(|&(other, _)| other < number);
        let end = self.reads.partition_point(|&(other, _)| other <= number);
        first..end
    }
}

impl Allocator {
    /// Notes the calls in a block.
    pub(super) fn note_calls(&mut self, function: &Function, placed: &Placed) {
        let insts = &function.blocks[placed.block].insts;
        let is_call = |&inst: &Inst| {
            matches!(function.insts[inst], InstData::Call { .. })
        };
        if let Some(number) = placed.in_loop
            && insts.iter().any(is_call)
        {
            let size = self.rounds.calls.len().max(number as usize + 1);
            self.rounds.calls.resize(size, false);
            self.rounds.calls[number as usize] = true;
        }
    }

    /// Notes that an instruction of block `index` reads these values.
    pub(super) fn note_reads(
        &mut self,
        order: &Order,
        index: usize,
        values: &[Value],
    ) {
        let Some(number) = order.blocks[index].in_loop else { return };
        if !self.rounds.can_keep(order, number) {
            return;
        }
        let start = order.loops[number as usize].start;
        for &value in values {
            let noted = &mut self.rounds.noted[value];
            let is_outside = self.live[value].defined < start
                || self.allocation.homes[value] == Home::Constant;
            if is_outside && *noted != number + 1 {
                *noted = number + 1;
                self.rounds.reads.push((number, value));
            }
        }
    }

    /// Notes what the arguments of the jumps back from block `index` become.
    pub(super) fn note_arguments(
        &mut self,
        function: &Function,
        order: &Order,
        index: usize,
        exit: &Exit,
    ) {
        for target in exit.targets() {
            if order.index_of(target.block) <= index {
                let params = function.params(target.block);
                for (&param, &arg) in params.iter().zip(function.args(target)) {
                    self.rounds.becomes[arg] = param.into();
                }
            }
        }
    }

    /// Finds the ways back whose moves can be made before the branch, because
    /// they change nothing that the way on needs.
    // ANCHOR: find_early
    pub(super) fn find_early(&mut self, function: &Function, order: &Order) {
        let mut edge = 0;
        for (index, placed) in order.blocks.iter().enumerate() {
            let exit = Exit::of(function, placed.block);
            if let Exit::Branch(condition, targets) = &exit {
                let goes_back =
                    targets.map(|target| order.index_of(target.block) <= index);
                if goes_back[0] != goes_back[1] {
                    let back = usize::from(goes_back[1]);
                    let on = 1 - back;
                    let mut needed =
                        self.needed(function, order, edge + on, &targets[on]);
                    if !self.live[*condition].fused {
                        needed |= Reg::ALL_INTEGERS;
                    }
                    if self.changes_only(edge + back, !needed) {
                        self.rounds.early.push((edge + back, placed.end));
                    }
                }
            }
            edge += exit.targets().len();
        }
    }
    // ANCHOR_END: find_early

    /// The registers that matter on the way to a target: what the target
    /// expects, and what is moved on the way.
    fn needed(
        &self,
        function: &Function,
        order: &Order,
        edge: usize,
        target: &BlockCall,
    ) -> u32 {
        let entry = self.entries[order.index_of(target.block)].clone();
        let entry = &self.states[entry.start as usize..entry.end as usize];
        let params = function.params(target.block).iter();
        let params =
            params.filter_map(|&param| self.allocation.params[param].expand());
        let moved = self.unordered(edge).iter().map(|m| m.from);
        let moved = moved.filter_map(|from| match from {
            Place::Reg(reg) => Some(reg),
            Place::Home(_) => None,
        });
        let entry = entry.iter().map(|&(reg, _)| reg);
        let all = entry.chain(params).chain(moved);
        all.fold(0, |set, reg| set | reg.bit())
    }

    /// Whether the moves on an edge, if there are any, write these registers
    /// only.
    fn changes_only(&self, edge: usize, registers: u32) -> bool {
        self.unordered(edge).iter().all(|m| match m.to {
            Place::Reg(reg) => registers & reg.bit() != 0,
            Place::Home(_) => false,
        })
    }

    /// The moves on an edge, before they are put into an order.
    fn unordered(&self, edge: usize) -> &[Move] {
        let edge = &self.allocation.edges[edge];
        &self.allocation.edge_moves[edge.start as usize..edge.end as usize]
    }
}

impl Walk<'_> {
    /// At the beginning of an innermost loop: brings what it reads from
    /// outside into registers, while there are enough of them.
    // ANCHOR: preload
    pub(super) fn preload(&mut self) {
        if !self.order.is_innermost_at(self.index) {
            return;
        }
        let number = self.order.blocks[self.index].in_loop;
        let number = number.expect("a loop begins here");
        for read in self.a.rounds.reads(number) {
            let (_, value) = self.a.rounds.reads[read];
            let ty = self.function.values[value].ty;
            if self.a.live[value].reg.expand().is_none()
                && self.is_wanted(value)
                && self.regs.free_count(ty) > RESERVE
                && let Some(reg) = self.regs.free(ty, 0)
            {
                self.regs.put(reg, value, &mut self.a.live);
                self.a.states.push((reg, value));
            }
        }
    }
    // ANCHOR_END: preload

    /// The register of the parameter that a value becomes in the next round.
    // ANCHOR: next_round
    pub(super) fn next_round(&self, value: Value) -> Option<Reg> {
        let param = self.a.rounds.becomes[value].expand()?;
        self.a.allocation.params[param].expand()
    }
    // ANCHOR_END: next_round
}
