//! The tables that a function is made of.

use super::entities::{Block, Callee, Inst, Slot, Value, ValueList};
use super::instruction::{BlockCall, InstData, Type};
use crate::span::Span;
use crate::symbol::Symbol;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{ListPool, PrimaryMap};
use smallvec::SmallVec;

/// A unit of IR: functions that are compiled together.
#[derive(Clone, Default, Debug)]
pub struct Module {
    /// The functions, in the order of their definition.
    pub functions: Vec<Function>,
}

/// The types of a function's parameters and of its result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The parameters, in order.
    pub params: Box<[Type]>,
    /// The result; none for a function called for its effect only.
    pub result: Option<Type>,
}

impl Signature {
    /// The signature of every Kaleidoscope function: numbers in, one out.
    pub fn kaleidoscope(params: usize) -> Signature {
        Signature {
            params: vec![Type::F64; params].into_boxed_slice(),
            result: Some(Type::F64),
        }
    }
}

/// What kind of function a callee is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalleeKind {
    /// One that Kaleidoscope text names: a definition or a host function.
    Function,
    /// One of the JIT's own, which compiled code calls behind the scenes.
    Runtime,
}

/// A function as its caller declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalleeData {
    /// The name to link against.
    pub name: Symbol,
    /// What the caller passes and expects.
    pub signature: Signature,
    /// Who provides it.
    pub kind: CalleeKind,
}

/// The instructions of a block. Most blocks are short: those do without an
/// allocation.
pub type InstList = SmallVec<[Inst; 8]>;

/// A basic block.
#[derive(Clone, Default, Debug)]
pub struct BlockData {
    /// The values that predecessors pass.
    pub params: ValueList,
    /// The instructions, of which the last, and only the last, is a
    /// terminator.
    pub insts: InstList,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
// ANCHOR: ValueDef
pub enum ValueDef {
    /// The block's parameter with this index.
    Param(Block, u32),
    /// The result of this instruction.
    Inst(Inst),
    /// Nowhere any more: its definition was removed.
    Detached,
}
// ANCHOR_END: ValueDef

/// A value's type and origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueData {
    /// Its type.
    pub ty: Type,
    /// Its definition.
    pub def: ValueDef,
}

/// A function in SSA form.
///
/// The first block is the entry; its parameters are the function's. A block
/// without instructions and parameters has been removed.
#[derive(Clone, Debug)]
// ANCHOR: Function
pub struct Function {
    /// The name under which it can be called.
    pub name: Symbol,
    /// Its type.
    pub signature: Signature,
    /// The functions that it calls.
    pub callees: PrimaryMap<Callee, CalleeData>,
    /// The type of each stack slot. A slot holds nothing until it is stored
    /// to.
    pub slots: PrimaryMap<Slot, Type>,
    /// The blocks; the first is the entry.
    pub blocks: PrimaryMap<Block, BlockData>,
    /// The instructions.
    pub insts: PrimaryMap<Inst, InstData>,
    /// For each instruction, the value it defines.
    pub results: PrimaryMap<Inst, PackedOption<Value>>,
    /// For each instruction, the source text it was made for.
    pub spans: PrimaryMap<Inst, Span>,
    /// The values.
    pub values: PrimaryMap<Value, ValueData>,
    /// The storage of every [`ValueList`].
    pub lists: ListPool<Value>,
}
// ANCHOR_END: Function

impl Function {
    /// A function without any block yet.
    pub fn new(name: Symbol, signature: Signature) -> Function {
        Function {
            name,
            signature,
            callees: PrimaryMap::new(),
            slots: PrimaryMap::new(),
            blocks: PrimaryMap::new(),
            insts: PrimaryMap::new(),
            results: PrimaryMap::new(),
            spans: PrimaryMap::new(),
            values: PrimaryMap::new(),
            lists: ListPool::new(),
        }
    }

    /// Makes it another function without any block, but keeps the memory of
    /// its tables.
    pub fn reset(&mut self, name: Symbol, signature: Signature) {
        self.name = name;
        self.signature = signature;
        self.callees.clear();
        self.slots.clear();
        self.blocks.clear();
        self.insts.clear();
        self.results.clear();
        self.spans.clear();
        self.values.clear();
        self.lists.clear();
    }

    /// The block in which the function starts.
    pub fn entry(&self) -> Block {
        Block::from_u32(0)
    }

    /// The parameters of a block.
    pub fn params(&self, block: Block) -> &[Value] {
        self.blocks[block].params.as_slice(&self.lists)
    }

    /// The arguments that a jump passes.
    pub fn args(&self, target: &BlockCall) -> &[Value] {
        target.args.as_slice(&self.lists)
    }

    /// The instruction that ends a block.
    ///
    /// # Panics
    /// If the block is empty; the verifier refuses such functions.
    pub fn terminator(&self, block: Block) -> Inst {
        *self.blocks[block].insts.last().expect("a block has a terminator")
    }

    /// The blocks that can follow, in the order of the terminator's targets.
    pub fn successors(
        &self,
        block: Block,
    ) -> impl DoubleEndedIterator<Item = Block> + '_ {
        let insts = &self.blocks[block].insts;
        let targets = match insts.last() {
            Some(&last) => self.insts[last].targets(),
            None => &[],
        };
        targets.iter().map(|target| target.block)
    }

    /// The type that an instruction yields, if it yields anything.
    #[inline]
    pub fn result_type(&self, data: &InstData) -> Option<Type> {
        match data {
            InstData::Const(_)
            | InstData::Binary { .. }
            | InstData::FromBool(_) => Some(Type::F64),
            InstData::BoolConst(_) | InstData::Compare { .. } => {
                Some(Type::Bool)
            }
            InstData::Select { args, .. } => Some(self.values[args[0]].ty),
            InstData::Load(slot) => Some(self.slots[*slot]),
            InstData::Call { callee, .. } => {
                self.callees[*callee].signature.result
            }
            InstData::Store { .. }
            | InstData::Jump(_)
            | InstData::Branch { .. }
            | InstData::Return(_) => None,
        }
    }

    /// Calls `visit` with each value that the instruction reads, in order.
    pub fn visit_operands(&self, inst: Inst, mut visit: impl FnMut(Value)) {
        match &self.insts[inst] {
            InstData::Const(_) | InstData::BoolConst(_) | InstData::Load(_) => {
            }
            InstData::Binary { args, .. } | InstData::Compare { args, .. } => {
                args.iter().copied().for_each(visit);
            }
            InstData::FromBool(value)
            | InstData::Store { value, .. }
            | InstData::Return(value) => visit(*value),
            InstData::Select { condition, args } => {
                visit(*condition);
                args.iter().copied().for_each(visit);
            }
            InstData::Call { args, .. } => {
                args.as_slice(&self.lists).iter().copied().for_each(visit);
            }
            InstData::Jump(target) => {
                self.args(target).iter().copied().for_each(visit);
            }
            InstData::Branch { condition, targets } => {
                visit(*condition);
                for target in targets {
                    self.args(target).iter().copied().for_each(&mut visit);
                }
            }
        }
    }

    /// Appends an instruction to a block and defines its result, if any.
    pub fn push_inst(
        &mut self,
        block: Block,
        data: InstData,
        span: Span,
    ) -> Inst {
        let inst = self.insts.push(data);
        let result = self.result_type(&data).map(|ty| {
            self.values.push(ValueData { ty, def: ValueDef::Inst(inst) })
        });
        self.results.push(result.into());
        self.spans.push(span);
        self.blocks[block].insts.push(inst);
        inst
    }

    /// Appends a parameter to a block.
    pub fn push_param(&mut self, block: Block, ty: Type) -> Value {
        let index = self.blocks[block].params.len(&self.lists) as u32;
        let def = ValueDef::Param(block, index);
        let value = self.values.push(ValueData { ty, def });
        self.blocks[block].params.push(value, &mut self.lists);
        value
    }
}
