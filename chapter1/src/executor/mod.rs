//! The executor: what holds machine code and runs it.
//!
//! | file | what it has |
//! |---|---|
//! | `traits` | the `Executor` trait: the only door to all of it |
//! | `in_process` | the executor that is this process |
//! | `epochs` | which calls are active, so what can be freed |
//! | `addr` | addresses that need not be this process's |
//! | `memory` | memory that is writable or executable, never both |
//! | `host` | functions of the host that Kaleidoscope may call |
//! | `output` | where `putchard` and `printd` write |
//! | `call` | the way into machine code |

mod addr;
pub mod call;
mod epochs;
#[cfg(test)]
pub(crate) mod fake;
pub mod host;
mod in_process;
pub mod memory;
pub mod output;
mod traits;

pub use addr::ExecutorAddr;
pub use host::{Host, HostError, HostFunction};
pub use in_process::InProcess;
pub use traits::{
    Batch, Executor, ExecutorError, Reentry, Segment, SegmentKind,
};
