//! Host thunks: what JIT'd code calls in place of a function of the host.
//!
//! ```text
//! mov r10, function
//! mov r11, gate
//! jmp r11
//! ```
//! They lie in memory of their own, and stay as long as the executor.

use super::closure::Named;
use super::host::{Callee, HostFunction};
use super::memory::{Memory, MemoryConfig, MemoryError};
use super::{ExecutorAddr, gate};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, VecAssembler, x64::X64Relocation};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The distance from one thunk to the next.
const SPACING: usize = 32;

/// Room for some ten thousand thunks; where every piece of code needs a page
/// of its own, for as many pieces as it has pages.
const CODE_SIZE: u64 = 1 << 20;

/// The thunks of one executor.
pub(super) struct Thunks {
    memory: Memory,
    /// Where the next one goes.
    next: ExecutorAddr,
    functions: FxHashMap<String, HostFunction>,
    /// What some thunks lead to. Each stays where it is.
    closures: Vec<Arc<Named>>,
}

impl Thunks {
    /// Makes the thunks of all functions that the host has.
    pub(super) fn new<'a>(
        callees: impl Iterator<Item = (&'a str, &'a Callee)>,
        config: &MemoryConfig,
    ) -> Result<Thunks, MemoryError> {
        let memory = Memory::new(&MemoryConfig {
            code_size: CODE_SIZE,
            data_size: 0,
            mapping: config.mapping,
        })?;
        let next = memory.lease().code.start;
        let functions = FxHashMap::default();
        let closures = Vec::new();
        let mut thunks = Thunks { memory, next, functions, closures };
        thunks.add(callees)?;
        Ok(thunks)
    }

    /// The thunk of the function of this name.
    pub(super) fn find(&self, name: &str) -> Option<HostFunction> {
        self.functions.get(name).copied()
    }

    /// Makes thunks, all together: they are written, then sealed.
    pub(super) fn add<'a>(
        &mut self,
        callees: impl Iterator<Item = (&'a str, &'a Callee)>,
    ) -> Result<(), MemoryError> {
        let mut code = VecAssembler::<X64Relocation>::new(0);
        let mut functions = Vec::new();
        for (name, callee) in callees {
            code.align(SPACING, 0xcc);
            let address = self.next + code.offset().0 as u64;
            let params = callee.params();
            let is_pure = callee.is_pure();
            let function = HostFunction { address, params, is_pure };
            functions.push((name.to_owned(), function));
            let (function, gate) = self.way_to(name, callee);
            dynasm!(code
                ; .arch x64
                ; mov r10, QWORD function as i64
                ; mov r11, QWORD gate as *const () as i64
                ; jmp r11
            );
        }
        let code = code.finalize().expect("nothing to relocate");
        let range = self.memory.code_range(self.next, code.len())?;
        self.memory.write(range.start, &code)?;
        self.memory.seal(range.clone())?;
        self.next = range.end.align_up(SPACING as u64);
        self.functions.extend(functions);
        Ok(())
    }

    /// What the gate to a function finds in `r10`, and the gate.
    fn way_to(
        &mut self,
        name: &str,
        callee: &Callee,
    ) -> (u64, unsafe extern "C" fn()) {
        match callee {
            Callee::C { address, params: Some(_), .. } => {
                (address.as_u64(), gate::to_c)
            }
            Callee::C { address, params: None, .. } => {
                (address.as_u64(), gate::to_c_with_stack)
            }
            Callee::Closure(closure) => {
                let (name, closure) = (name.to_owned(), closure.clone());
                let named = Arc::new(Named { name, closure });
                let at = Arc::as_ptr(&named).expose_provenance();
                self.closures.push(named);
                (at as u64, gate::to_closure)
            }
        }
    }
}

#[cfg(test)]
mod tests;
