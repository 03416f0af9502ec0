//! A function in regalloc2's terms, with an allocation for it.

use super::error::Refusal;
use crate::codegen::regalloc::Reg;
use crate::ir::{Type, Value};
use regalloc2::checker::Checker;
use regalloc2::{
    Allocation, Block, Edit, Function, Inst, InstOrEdit, InstRange, MachineEnv,
    Operand, OperandConstraint, OperandKind, OperandPos, Output, PReg, PRegSet,
    ProgPoint, RegClass, SpillSlot, VReg,
};
use std::fmt;

/// What an instruction destroys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clobbers {
    /// Nothing.
    Nothing,
    /// The registers that are never allocated.
    Scratch,
    /// All registers that a callee need not preserve, but for the one that
    /// a result comes in.
    Call(Option<Reg>),
}

/// The function under construction. Operands are collected first, then an
/// instruction takes them all.
pub(super) struct Code {
    blocks: Vec<CodeBlock>,
    insts: Vec<CodeInst>,
    operands: Vec<Operand>,
    output: Output,
    vregs: usize,
}

#[derive(Default)]
struct CodeBlock {
    first: usize,
    end: usize,
    params: Vec<VReg>,
    succs: Vec<Block>,
    /// The arguments for the one successor, if there is one.
    args: Vec<VReg>,
}

struct CodeInst {
    first_operand: usize,
    end_operand: usize,
    clobbers: PRegSet,
    branches: bool,
}

impl Code {
    /// An empty function, for values with indices below `values`.
    pub(super) fn new(values: usize) -> Code {
        Code {
            blocks: Vec::new(),
            insts: Vec::new(),
            operands: Vec::new(),
            output: Output::default(),
            vregs: values + 1,
        }
    }

    /// Begins a block and returns its number.
    pub(super) fn begin(&mut self, params: Vec<VReg>) -> usize {
        let first = self.insts.len();
        let block = CodeBlock { first, params, ..CodeBlock::default() };
        self.blocks.push(block);
        self.blocks.len() - 1
    }

    /// Ends the block that was begun last, with an instruction that takes
    /// the pending operands, and names the blocks that can follow.
    pub(super) fn end(&mut self, succs: &[usize], args: Vec<VReg>) {
        self.inst(Clobbers::Nothing);
        let last = self.insts.last_mut().expect("just added");
        last.branches = !succs.is_empty();
        let block = self.blocks.last_mut().expect("a block has begun");
        block.end = self.insts.len();
        block.succs = succs.iter().map(|&succ| Block::new(succ)).collect();
        block.args = args;
    }

    /// Makes a block end with a jump to another one.
    pub(super) fn jump(&mut self, block: usize, succ: usize) {
        let block = &mut self.blocks[block];
        block.succs = vec![Block::new(succ)];
        self.insts[block.end - 1].branches = true;
    }

    /// How many blocks there are: the number of the next one.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// An operand that is read.
    pub(super) fn read(
        &mut self,
        vreg: VReg,
        constraint: OperandConstraint,
        at: Allocation,
    ) {
        let (kind, pos) = (OperandKind::Use, OperandPos::Early);
        self.operands.push(Operand::new(vreg, constraint, kind, pos));
        self.output.allocs.push(at);
    }

    /// An operand that is written.
    pub(super) fn write(
        &mut self,
        vreg: VReg,
        constraint: OperandConstraint,
        at: Allocation,
    ) {
        let (kind, pos) = (OperandKind::Def, OperandPos::Late);
        self.operands.push(Operand::new(vreg, constraint, kind, pos));
        self.output.allocs.push(at);
    }

    /// Whether operands wait for their instruction.
    pub(super) fn has_operands(&self) -> bool {
        self.first_pending() < self.operands.len()
    }

    /// An instruction with the pending operands.
    pub(super) fn inst(&mut self, clobbers: Clobbers) {
        let first_operand = self.first_pending();
        self.output.inst_alloc_offsets.push(first_operand as u32);
        self.insts.push(CodeInst {
            first_operand,
            end_operand: self.operands.len(),
            clobbers: clobbers.set(),
            branches: false,
        });
    }

    /// A move, before the next instruction.
    pub(super) fn copy(&mut self, from: Allocation, to: Allocation) {
        if from == to {
            return;
        }
        // The checker ignores a move from a place of which it knows nothing,
        // and would go on to believe what it knew of the destination.
        let nothing = VReg::new(self.vregs - 1, RegClass::Int);
        self.write(nothing, OperandConstraint::Any, to);
        self.inst(Clobbers::Nothing);
        let at = ProgPoint::before(Inst::new(self.insts.len()));
        self.output.edits.push((at, Edit::Move { from, to }));
    }

    /// The number of stack slots that are in use.
    pub(super) fn set_slots(&mut self, slots: usize) {
        self.output.num_spillslots = slots;
    }

    /// How many contents of places the checker has to keep, at most.
    pub(super) fn contents(&self) -> usize {
        self.blocks.len() * (self.output.num_spillslots + 25)
    }

    /// Runs the checker.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let machine = MachineEnv {
            preferred_regs_by_class: [PRegSet::empty(); 3],
            non_preferred_regs_by_class: [PRegSet::empty(); 3],
            scratch_by_class: [None; 3],
            fixed_stack_slots: Vec::new(),
        };
        let mut checker = Checker::new(self, &machine);
        checker.prepare(&self.output);
        checker.run().map_err(|errors| {
            let code = self.to_string();
            Refusal::Checker { errors, code }
        })
    }

    /// Operands up to here belong to instructions.
    fn first_pending(&self) -> usize {
        self.insts.last().map_or(0, |inst| inst.end_operand)
    }
}

/// The virtual register for a value.
pub(super) fn vreg(value: Value, ty: Type) -> VReg {
    VReg::new(value.as_u32() as usize, class(ty))
}

/// regalloc2's name for a register.
pub(super) fn preg(reg: Reg) -> PReg {
    PReg::new(usize::from(reg.encoding()), class(reg.class()))
}

/// A stack slot.
pub(super) fn slot(number: usize) -> Allocation {
    Allocation::stack(SpillSlot::new(number))
}

fn class(ty: Type) -> RegClass {
    match ty {
        Type::F64 => RegClass::Float,
        Type::Bool => RegClass::Int,
    }
}

impl Clobbers {
    fn set(self) -> PRegSet {
        let scratch = [Reg::XMM_SCRATCH, Reg::GPR_SCRATCH];
        match self {
            Clobbers::Nothing => PRegSet::empty(),
            Clobbers::Scratch => scratch.into_iter().map(preg).collect(),
            Clobbers::Call(result) => {
                let integers = [0, 1, 2, 6, 7, 8, 9, 10, 11].map(Reg::gpr);
                let all = (0..16).map(Reg::xmm).chain(integers);
                all.filter(|&reg| Some(reg) != result).map(preg).collect()
            }
        }
    }
}

impl Function for Code {
    fn num_insts(&self) -> usize {
        self.insts.len()
    }

    fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    fn entry_block(&self) -> Block {
        Block::new(0)
    }

    fn block_insns(&self, block: Block) -> InstRange {
        let CodeBlock { first, end, .. } = self.blocks[block.index()];
        InstRange::new(Inst::new(first), Inst::new(end))
    }

    fn block_succs(&self, block: Block) -> &[Block] {
        &self.blocks[block.index()].succs
    }

    fn block_preds(&self, _: Block) -> &[Block] {
        unreachable!("an allocator asks for predecessors, the checker does not")
    }

    fn block_params(&self, block: Block) -> &[VReg] {
        &self.blocks[block.index()].params
    }

    fn is_ret(&self, _: Inst) -> bool {
        unreachable!("an allocator asks for returns, the checker does not")
    }

    fn is_branch(&self, inst: Inst) -> bool {
        self.insts[inst.index()].branches
    }

    fn branch_blockparams(&self, block: Block, _: Inst, _: usize) -> &[VReg] {
        &self.blocks[block.index()].args
    }

    fn inst_operands(&self, inst: Inst) -> &[Operand] {
        let inst = &self.insts[inst.index()];
        &self.operands[inst.first_operand..inst.end_operand]
    }

    fn inst_clobbers(&self, inst: Inst) -> PRegSet {
        self.insts[inst.index()].clobbers
    }

    fn num_vregs(&self) -> usize {
        self.vregs
    }

    fn spillslot_size(&self, _: RegClass) -> usize {
        1
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, block) in self.blocks.iter().enumerate() {
            writeln!(f, "block{index} {:?}:", block.params)?;
            let block_id = Block::new(index);
            for item in self.output.block_insts_and_edits(self, block_id) {
                match item {
                    InstOrEdit::Edit(Edit::Move { from, to }) => {
                        writeln!(f, "    {to} <- {from}")?;
                    }
                    InstOrEdit::Inst(inst) => {
                        write!(f, "    inst{}:", inst.index())?;
                        let allocs = self.output.inst_allocs(inst);
                        let operands = self.inst_operands(inst);
                        for (operand, at) in operands.iter().zip(allocs) {
                            write!(f, " {operand} at {at};")?;
                        }
                        writeln!(f)?;
                    }
                }
            }
            writeln!(f, "    -> {:?} {:?}", block.succs, block.args)?;
        }
        Ok(())
    }
}
