//! IR to machine code.

pub mod abi;
pub mod order;
pub mod regalloc;
pub mod target;

pub use target::{Target, UnknownFeatures};
