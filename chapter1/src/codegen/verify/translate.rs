//! From a function and its allocation to a function of regalloc2's.

mod control;
mod places;

use super::code::{Clobbers, Code};
use super::constants::{Constants, is_constant};
use super::error::{Problem, Refusal};
use crate::codegen::abi::{self, Passed};
use crate::codegen::order::Order;
use crate::codegen::regalloc::{Allocation, Allocator, Loc};
use crate::ir::{Block, Function, Inst, InstData, Value};
use cranelift_entity::SecondaryMap;
use regalloc2::OperandConstraint::{self, Any};

/// Translates a function.
pub(super) fn translate(
    function: &Function,
    order: &Order,
    allocator: &Allocator,
) -> Result<Code, Refusal> {
    let signature = function.signature.params.iter().copied();
    let is_stacked = |passed: &Passed| matches!(passed, Passed::Stack(_));
    let mut translator = Translator {
        function,
        allocator,
        allocation: &allocator.allocation,
        code: Code::new(function.values.len()),
        constants: Constants::new(function),
        early_constants: allocator.tuning().preload,
        incoming: abi::passed(signature).filter(is_stacked).count(),
        blocks: SecondaryMap::new(),
        jumps: Vec::new(),
        locs: 0,
        moves: 0,
        edges: 0,
        edge_moves: 0,
        flags: None,
        block: function.entry(),
        inst: None,
    };
    match translator.function(order) {
        Ok(()) => Ok(translator.code),
        Err(problem) => {
            let place = translator.place();
            Err(Refusal::Problem { place, problem })
        }
    }
}

type Outcome<T = ()> = Result<T, Problem>;

struct Translator<'t> {
    function: &'t Function,
    allocator: &'t Allocator,
    allocation: &'t Allocation,
    code: Code,
    constants: Constants,
    /// Whether constants can be read before their definitions.
    early_constants: bool,
    /// How many parameters come on the stack.
    incoming: usize,
    /// The translation of each block.
    blocks: SecondaryMap<Block, Option<usize>>,
    /// Blocks of the translation that end with a jump, and where to.
    jumps: Vec<(usize, Block)>,
    /// How many locations, moves, edges and moves on edges are used up.
    locs: usize,
    moves: usize,
    edges: usize,
    edge_moves: usize,
    /// The comparison whose result is in the flags and nowhere else.
    /// Arithmetic, loads and stores keep it there.
    flags: Option<Value>,
    /// Where we are.
    block: Block,
    inst: Option<Inst>,
}

impl Translator<'_> {
    fn place(&self) -> String {
        match self.inst {
            Some(inst) => self.function.display_inst(inst).to_string(),
            None => self.block.to_string(),
        }
    }

    fn function(&mut self, order: &Order) -> Outcome {
        let first = order.blocks.first().map(|placed| placed.block);
        if first != Some(self.function.entry()) {
            return Err(Problem::Order(self.function.entry()));
        }
        let mut position = 0;
        for placed in &order.blocks {
            (self.block, self.inst) = (placed.block, None);
            if placed.start != position {
                return Err(Problem::Order(placed.block));
            }
            position = self.block(position)? + 1;
        }
        for (block, target) in std::mem::take(&mut self.jumps) {
            let succ = self.blocks[target].ok_or(Problem::Order(target))?;
            self.code.jump(block, succ);
        }
        let spilled = self.allocation.spill_slots as usize;
        let slots = spilled + self.incoming + self.constants.count();
        self.code.set_slots(slots);
        self.all_is_used()
    }

    fn all_is_used(&self) -> Outcome {
        let out = self.allocation;
        for (list, length, used) in [
            ("locations", out.locs.len(), self.locs),
            ("moves", out.moves.len(), self.moves),
            ("edges", out.edges.len(), self.edges),
            ("moves on edges", out.edge_moves.len(), self.edge_moves),
        ] {
            if used != length {
                return Err(Problem::Left(list, length - used));
            }
        }
        Ok(())
    }

    /// Translates the present block, whose beginning has this position, and
    /// returns the position of its end.
    fn block(&mut self, start: u32) -> Outcome<u32> {
        let function = self.function;
        let is_entry = self.block == function.entry();
        let params = match is_entry {
            true => Vec::new(),
            false => self.vregs(function.params(self.block)),
        };
        let number = self.code.begin(params);
        if self.blocks[self.block].replace(number).is_some() {
            return Err(Problem::Order(self.block));
        }
        if is_entry {
            self.function_params()?;
            if self.early_constants {
                self.all_constants();
            }
        }
        for &param in function.params(self.block) {
            if let Some(reg) = self.allocation.params[param].expand() {
                self.store_home(param, reg)?;
            }
        }
        let insts = &function.blocks[self.block].insts;
        let (&last, body) = insts.split_last().expect("a terminator");
        let mut position = start;
        for &inst in body {
            position += 1;
            self.inst = Some(inst);
            self.instruction(inst, position)?;
            self.constants.after(function, inst);
        }
        self.inst = Some(last);
        self.make_moves(position + 1)?;
        self.exit(last)?;
        self.constants.after(function, last);
        Ok(position + 1)
    }

    fn instruction(&mut self, inst: Inst, position: u32) -> Outcome {
        let data = self.function.insts[inst];
        let left_out = self.allocator.is_dead(inst);
        if is_constant(&data) {
            if !self.early_constants {
                self.constant(inst);
            }
            return if left_out { Ok(()) } else { Err(Problem::Executed) };
        }
        if left_out {
            // If somebody needs the result, the checker will miss it.
            return match data {
                InstData::Call { .. } | InstData::Store { .. } => {
                    Err(Problem::LeftOut)
                }
                _ => Ok(()),
            };
        }
        if let InstData::Call { callee, args } = data {
            let args = args.as_slice(&self.function.lists);
            return self.call(inst, callee, args, position);
        }
        self.make_moves(position)?;
        self.operands(&data)?;
        match self.function.results[inst].expand() {
            Some(result) => self.result(&data, result),
            None => {
                self.code.inst(Clobbers::Scratch);
                Ok(())
            }
        }
    }

    /// Defines all constants that are ever read.
    fn all_constants(&mut self) {
        for data in self.function.blocks.values() {
            for &inst in &data.insts {
                if is_constant(&self.function.insts[inst]) {
                    self.constant(inst);
                }
            }
        }
        self.constants.keep_all();
    }

    fn constant(&mut self, inst: Inst) {
        let result = self.function.results[inst].expand();
        let result = result.expect("a constant");
        if let Some(slot) = self.constants.define(result) {
            let at = self.constant_at(slot);
            self.code.write(self.vreg(result), Any, at);
            self.code.inst(Clobbers::Nothing);
        }
    }

    fn operands(&mut self, data: &InstData) -> Outcome {
        let reg = OperandConstraint::Reg;
        let flags = match data {
            InstData::Binary { .. }
            | InstData::Load(_)
            | InstData::Store { .. } => None,
            _ => self.flags.take(),
        };
        match *data {
            InstData::Binary { op, args: [a, b] } => {
                let (a_at, b_at) = (self.loc()?, self.loc()?);
                // One of them must be in a register; if they cannot change
                // places, the first.
                let swap = op.is_commutative() && !matches!(a_at, Loc::Reg(_));
                let (first, second) =
                    if swap { (Any, reg) } else { (reg, Any) };
                self.read(a, a_at, first)?;
                self.read(b, b_at, second)
            }
            InstData::Compare { args: [a, b], .. } => {
                let (a_at, b_at) = (self.loc()?, self.loc()?);
                self.read(a, a_at, reg)?;
                self.read(b, b_at, Any)
            }
            InstData::FromBool(value) => self.condition(value, flags),
            InstData::Select { condition, args: [a, b] } => {
                self.condition(condition, flags)?;
                let (a_at, b_at) = (self.loc()?, self.loc()?);
                self.read(a, a_at, Any)?;
                self.read(b, b_at, Any)
            }
            InstData::Load(_) => Ok(()),
            InstData::Store { value, .. } => {
                let at = self.loc()?;
                self.read(value, at, reg)
            }
            _ => unreachable!("{data:?} is translated elsewhere"),
        }
    }

    /// The result of an instruction other than a call.
    fn result(&mut self, data: &InstData, result: Value) -> Outcome {
        let is_comparison = matches!(data, InstData::Compare { .. });
        match self.loc()? {
            Loc::Flags if is_comparison => {
                self.code.inst(Clobbers::Scratch);
                self.flags = Some(result);
                Ok(())
            }
            Loc::Reg(reg) => {
                let at = self.reg(result, reg)?;
                let vreg = self.vreg(result);
                self.code.write(vreg, OperandConstraint::Reg, at);
                self.code.inst(Clobbers::Scratch);
                self.store_home(result, reg)
            }
            other => Err(Problem::Location(result, other)),
        }
    }
}
