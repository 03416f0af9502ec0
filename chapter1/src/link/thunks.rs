//! Detours: a call reaches two gigabytes, but the host's functions may be
//! anywhere.
//!
//! A *thunk* is a jump through a pointer. The thunk lies among the code,
//! within reach of every call; the pointer lies among the data, in what other
//! linkers call the global offset table, and can hold any address.

use super::address_space::{AddressSpace, AddressSpaceFull, Allocation};
use crate::executor::{Batch, ExecutorAddr, Segment, SegmentKind};
use rustc_hash::FxHashMap;

/// The committed thunks of one lease. There is one for each function that was
/// ever out of reach; they are few, and stay.
#[derive(Default)]
pub(super) struct Thunks {
    by_target: FxHashMap<ExecutorAddr, Thunk>,
}

impl Thunks {
    /// The thunk that leads to `target`, if there is one.
    pub(super) fn to(&self, target: ExecutorAddr) -> Option<ExecutorAddr> {
        Some(self.by_target.get(&target)?.address())
    }

    /// Lets every graph use a thunk that has been committed. If there is one
    /// for its target already, it is given back.
    pub(super) fn share(&mut self, thunk: Thunk) -> Option<Thunk> {
        if self.by_target.contains_key(&thunk.target) {
            return Some(thunk);
        }
        self.by_target.insert(thunk.target, thunk);
        None
    }
}

/// A place for a thunk and its pointer.
#[derive(Debug)]
pub(super) struct Thunk {
    /// Where it leads.
    pub(super) target: ExecutorAddr,
    code: Allocation,
    pointer: Allocation,
}

/// `jmp [rip + displacement]`, before the displacement.
const JUMP_THROUGH: [u8; 2] = [0xff, 0x25];
/// The size of that instruction.
const THUNK_SIZE: u64 = 6;

impl Thunk {
    /// Finds a place for a thunk.
    pub(super) fn new(
        target: ExecutorAddr,
        space: &mut AddressSpace,
    ) -> Result<Thunk, AddressSpaceFull> {
        let pointer = space.allocate(SegmentKind::Data, 8, 8)?;
        match space.allocate(SegmentKind::Code, THUNK_SIZE, 16) {
            Ok(code) => Ok(Thunk { target, code, pointer }),
            Err(full) => {
                space.free(pointer);
                Err(full)
            }
        }
    }

    /// Where it begins.
    pub(super) fn address(&self) -> ExecutorAddr {
        self.code.range().start
    }

    /// Adds it to a batch.
    // ANCHOR: commit
    pub(super) fn commit(&self, batch: &mut Batch) {
        let (at, pointer) = (self.address(), self.pointer.range().start);
        let displacement = i32::try_from(pointer.distance(at + THUNK_SIZE));
        let displacement = displacement.expect("in the same lease");
        let mut bytes = JUMP_THROUGH.to_vec();
        bytes.extend(displacement.to_le_bytes());
        batch.segments.push(Segment { kind: SegmentKind::Code, at, bytes });
        batch.pointers.push((pointer, self.target.as_u64()));
    }
    // ANCHOR_END: commit

    /// The memory that it occupies.
    pub(super) fn into_allocations(self) -> [Allocation; 2] {
        [self.code, self.pointer]
    }
}
