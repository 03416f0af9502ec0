//! Register contents from block to block: what the walk finds when it enters
//! one, and what it leaves behind.

use super::moves::{Move, Place};
use super::walk::Walk;
use super::{Allocator, Home, NEVER, Reg, exit_operands};
use crate::codegen::abi::{self, Passed};
use crate::codegen::order::Exit;
use crate::ir::{Block, Value};

impl Walk<'_> {
    /// Notes what is in registers at the end of a block, which is left with
    /// them empty: the next one in order begins with what its predecessors
    /// have noted.
    pub(super) fn leave_block(&mut self, exit: &Exit) {
        if let Exit::Branch(condition, _) = exit {
            self.condition(*condition);
        }
        if let Exit::Return(value) = exit {
            let ty = self.function.values[*value].ty;
            let from = match self.a.live[*value].reg.expand() {
                Some(reg) => Place::Reg(reg),
                None => {
                    self.a.need_home(*value);
                    Place::Home(*value)
                }
            };
            let to = Place::Reg(abi::result(ty));
            if from != to {
                let m = Move { from, to, ty };
                self.a.allocation.moves.push((self.at, m));
            }
        }
        let first = self.a.states.len() as u32;
        for (reg, value) in self.regs.iter() {
            if self.a.live[value].next_use >= self.at {
                self.a.states.push((reg, value));
            }
        }
        self.a.ends.push(first..self.a.states.len() as u32);
        let mut operands = std::mem::take(&mut self.a.operands);
        exit_operands(self.function, exit, &mut operands);
        let taken = usize::from(matches!(exit, Exit::Branch(..)));
        for &value in &operands[taken..] {
            self.take_use(value);
        }
        self.a.operands = operands;
        self.regs.forget_all(&mut self.a.live);
    }

    /// Takes over the values that all predecessors so far leave in registers
    /// and that are needed, and finds places for the parameters.
    pub(super) fn enter_block(&mut self) {
        let first = self.a.states.len() as u32;
        let block = self.order.blocks[self.index].block;
        if self.index == 0 {
            self.function_params(block);
        } else {
            self.inherit();
            self.block_params(block);
            if self.a.tuning.preload {
                self.preload();
            }
        }
        self.a.entries.push(first..self.a.states.len() as u32);
    }

    /// Takes over what is in a register at the end of every predecessor that
    /// the walk has seen, where the last one of them has it.
    // ANCHOR: inherit
    fn inherit(&mut self) {
        let preds = self.order.predecessors(self.index);
        let index = self.index as u32;
        let before = preds.partition_point(|&pred| pred < index);
        let (&last, others) =
            preds[..before].split_last().expect("in reverse postorder");
        let end = self.a.ends[last as usize].clone();
        for entry in end {
            let (reg, value) = self.a.states[entry as usize];
            let everywhere = || {
                others.iter().all(|&pred| self.a.end_of(pred, value).is_some())
            };
            if self.is_wanted(value) && everywhere() {
                self.regs.put(reg, value, &mut self.a.live);
                self.a.states.push((reg, value));
            }
        }
    }
    // ANCHOR_END: inherit

    /// Whether a value in a register at the block's beginning is worth it.
    /// At the head of a loop, that costs a move each time round: the value
    /// must be used in the loop, and before a call.
    pub(super) fn is_wanted(&self, value: Value) -> bool {
        let next = self.a.live[value].next_use;
        next >= self.at
            && match self.order.loop_at(self.index) {
                Some(inner) => {
                    next <= inner.end && self.is_used_before_call(value)
                }
                None => true,
            }
    }

    fn block_params(&mut self, block: Block) {
        for (index, &param) in self.function.params(block).iter().enumerate() {
            if self.a.live[param].next_use == NEVER {
                continue;
            }
            let ty = self.function.values[param].ty;
            let same = self.argument_register(block, index);
            let reg = same
                .filter(|&reg| self.regs.is_free(reg))
                .or_else(|| self.regs.free(ty, 0));
            match reg {
                Some(reg) => {
                    self.regs.put(reg, param, &mut self.a.live);
                    self.a.allocation.params[param] = reg.into();
                }
                None => self.a.need_home(param),
            }
        }
    }

    /// The register in which the last predecessor so far has the argument
    /// for a parameter.
    fn argument_register(&self, block: Block, index: usize) -> Option<Reg> {
        let preds = self.order.predecessors(self.index);
        let at = self.index as u32;
        let before = preds.partition_point(|&pred| pred < at);
        let pred = preds[before - 1];
        let from = self.order.blocks[pred as usize].block;
        let exit = Exit::of(self.function, from);
        let target =
            exit.targets().iter().find(|target| target.block == block)?;
        self.a.end_of(pred, self.function.args(target)[index])
    }

    fn function_params(&mut self, block: Block) {
        let params = self.function.params(block);
        let types = params.iter().map(|&param| self.function.values[param].ty);
        for (&param, passed) in params.iter().zip(abi::passed(types)) {
            if self.a.live[param].next_use == NEVER {
                continue;
            }
            match passed {
                Passed::Reg(reg) => {
                    self.regs.put(reg, param, &mut self.a.live);
                    self.a.allocation.params[param] = reg.into();
                }
                Passed::Stack(index) => {
                    self.a.allocation.homes[param] = Home::Incoming(index);
                }
            }
        }
    }
}

impl Allocator {
    /// The register in which block `index` leaves a value.
    pub(super) fn end_of(&self, index: u32, value: Value) -> Option<Reg> {
        let end = self.ends[index as usize].clone();
        let states = &self.states[end.start as usize..end.end as usize];
        let found = states.iter().find(|&&(_, other)| other == value);
        found.map(|&(reg, _)| reg)
    }
}
