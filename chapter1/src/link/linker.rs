//! The linker: a place for each block, and addresses along the edges.
//!
//! It works in three steps, because graphs can depend on each other in
//! circles: all of them are *placed*, then the addresses of all symbols are
//! known, then each is *linked* and *published*. It never touches the memory
//! itself: it fills a batch, which the executor commits.

use super::address_space::{AddressSpace, AddressSpaceFull, Allocation};
use super::graph::{Edge, EdgeKind, LinkBlock, LinkGraph, Section, SymbolId};
use super::thunks::{Thunk, Thunks};
use crate::executor::memory::Lease;
use crate::executor::{
    Batch, Executor, ExecutorAddr, ExecutorError, Segment, SegmentKind,
};
use crate::symbol::Symbol;
use cranelift_entity::SecondaryMap;
use smallvec::SmallVec;
use std::ops::Range;
use thiserror::Error;

/// A graph cannot be linked.
#[derive(Debug, Error)]
pub enum LinkError {
    /// A symbol has no address.
    #[error("`{0}` is not defined")]
    Undefined(Symbol),
    /// Data is too far away for the four bytes that shall hold the distance.
    #[error("`{symbol}` at {target} is out of reach of {from}")]
    OutOfReach {
        /// What is referred to.
        symbol: String,
        /// Its address.
        target: ExecutorAddr,
        /// The address of the reference.
        from: ExecutorAddr,
    },
    /// There is no more room for code or data.
    #[error(transparent)]
    Full(#[from] AddressSpaceFull),
}

/// There is no place for a graph, which is given back: what was retired may
/// become free.
#[derive(Debug, Error)]
#[error("{full}")]
pub struct NoRoom {
    /// The graph.
    pub graph: Box<LinkGraph>,
    /// What is full.
    pub full: AddressSpaceFull,
}

/// A graph whose blocks have addresses.
#[derive(Debug)]
pub struct Placed {
    /// The graph.
    pub graph: LinkGraph,
    blocks: SecondaryMap<LinkBlock, ExecutorAddr>,
    code: Option<Allocation>,
    data: Option<Allocation>,
    /// The detours that it needs and nobody has made before.
    thunks: Vec<Thunk>,
}

impl Placed {
    /// The address of a symbol that the graph defines.
    pub fn address(&self, symbol: SymbolId) -> Option<ExecutorAddr> {
        let definition = self.graph.symbols[symbol].definition?;
        let block = self.blocks[definition.block];
        Some(block + u64::from(definition.offset))
    }

    /// The symbols that other graphs can refer to: name, address, size.
    pub fn definitions(
        &self,
    ) -> impl Iterator<Item = (&Symbol, ExecutorAddr, u32)> {
        self.graph.symbols.iter().filter_map(|(id, symbol)| {
            let size = symbol.definition?.size;
            Some((symbol.name.as_ref()?, self.address(id)?, size))
        })
    }

    /// The contents of an allocation of the graph's.
    fn segment(&self, allocation: &Allocation) -> Segment {
        let (kind, at) = (allocation.kind(), allocation.range().start);
        let mut bytes = Vec::new();
        for (block, content) in &self.graph.blocks {
            if kind_of(content.section) == kind && !content.range.is_empty() {
                let offset = self.blocks[block].distance(at) as usize;
                bytes.resize(offset, 0);
                bytes.extend_from_slice(self.graph.content(block));
            }
        }
        Segment { kind, at, bytes }
    }
}

/// What has been published, to be freed when nothing uses it any more.
#[derive(Debug)]
pub struct Published(SmallVec<[Allocation; 1]>);

impl Published {
    /// The addresses that it occupies.
    pub fn ranges(&self) -> impl Iterator<Item = Range<ExecutorAddr>> + '_ {
        self.0.iter().map(|allocation| allocation.range())
    }
}

/// Links graphs for an executor.
pub struct Linker {
    space: AddressSpace,
    thunks: Thunks,
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

    /// Writes the addresses of symbols wherever the graph's edges say;
    /// `resolve` knows the symbols that the graph does not define.
    ///
    /// # Errors
    /// If a symbol is not known, or is data and too far away. The graph is
    /// of no use then, but for `discard`.
    pub fn link(
        &mut self,
        placed: &mut Placed,
        mut resolve: impl FnMut(&Symbol) -> Option<ExecutorAddr>,
    ) -> Result<(), LinkError> {
        let edges = std::mem::take(&mut placed.graph.edges);
        let mut known: SecondaryMap<SymbolId, Option<ExecutorAddr>> =
            SecondaryMap::new();
        for edge in &edges {
            let target = match known[edge.target] {
                Some(address) => address,
                None => match placed.address(edge.target) {
                    Some(address) => address,
                    None => find(&placed.graph, edge.target, &mut resolve)?,
                },
            };
            known[edge.target] = Some(target);
            self.relocate(placed, edge, target)?;
        }
        placed.graph.edges = edges;
        Ok(())
    }

    /// Has the executor commit a linked graph, and what was freed before.
    /// From now on its code can run.
    ///
    /// # Errors
    /// If the executor refuses; the graph is discarded then.
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

    /// Asks the executor for all memory that was freed and is quiescent.
    ///
    /// # Errors
    /// If the executor refuses. What was freed stays to be asked for.
    pub fn collect(
        &mut self,
        executor: &dyn Executor,
    ) -> Result<(), ExecutorError> {
        let batch = self.batch(None);
        if !batch.is_empty() {
            match executor.commit(&batch) {
                Ok(quiescent) => self.reclaim(&quiescent),
                Err(error) => {
                    self.refused(batch);
                    return Err(error);
                }
            }
        }
        let quiescent = executor.commit(&Batch::default())?;
        self.reclaim(&quiescent);
        Ok(())
    }

    /// What the executor is to do for a linked graph, if there is one, and to
    /// retire. Then comes either `reclaim` and `committed`, or `refused` and
    /// `discard`; `publish` does all that.
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

    /// Takes note that a graph's batch has been committed.
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
        let (mut size, mut align) = (0, 1);
        for (block, content) in &placed.graph.blocks {
            if kind_of(content.section) == kind {
                let block_align = u64::from(content.align);
                let offset = u64::next_multiple_of(size, block_align);
                placed.blocks[block] = ExecutorAddr::new(offset);
                size = offset + content.range.len() as u64;
                align = align.max(block_align);
            }
        }
        if size == 0 {
            return Ok(None);
        }
        let allocation = self.space.allocate(kind, size, align)?;
        let start = allocation.range().start;
        for (block, content) in &placed.graph.blocks {
            if kind_of(content.section) == kind {
                let offset = placed.blocks[block].as_u64();
                placed.blocks[block] = start + offset;
            }
        }
        Ok(Some(allocation))
    }

    /// Writes one address.
    fn relocate(
        &mut self,
        placed: &mut Placed,
        edge: &Edge,
        target: ExecutorAddr,
    ) -> Result<(), LinkError> {
        let at = placed.blocks[edge.block] + u64::from(edge.offset);
        let start = placed.graph.blocks[edge.block].range.start + edge.offset;
        let field = &mut placed.graph.bytes[start as usize..];
        if edge.kind == EdgeKind::Absolute64 {
            let value = target.as_u64().wrapping_add_signed(edge.addend);
            field[..8].copy_from_slice(&value.to_le_bytes());
            return Ok(());
        }
        let distance = |target: ExecutorAddr| target.distance(at) + edge.addend;
        let value = match i32::try_from(distance(target)) {
            Ok(value) => value,
            Err(_) if edge.kind == EdgeKind::Branch32 => {
                let thunk = self.thunk(target, &mut placed.thunks)?;
                i32::try_from(distance(thunk)).expect("in the same lease")
            }
            Err(_) => {
                let name = &placed.graph.symbols[edge.target].name;
                let symbol = name.as_ref().map_or("", |name| name.as_str());
                let symbol = symbol.to_owned();
                return Err(LinkError::OutOfReach { symbol, target, from: at });
            }
        };
        field[..4].copy_from_slice(&value.to_le_bytes());
        Ok(())
    }

    /// The thunk that leads to `target`: one that all graphs share, or else
    /// one of the graph's own.
    fn thunk(
        &mut self,
        target: ExecutorAddr,
        own: &mut Vec<Thunk>,
    ) -> Result<ExecutorAddr, AddressSpaceFull> {
        if let Some(thunk) = self.thunks.to(target) {
            return Ok(thunk);
        }
        if let Some(thunk) = own.iter().find(|own| own.target == target) {
            return Ok(thunk.address());
        }
        let thunk = Thunk::new(target, &mut self.space)?;
        let address = thunk.address();
        own.push(thunk);
        Ok(address)
    }
}

/// The memory that a section needs.
fn kind_of(section: Section) -> SegmentKind {
    match section {
        Section::Text | Section::ReadOnly => SegmentKind::Code,
        Section::Data => SegmentKind::Data,
    }
}

/// The address of an external symbol.
fn find(
    graph: &LinkGraph,
    symbol: SymbolId,
    resolve: &mut impl FnMut(&Symbol) -> Option<ExecutorAddr>,
) -> Result<ExecutorAddr, LinkError> {
    let name = graph.symbols[symbol].name.as_ref();
    let name = name.expect("an external symbol has a name");
    resolve(name).ok_or_else(|| LinkError::Undefined(name.clone()))
}

#[cfg(test)]
mod tests;
