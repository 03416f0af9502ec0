//! Detours: a call reaches two gigabytes, but the host's functions may be
//! anywhere.
//!
//! A *thunk* is a jump through a pointer. The thunk lies among the code,
//! within reach of every call; the pointer lies among the data, in what other
//! linkers call the global offset table, and can hold any address.

use super::address_space::{AddressSpace, Allocation, SegmentKind};
use super::linker::LinkError;
use crate::executor::ExecutorAddr;
use crate::executor::memory::{Memory, MemoryError};
use rustc_hash::FxHashMap;

/// The thunks of one lease. There is one for each function that was ever out
/// of reach; they are few, and stay.
#[derive(Default)]
pub(super) struct Thunks {
    by_target: FxHashMap<ExecutorAddr, ExecutorAddr>,
}

/// `jmp [rip + displacement]`, before the displacement.
const JUMP_THROUGH: [u8; 2] = [0xff, 0x25];
/// The size of that instruction.
const THUNK_SIZE: u64 = 6;

impl Thunks {
    /// The thunk that leads to `target`, made when first asked for.
    pub(super) fn to(
        &mut self,
        target: ExecutorAddr,
        space: &mut AddressSpace,
        memory: &mut Memory,
    ) -> Result<ExecutorAddr, LinkError> {
        if let Some(&thunk) = self.by_target.get(&target) {
            return Ok(thunk);
        }
        let pointer = space.allocate(SegmentKind::Data, 8, 8)?;
        let code = match space.allocate(SegmentKind::Code, THUNK_SIZE, 16) {
            Ok(code) => code,
            Err(full) => {
                space.free(pointer);
                return Err(full.into());
            }
        };
        let thunk = code.range().start;
        if let Err(error) = write(target, &code, &pointer, memory) {
            space.free(pointer);
            space.free(code);
            return Err(error.into());
        }
        self.by_target.insert(target, thunk);
        Ok(thunk)
    }
}

/// Writes a thunk to `code`, and the target's address to `pointer`.
fn write(
    target: ExecutorAddr,
    code: &Allocation,
    pointer: &Allocation,
    memory: &mut Memory,
) -> Result<(), MemoryError> {
    let (pointer, code) = (pointer.range().start, code.range());
    let end = code.start + THUNK_SIZE;
    let displacement = i32::try_from(pointer.distance(end));
    let displacement = displacement.expect("in the same lease");
    memory.store_pointer(pointer, target.as_u64())?;
    let mut bytes = JUMP_THROUGH.to_vec();
    bytes.extend(displacement.to_le_bytes());
    memory.write(code.start, &bytes)?;
    memory.seal(code)
}
