//! What can go wrong with executor memory.

use std::io;

use crate::executor::ExecutorAddr;

/// Why executor memory could not be made, or refused an operation. A refused
/// operation has changed nothing, unless the kernel refused it.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// More was asked for than a 32-bit displacement spans.
    #[error(
        "{requested} bytes of code and data are more than the {limit} that \
         calls between them can span"
    )]
    TooLarge {
        /// Bytes of code and data together.
        requested: u64,
        /// The most that is possible.
        limit: u64,
    },

    /// The kernel refused a step.
    #[error("cannot {action}: {source}")]
    Kernel {
        /// What was tried.
        action: &'static str,
        /// What the kernel answered.
        source: io::Error,
    },

    /// A range is not inside the part of the lease that the operation is for.
    #[error("{start}..{end} is not in the executor's {part}")]
    Outside {
        /// `memory` (code or data, but not across both), `code` or `data`.
        part: &'static str,
        /// Where the range starts.
        start: ExecutorAddr,
        /// Where it ends.
        end: ExecutorAddr,
    },

    /// Sealed code was to be written or sealed again.
    #[error("{start}..{end} holds sealed code")]
    Sealed {
        /// Where the range starts.
        start: ExecutorAddr,
        /// Where it ends.
        end: ExecutorAddr,
    },

    /// An address is not a multiple of what the operation works on.
    #[error("{at} is not a multiple of {align}")]
    Misaligned {
        /// The address.
        at: ExecutorAddr,
        /// What it should be a multiple of.
        align: u64,
    },
}

impl MemoryError {
    /// The error of a system call that was to do `action`.
    pub(super) fn kernel(
        action: &'static str,
    ) -> impl Fn(io::Error) -> MemoryError {
        move |source| MemoryError::Kernel { action, source }
    }
}
