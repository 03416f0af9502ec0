//! The executor: the process that holds machine code and runs it.

mod addr;
pub mod memory;

pub use addr::ExecutorAddr;
