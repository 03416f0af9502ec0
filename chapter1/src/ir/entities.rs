//! The index types of a function's tables.

use cranelift_entity::{EntityList, entity_impl};

/// A basic block; printed as `block3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block(u32);
entity_impl!(Block, "block");

/// An instruction. Instructions have no name in the text form: those that
/// yield something are known by their value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inst(u32);
entity_impl!(Inst, "inst");

/// A value: a block parameter or the result of an instruction; printed as
/// `v7`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(u32);
entity_impl!(Value, "v");

/// A stack slot, the home of a mutable variable; printed as `s0`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);
entity_impl!(Slot, "s");

/// A function that is called by name, as declared in the caller; printed as
/// `fn0`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Callee(u32);
entity_impl!(Callee, "fn");

/// A list of values in the function's pool: call arguments, block
/// parameters, the arguments of a jump.
pub type ValueList = EntityList<Value>;
