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
//! | `closure` | those among them that are Rust functions |
//! | `output` | where `putchard` and `printd` write |
//!
//! Code runs on a stack of its own, and gets there and back in one of these
//! ways:
//!
//! | file | what it has |
//! |---|---|
//! | `stack`, `context` | that stack, and what lies at its top |
//! | `thread` | what a thread needs before it can enter |
//! | `entry` | the way in, and out at the end |
//! | `thunks`, `gate` | the way to functions of the host, and back |
//! | `resolver` | the way to functions that have no body yet |
//! | `escape` | the way out when something fails |
//! | `frames` | where that was |
//! | `traps` | signals that become such failures |

mod addr;
pub mod call;
mod closure;
mod context;
mod entry;
mod epochs;
mod escape;
#[cfg(test)]
#[path = "tests/fake.rs"]
pub(crate) mod fake;
mod frames;
mod gate;
pub mod host;
mod in_process;
pub mod memory;
pub mod output;
mod resolver;
mod stack;
mod thread;
mod thunks;
mod traits;
pub mod traps;

pub use addr::ExecutorAddr;
pub use closure::{HostClosure, HostFn};
pub use entry::{MAX_ARGUMENTS, NATIVE_HEADROOM};
pub use frames::{Frames, MAX_FRAMES};
pub use gate::MAX_PARAMETERS;
pub use host::{Host, HostError, HostFunction};
pub use in_process::InProcess;
pub use stack::DEPTH;
pub use traits::{
    Batch, Executor, ExecutorError, Reentry, Segment, SegmentKind,
};
