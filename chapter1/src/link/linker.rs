//! The linker: a place for each block, and addresses along the edges.
//!
//! It works in three steps, because graphs can depend on each other in
//! circles: all of them are *placed*, then the addresses of all symbols are
//! known, then each is *linked* and *published*. It never touches the memory
//! itself: it fills a batch, which the executor commits.

use super::address_space::{AddressSpace, AddressSpaceFull, Allocation};
use super::graph::LinkGraph;
use super::placed::{NoRoom, Placed, Published, blocks_of};
use super::thunks::{Thunk, Thunks};
use crate::executor::memory::Lease;
use crate::executor::{
    Batch, Executor, ExecutorAddr, ExecutorError, SegmentKind,
};
use cranelift_entity::SecondaryMap;
use smallvec::SmallVec;
use std::ops::Range;

/// Links graphs for an executor.
pub struct Linker {
    pub(super) space: AddressSpace,
    pub(super) thunks: Thunks,
    /// What was retired, and the executor does not know of.
    retired: Vec<Range<ExecutorAddr>>,
}

impl Linker {
    /// A linker that has all of a lease to itself.
    pub fn new(lease: &Lease) -> Linker {
        Linker {
            space: AddressSpace::new(lease),
            thunks: Thunks::default(),
            retired: Vec::new(),
        }
    }

    /// Finds a place for each block of a graph.
    ///
    /// # Errors
    /// If there is no room.
    pub fn place(&mut self, graph: LinkGraph) -> Result<Placed, NoRoom> {
        let mut placed = Placed {
            graph,
            blocks: SecondaryMap::with_default(ExecutorAddr::new(0)),
            code: None,
            data: None,
            thunks: Vec::new(),
        };
        match self.place_all(&mut placed) {
            Ok(()) => Ok(placed),
            Err(full) => {
                let graph = std::mem::take(&mut placed.graph);
                self.discard(placed);
                Err(NoRoom { graph: Box::new(graph), full })
            }
        }
    }

    /// Has the executor commit a linked graph, and what was freed before.
    /// From now on its code can run.
    ///
    /// # Errors
    /// If the executor refuses; the graph is discarded then.
    // ANCHOR: publish
    pub fn publish(
        &mut self,
        placed: Placed,
        executor: &dyn Executor,
    ) -> Result<Published, ExecutorError> {
        let batch = self.batch(Some(&placed));
        match executor.commit(&batch) {
            Ok(quiescent) => {
                self.reclaim(&quiescent);
                Ok(self.committed(placed))
            }
            Err(error) => {
                self.refused(batch);
                self.discard(placed);
                Err(error)
            }
        }
    }
    // ANCHOR_END: publish

    /// Asks the executor for all memory that was freed and is quiescent.
    /// Returns what that is.
    ///
    /// # Errors
    /// If the executor refuses. What was freed stays to be asked for.
    pub fn collect(
        &mut self,
        executor: &dyn Executor,
    ) -> Result<Vec<Range<ExecutorAddr>>, ExecutorError> {
        let mut collected = Vec::new();
        let batch = self.batch(None);
        if !batch.is_empty() {
            match executor.commit(&batch) {
                Ok(quiescent) => collected = quiescent,
                Err(error) => {
                    self.refused(batch);
                    return Err(error);
                }
            }
        }
        self.reclaim(&collected);
        let quiescent = executor.commit(&Batch::default())?;
        self.reclaim(&quiescent);
        collected.extend(quiescent);
        Ok(collected)
    }

    /// What the executor is to do for a linked graph, if there is one, and to
    /// retire. Then comes either `reclaim` and `committed`, or `refused` and
    /// `discard`; `publish` does all that.
    // ANCHOR: batch
    pub fn batch(&mut self, placed: Option<&Placed>) -> Batch {
        let retirements = std::mem::take(&mut self.retired);
        let mut batch = Batch { retirements, ..Batch::default() };
        if let Some(placed) = placed {
            placed.thunks.iter().for_each(|thunk| thunk.commit(&mut batch));
            let allocations = placed.code.iter().chain(&placed.data);
            batch.segments.extend(allocations.map(|a| placed.segment(a)));
        }
        batch
    }
    // ANCHOR_END: batch

    /// Takes note that a graph's batch has been committed.
    // ANCHOR: committed
    pub fn committed(&mut self, placed: Placed) -> Published {
        let Placed { code, data, thunks, .. } = placed;
        let mut own: SmallVec<_> = code.into_iter().chain(data).collect();
        for thunk in thunks {
            // Two graphs that were linked at the same time may have made
            // the same one.
            let spare = self.thunks.share(thunk);
            own.extend(spare.into_iter().flat_map(Thunk::into_allocations));
        }
        Published(own)
    }
    // ANCHOR_END: committed

    /// Takes note that the executor has refused a batch.
    pub fn refused(&mut self, batch: Batch) {
        self.retired.extend(batch.retirements);
    }

    /// Makes memory available again that the executor has found quiescent.
    pub fn reclaim(&mut self, quiescent: &[Range<ExecutorAddr>]) {
        quiescent.iter().for_each(|range| self.space.reclaim(range));
    }

    /// Gives back what a graph occupies that was never published.
    pub fn discard(&mut self, placed: Placed) {
        let Placed { code, data, thunks, .. } = placed;
        let thunks = thunks.into_iter().flat_map(Thunk::into_allocations);
        for allocation in code.into_iter().chain(data).chain(thunks) {
            self.space.free(allocation);
        }
    }

    /// Gives back the memory of published code. Nothing may lead to it any
    /// more; calls that are in it may go on. The executor learns of it with
    /// the next batch.
    pub fn free(&mut self, published: Published) {
        for allocation in published.0 {
            self.retired.push(self.space.retire(allocation));
        }
    }

    /// How many bytes of a kind are in use.
    pub fn used(&self, kind: SegmentKind) -> u64 {
        self.space.used(kind)
    }

    fn place_all(
        &mut self,
        placed: &mut Placed,
    ) -> Result<(), AddressSpaceFull> {
        placed.code = self.place_kind(placed, SegmentKind::Code)?;
        placed.data = self.place_kind(placed, SegmentKind::Data)?;
        Ok(())
    }

    /// Places the blocks of one kind one behind the other.
    fn place_kind(
        &mut self,
        placed: &mut Placed,
        kind: SegmentKind,
    ) -> Result<Option<Allocation>, AddressSpaceFull> {
        let Placed { graph, blocks, .. } = placed;
        let (mut size, mut align) = (0, 1);
        for (block, content) in blocks_of(graph, kind) {
            let block_align = u64::from(content.align);
            let offset = u64::next_multiple_of(size, block_align);
            blocks[block] = ExecutorAddr::new(offset);
            size = offset + content.range.len() as u64;
            align = align.max(block_align);
        }
        if size == 0 {
            return Ok(None);
        }
        let allocation = self.space.allocate(kind, size, align)?;
        let start = allocation.range().start;
        for (block, _) in blocks_of(graph, kind) {
            blocks[block] = start + blocks[block].as_u64();
        }
        Ok(Some(allocation))
    }
}

#[cfg(test)]
mod tests;
