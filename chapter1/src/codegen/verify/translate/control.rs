//! Where control comes from and where it goes: the function's parameters,
//! calls, and the ends of blocks.

use super::{Outcome, Translator};
use crate::codegen::abi::{self, Passed};
use crate::codegen::order::Exit;
use crate::codegen::regalloc::Loc;
use crate::codegen::verify::code::{self, Clobbers};
use crate::codegen::verify::error::Problem;
use crate::ir::{BlockCall, Callee, Inst, InstData, Type, Value};
use regalloc2::Allocation as At;
use regalloc2::OperandConstraint::{Any, FixedReg};

impl Translator<'_> {
    /// The parameters come where the convention says, and the allocator has
    /// to know it.
    pub(super) fn function_params(&mut self) -> Outcome {
        let function = self.function;
        let types = function.signature.params.iter().copied();
        let params = function.params(self.block);
        for (&param, passed) in params.iter().zip(abi::passed(types)) {
            let known = self.allocation.params[param].expand();
            let (constraint, at) = match (passed, known) {
                (Passed::Reg(reg), Some(known)) => {
                    (FixedReg(code::preg(reg)), self.reg(param, known)?)
                }
                (Passed::Reg(_), None) => continue,
                (Passed::Stack(index), _) => (Any, self.incoming(index)),
            };
            self.code.write(self.vreg(param), constraint, at);
        }
        self.code.inst(Clobbers::Nothing);
        Ok(())
    }

    /// First the arguments on the stack, then those in registers: only then
    /// may registers be overwritten.
    pub(super) fn call(
        &mut self,
        inst: Inst,
        callee: Callee,
        args: &[Value],
        position: u32,
    ) -> Outcome {
        self.flags = None;
        let signature = &self.function.callees[callee].signature;
        let places = || abi::passed(signature.params.iter().copied());
        for (&arg, passed) in args.iter().zip(places()) {
            let Passed::Stack(index) = passed else { continue };
            let at = self.loc()?;
            self.read(arg, at, Any)?;
            if index >= self.allocation.outgoing {
                return Err(Problem::Frame);
            }
        }
        if self.code.has_operands() {
            self.code.inst(Clobbers::Scratch);
        }
        self.make_moves(position)?;
        for (&arg, passed) in args.iter().zip(places()) {
            if let Passed::Reg(reg) = passed {
                let preg = code::preg(reg);
                let vreg = self.vreg(arg);
                self.code.read(vreg, FixedReg(preg), At::reg(preg));
            }
        }
        if !self.allocation.calls {
            return Err(Problem::Frame);
        }
        self.call_result(inst, signature.result)
    }

    fn call_result(&mut self, inst: Inst, ty: Option<Type>) -> Outcome {
        let result = self.function.results[inst].expand();
        let Some((result, ty)) = result.zip(ty) else {
            self.code.inst(Clobbers::Call(None));
            return Ok(());
        };
        match self.loc()? {
            Loc::None => {
                self.code.inst(Clobbers::Call(None));
                Ok(())
            }
            Loc::Reg(reg) => {
                let convention = abi::result(ty);
                let fixed = FixedReg(code::preg(convention));
                let at = self.reg(result, reg)?;
                self.code.write(self.vreg(result), fixed, at);
                self.code.inst(Clobbers::Call(Some(convention)));
                self.store_home(result, reg)
            }
            other => Err(Problem::Location(result, other)),
        }
    }

    pub(super) fn exit(&mut self, terminator: Inst) -> Outcome {
        let function = self.function;
        let flags = self.flags.take();
        match function.insts[terminator] {
            InstData::Return(value) => self.leave(value),
            InstData::Jump(target) => match Exit::of(function, self.block) {
                Exit::Return(_) => self.jump_to_return(&target),
                _ => self.edge(&target),
            },
            InstData::Branch { condition, targets } => {
                self.condition(condition, flags)?;
                let block = self.code.blocks();
                self.code.end(&[block, block + 1], Vec::new());
                for target in &targets {
                    self.code.begin(Vec::new());
                    self.edge(target)?;
                }
                Ok(())
            }
            ref other => unreachable!("no terminator: {other:?}"),
        }
    }

    /// A jump that the emitter replaces by the return it leads to: to a copy
    /// of the target, which must contain nothing else.
    fn jump_to_return(&mut self, target: &BlockCall) -> Outcome {
        let function = self.function;
        let insts = &function.blocks[target.block].insts;
        let InstData::Return(value) = function.insts[insts[0]] else {
            return Err(Problem::Order(target.block));
        };
        let args = self.vregs(function.args(target));
        self.code.end(&[self.code.blocks()], args);
        self.code.begin(self.vregs(function.params(target.block)));
        self.leave(value)
    }

    fn leave(&mut self, value: Value) -> Outcome {
        let ty = self.function.signature.result.expect("valid");
        let preg = code::preg(abi::result(ty));
        self.code.read(self.vreg(value), FixedReg(preg), At::reg(preg));
        self.code.end(&[], Vec::new());
        Ok(())
    }

    /// The moves of the next edge, and a jump to its target, which gives the
    /// arguments the names of the parameters.
    fn edge(&mut self, target: &BlockCall) -> Outcome {
        let out = self.allocation;
        let edge = out.edges.get(self.edges).ok_or(Problem::Short("edges"))?;
        self.edges += 1;
        let (start, end) = (edge.start as usize, edge.end as usize);
        let moves = out.edge_moves.get(start..end);
        let moves = moves.ok_or(Problem::Short("moves on edges"))?;
        if start != self.edge_moves {
            return Err(Problem::Left("moves on edges", 1));
        }
        self.edge_moves = end;
        for &m in moves {
            self.make(m)?;
        }
        let args = self.vregs(self.function.args(target));
        self.jumps.push((self.code.blocks() - 1, target.block));
        self.code.end(&[], args);
        Ok(())
    }
}
