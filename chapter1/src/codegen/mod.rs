//! IR to machine code: blocks in a row, places for values, bytes.
//!
//! ```text
//! Function ──order──▶ blocks in a row ──regalloc──▶ a place for each value ──emit──▶ bytes and edges
//! ```

pub mod abi;
mod emit;
pub mod listing;
pub mod order;
pub mod regalloc;
pub mod target;
pub mod tuning;
#[cfg(feature = "verify")]
pub mod verify;

pub use target::{Target, UnknownFeatures};
pub use tuning::Tuning;

use crate::cancel::{self, Cancelled};
use crate::ir::{Function, Module};
use crate::link::LinkGraph;
use crate::symbol::Symbol;
use thiserror::Error;

/// A function cannot be compiled.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CodegenError {
    /// Its variables and intermediate values do not fit a stack frame.
    #[error(
        "`{name}` needs {bytes} bytes of stack for one call; at most {max} \
         are possible",
        max = MAX_FRAME
    )]
    FrameTooLarge {
        /// The function.
        name: Symbol,
        /// What it needs.
        bytes: u64,
    },
    /// Somebody wants everything to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// The largest stack frame. A guard area of this size below a stack catches
/// any overflow, since no call can step over it.
pub const MAX_FRAME: u64 = 1 << 20;

/// The code generator, with its tables. They are kept between modules, so
/// that compiling a small function allocates next to nothing.
pub struct CodeGenerator {
    target: Target,
    order: order::Order,
    allocator: regalloc::Allocator,
    scratch: emit::Scratch,
    constants: emit::Constants,
}

impl CodeGenerator {
    /// A code generator for a target.
    pub fn new(target: Target) -> CodeGenerator {
        CodeGenerator::tuned(target, Tuning::default())
    }

    /// A code generator that makes these improvements.
    pub fn tuned(target: Target, tuning: Tuning) -> CodeGenerator {
        CodeGenerator {
            target,
            order: order::Order::default(),
            allocator: regalloc::Allocator::default().tuned(tuning),
            scratch: emit::Scratch::default(),
            constants: emit::Constants::default(),
        }
    }

    /// The target that code is generated for.
    pub fn target(&self) -> Target {
        self.target
    }

    /// Compiles a module that the verifier accepts.
    ///
    /// # Errors
    /// If a function's frame is too large, or everything shall stop.
    pub fn compile(
        &mut self,
        module: &Module,
    ) -> Result<LinkGraph, CodegenError> {
        let mut graph = LinkGraph::default();
        self.constants.reset();
        self.scratch.reset();
        for function in &module.functions {
            self.function(function, &mut graph)?;
        }
        self.constants.finish(&mut graph);
        Ok(graph)
    }

    fn function(
        &mut self,
        function: &Function,
        graph: &mut LinkGraph,
    ) -> Result<(), CodegenError> {
        self.order.compute(function);
        cancel::check()?;
        self.allocator.run(function, &self.order)?;
        // With debug assertions only: benchmarks are built with the feature
        // too, and must not measure the checker.
        #[cfg(all(feature = "verify", debug_assertions))]
        if let Err(refusal) =
            verify::check(function, &self.order, &self.allocator)
        {
            panic!("register allocation is wrong: {refusal}\n{function}");
        }
        let allocation = &self.allocator.allocation;
        let eightbytes = function.slots.len() as u64
            + u64::from(allocation.spill_slots)
            + u64::from(allocation.outgoing);
        if 8 * eightbytes > MAX_FRAME {
            let name = function.name.clone();
            let bytes = 8 * eightbytes;
            return Err(CodegenError::FrameTooLarge { name, bytes });
        }
        emit::emit(
            function,
            &self.order,
            &self.allocator,
            self.target,
            &mut self.scratch,
            &mut self.constants,
            graph,
        )?;
        Ok(())
    }
}
