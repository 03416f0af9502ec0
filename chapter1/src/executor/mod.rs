//! The executor: what holds machine code and runs it.
//!
//! | file | what it has |
//! |---|---|
//! | `addr` | addresses that need not be this process's |
//! | `memory` | memory that is writable or executable, never both |
//! | `host` | functions of the host that Kaleidoscope may call |
//! | `output` | where `putchard` and `printd` write |
//! | `call` | the way into machine code |

mod addr;
pub mod call;
pub mod host;
pub mod memory;
pub mod output;

pub use addr::ExecutorAddr;
pub use host::{Host, HostFunction};
