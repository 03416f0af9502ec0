//! Building a function, one instruction at a time.

use super::entities::{Block, Callee, Inst, Slot, Value, ValueList};
use super::function::{BlockData, CalleeData, Function};
use super::instruction::{BinaryOp, BlockCall, FloatCondition, InstData, Type};
use crate::span::Span;

/// A cursor into a function that appends instructions to its current block.
///
/// The builder checks nothing; [`verify`](super::verify()) does.
pub struct FunctionBuilder<'f> {
    /// The function being built.
    pub function: &'f mut Function,
    block: Block,
    span: Span,
}

impl<'f> FunctionBuilder<'f> {
    /// Makes the entry block with the signature's parameters, and starts
    /// there.
    pub fn new(function: &'f mut Function) -> FunctionBuilder<'f> {
        let block = function.blocks.push(BlockData::default());
        for index in 0..function.signature.params.len() {
            function.push_param(block, function.signature.params[index]);
        }
        FunctionBuilder { function, block, span: Span::default() }
    }

    /// The block that instructions are appended to.
    pub fn current_block(&self) -> Block {
        self.block
    }

    /// Appends to `block` from now on.
    pub fn switch_to(&mut self, block: Block) {
        self.block = block;
    }

    /// The source text that the next instructions are made for.
    pub fn set_span(&mut self, span: Span) {
        self.span = span;
    }

    /// A new block, empty and unreachable as yet.
    pub fn create_block(&mut self) -> Block {
        self.function.blocks.push(BlockData::default())
    }

    /// Appends a parameter to a block.
    pub fn append_param(&mut self, block: Block, ty: Type) -> Value {
        self.function.push_param(block, ty)
    }

    /// A new stack slot.
    pub fn create_slot(&mut self, ty: Type) -> Slot {
        self.function.slots.push(ty)
    }

    /// Declares a function to be called.
    pub fn import(&mut self, callee: CalleeData) -> Callee {
        self.function.callees.push(callee)
    }

    /// A number.
    pub fn constant(&mut self, value: f64) -> Value {
        self.value(InstData::Const(value))
    }

    /// A truth value.
    pub fn bool_constant(&mut self, value: bool) -> Value {
        self.value(InstData::BoolConst(value))
    }

    /// Arithmetic on two numbers.
    pub fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        self.value(InstData::Binary { op, args: [a, b] })
    }

    /// A comparison of two numbers.
    pub fn compare(
        &mut self,
        condition: FloatCondition,
        a: Value,
        b: Value,
    ) -> Value {
        self.value(InstData::Compare { condition, args: [a, b] })
    }

    /// A truth value as a number.
    pub fn from_bool(&mut self, value: Value) -> Value {
        self.value(InstData::FromBool(value))
    }

    /// One of two values.
    pub fn select(&mut self, condition: Value, a: Value, b: Value) -> Value {
        self.value(InstData::Select { condition, args: [a, b] })
    }

    /// Reads a slot.
    pub fn load(&mut self, slot: Slot) -> Value {
        self.value(InstData::Load(slot))
    }

    /// Writes a slot.
    pub fn store(&mut self, slot: Slot, value: Value) {
        self.push(InstData::Store { slot, value });
    }

    /// Calls a function; `None` if it yields nothing.
    pub fn call(&mut self, callee: Callee, args: &[Value]) -> Option<Value> {
        let args = self.list(args);
        let inst = self.push(InstData::Call { callee, args });
        self.function.results[inst].expand()
    }

    /// Ends the block: continues in `block`.
    pub fn jump(&mut self, block: Block, args: &[Value]) {
        let args = self.list(args);
        self.push(InstData::Jump(BlockCall { block, args }));
    }

    /// Ends the block: continues in one of two others, with their arguments.
    pub fn branch(
        &mut self,
        condition: Value,
        then: (Block, &[Value]),
        otherwise: (Block, &[Value]),
    ) {
        let targets = [then, otherwise]
            .map(|(block, args)| BlockCall { block, args: self.list(args) });
        self.push(InstData::Branch { condition, targets });
    }

    /// Ends the block: leaves the function.
    pub fn ret(&mut self, value: Value) {
        self.push(InstData::Return(value));
    }

    fn list(&mut self, values: &[Value]) -> ValueList {
        ValueList::from_slice(values, &mut self.function.lists)
    }

    fn push(&mut self, data: InstData) -> Inst {
        self.function.push_inst(self.block, data, self.span)
    }

    fn value(&mut self, data: InstData) -> Value {
        let inst = self.push(data);
        self.function.results[inst].expand().expect("yields a value")
    }
}
