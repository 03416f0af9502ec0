//! The one door to memory and code that run, wherever that is.

use super::memory::{Lease, MemoryError};
use super::{
    ExecutorAddr, Frames, HostClosure, HostError, HostFunction, NATIVE_HEADROOM,
};
use crate::codegen::Target;
use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Weak;
use thiserror::Error;

/// Holds machine code and runs it. The *client*, which makes the code, says
/// where everything goes; a remote executor needs one message for a commit.
pub trait Executor: Send + Sync {
    /// What code it runs.
    fn target(&self) -> Target;

    /// The addresses that the client may use.
    fn lease(&self) -> &Lease;

    /// Changes memory, before any later call and in this order: segments are
    /// written, code among them sealed; pointers are stored, each atomically,
    /// so that code that runs meanwhile finds whole what they lead to; the
    /// retirements are taken.
    ///
    /// Returns ranges retired by *earlier* batches that are quiescent now:
    /// their addresses may be used again. Freeing is dear, so ranges may be
    /// held back until there are many; an empty batch asks for all of them.
    ///
    /// # Errors
    /// If the batch is wrong, or the executor's system refuses. Nothing of
    /// the batch has been done then: its segments' addresses are as free, and
    /// what it retires is as much in use, as before.
    fn commit(
        &self,
        batch: &Batch,
    ) -> Result<Vec<Range<ExecutorAddr>>, ExecutorError>;

    /// Gives the host a function which code can call from now on.
    ///
    /// # Errors
    /// If the name is that of another function, or memory is short.
    fn register(
        &self,
        name: &str,
        function: HostClosure,
    ) -> Result<(), ExecutorError>;

    /// The function of the host that has this name.
    ///
    /// # Errors
    /// If there is none that may be called.
    fn host_symbol(&self, name: &str) -> Result<HostFunction, HostError>;

    /// Whether there is one. That may take less time than to say why not.
    fn has_host_symbol(&self, name: &str) -> bool {
        self.host_symbol(name).is_ok()
    }

    /// The host functions whose number of parameters is known, with that.
    fn host_symbols(&self) -> Vec<(String, usize)>;

    /// Calls a function and waits until it returns. Functions of the host
    /// may do so in the course of such a call.
    ///
    /// # Errors
    /// If it cannot be called, or is left without a result: by a stack
    /// overflow, an interruption, or the failure of a function of the host.
    /// All is as before then, and the next call works.
    ///
    /// # Safety
    /// At `function` begins a committed function of the System V calling
    /// convention, which takes that many `double`s and returns one. Neither
    /// it nor what it can reach was retired before the call.
    unsafe fn call(
        &self,
        function: ExecutorAddr,
        args: &[f64],
    ) -> Result<f64, ExecutorError>;

    /// Where code jumps that has met a function without a body, with the
    /// function's stub in `r10` and its arguments where the function expects
    /// them. (An executor that runs nothing may say anything.)
    fn resolver(&self) -> ExecutorAddr;

    /// Says who is asked from now on when code meets a function that has no
    /// body yet. The executor does not keep that alive.
    fn set_reentry(&self, handler: Weak<dyn Reentry>);
}

/// Gives functions a body when code first meets them.
pub trait Reentry: Send + Sync {
    /// Where the function behind `stub` begins. The executor holds no lock
    /// meanwhile: commits and calls are allowed. Should everything have to
    /// stop, the answer does not matter.
    ///
    /// # Errors
    /// If it cannot be given a body; code does not continue at `stub` then.
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>>;
}

/// Changes to an executor's memory that belong together.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Batch {
    /// What is written.
    pub segments: Vec<Segment>,
    /// Pointers in the data range, at multiples of 8, and their new values.
    pub pointers: Vec<(ExecutorAddr, u64)>,
    /// Addresses that nothing leads to any more, once the pointers above are
    /// stored. Calls that have begun may still be in them.
    pub retirements: Vec<Range<ExecutorAddr>>,
}

impl Batch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
            && self.pointers.is_empty()
            && self.retirements.is_empty()
    }
}

/// What a range of addresses is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SegmentKind {
    /// Written once, then only executed and read.
    Code,
    /// Read and written, never executed.
    Data,
}

/// Bytes and their place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Code is sealed up to the next multiple of the lease's granularity, and
    /// starts at a multiple of it.
    pub kind: SegmentKind,
    /// Where they go.
    pub at: ExecutorAddr,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// An executor cannot do what it was asked for.
#[derive(Debug, Error)]
pub enum ExecutorError {
    /// Its memory cannot be changed so.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The name is that of another function.
    #[error("the host has a function `{name}` already")]
    HasFunction {
        /// The name.
        name: String,
    },
    /// A call has too many arguments.
    #[error("a call passes at most {limit} arguments, not {given}")]
    TooManyArguments {
        /// How many there are.
        given: usize,
        /// How many there can be.
        limit: usize,
    },
    /// Code met a function without a body, and there is nobody to ask.
    #[error("the function at {stub} has no body, and nobody makes one")]
    NobodyToAsk {
        /// The stub of the function.
        stub: ExecutorAddr,
    },
    /// Code met a function without a body, and it cannot be given one.
    #[error("the function at {stub} cannot be given a body: {source}")]
    Unresolved {
        /// The stub of the function.
        stub: ExecutorAddr,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
        /// The functions that were active.
        frames: Frames,
    },
    /// A thread cannot have a stack for code.
    #[error("there is no stack for JIT'd code: {0}")]
    NoStack(#[source] io::Error),
    /// A thread has little native stack left, which functions of the host
    /// would use.
    #[error(
        "stack overflow in functions of the host: {left} bytes are left, and \
         JIT'd code is called with no less than {NATIVE_HEADROOM}"
    )]
    NativeStackFull {
        /// How many bytes.
        left: usize,
    },
    /// Calls were nested too deeply.
    #[error("stack overflow in JIT'd code")]
    StackOverflow {
        /// The functions that were active.
        frames: Frames,
    },
    /// Somebody wanted everything to stop.
    #[error("interrupted")]
    Interrupted {
        /// The functions that were active.
        frames: Frames,
    },
    /// A function of the host returned an error.
    #[error("`{name}` failed: {source}")]
    HostFailed {
        /// Its name.
        name: String,
        /// The error.
        source: Box<dyn Error + Send + Sync>,
        /// The functions that were active.
        frames: Frames,
    },
    /// A function of the host panicked.
    #[error("`{name}` panicked: {message}")]
    HostPanicked {
        /// Its name.
        name: String,
        /// What it had to say.
        message: String,
        /// The functions that were active.
        frames: Frames,
    },
}

impl ExecutorError {
    /// The functions that were active, if code was running.
    pub fn frames(&self) -> Option<&Frames> {
        match self {
            ExecutorError::StackOverflow { frames }
            | ExecutorError::Interrupted { frames }
            | ExecutorError::Unresolved { frames, .. }
            | ExecutorError::HostFailed { frames, .. }
            | ExecutorError::HostPanicked { frames, .. } => Some(frames),
            _ => None,
        }
    }
}

impl fmt::Display for SegmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SegmentKind::Code => "code",
            SegmentKind::Data => "data",
        })
    }
}
