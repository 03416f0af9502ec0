//! What the calling convention asks of the walk: arguments in their
//! registers, results in theirs, and nothing kept across a call.

use super::moves::Place;
use super::walk::Walk;
use super::{Allocator, Loc, NEVER, Reg};
use crate::codegen::abi::{self, Passed};
use crate::codegen::order::Exit;
use crate::ir::{Inst, InstData, Type, Value};

impl Walk<'_> {
    /// Moves the arguments to where the callee wants them. Registers forget
    /// everything; then the result comes in its own.
    pub(super) fn call(&mut self, inst: Inst) {
        let InstData::Call { args, .. } = self.function.insts[inst] else {
            unreachable!("a call")
        };
        let args = args.as_slice(&self.function.lists);
        for &arg in args {
            self.take_use(arg);
        }
        self.pass_arguments(args);
        self.regs.forget_all(&mut self.a.live);
        self.a.calls.pop();
        self.a.allocation.calls = true;
        if let Some(result) = self.function.results[inst].expand() {
            let loc = match self.a.live[result].next_use {
                NEVER => Loc::None,
                _ => {
                    let ty = self.function.values[result].ty;
                    let reg = abi::result(ty);
                    self.regs.put(reg, result, &mut self.a.live);
                    Loc::Reg(reg)
                }
            };
            self.a.allocation.locs.push(loc);
        }
    }

    /// Where the next use would like to find the value: a call in the
    /// register of an argument, a return in that of the result.
    pub(super) fn preferred(&self, value: Value, ty: Type) -> Option<Reg> {
        self.next_round(value).or_else(|| self.by_convention(value, ty))
    }

    fn by_convention(&self, value: Value, ty: Type) -> Option<Reg> {
        let next = self.a.live[value].next_use;
        let placed = &self.order.blocks[self.index];
        if next == placed.end {
            return match Exit::of(self.function, placed.block) {
                Exit::Return(_) => Some(abi::result(ty)),
                _ => None,
            };
        }
        if next > placed.end || self.a.calls.last() != Some(&next) {
            return None;
        }
        let inst = self.order.inst_at(self.function, self.index, next);
        let InstData::Call { args, .. } = self.function.insts[inst] else {
            return None;
        };
        let args = args.as_slice(&self.function.lists);
        let types = args.iter().map(|&arg| self.function.values[arg].ty);
        let mut passed = abi::passed(types);
        let index = args.iter().take(16).position(|&arg| arg == value)?;
        match passed.nth(index) {
            Some(Passed::Reg(reg)) => Some(reg),
            _ => None,
        }
    }

    /// Locates the arguments that go to the stack, and moves the others to
    /// their registers.
    fn pass_arguments(&mut self, args: &[Value]) {
        let types = args.iter().map(|&arg| self.function.values[arg].ty);
        for (&arg, passed) in args.iter().zip(abi::passed(types)) {
            let from = match self.a.live[arg].reg.expand() {
                Some(reg) => Place::Reg(reg),
                None => {
                    self.a.need_home(arg);
                    Place::Home(arg)
                }
            };
            match passed {
                Passed::Reg(to) => {
                    let ty = self.function.values[arg].ty;
                    self.a.parallel.add(from, Place::Reg(to), ty);
                }
                Passed::Stack(index) => {
                    let out = &mut self.a.allocation;
                    out.outgoing = out.outgoing.max(index + 1);
                    out.locs.push(match from {
                        Place::Reg(reg) => Loc::Reg(reg),
                        Place::Home(value) => Loc::Home(value),
                    });
                }
            }
        }
        let Allocator { parallel, allocation, .. } = &mut *self.a;
        let moves = &mut allocation.moves;
        parallel.resolve(&allocation.homes, |m| moves.push((self.at, m)));
    }
}
