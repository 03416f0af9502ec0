//! The linker: a place for each block, and addresses along the edges.
//!
//! It works in three steps, because graphs can depend on each other in
//! circles: all of them are *placed*, then the addresses of all symbols are
//! known, then each is *linked* and *published*.

use super::address_space::{
    AddressSpace, AddressSpaceFull, Allocation, SegmentKind,
};
use super::graph::{Edge, EdgeKind, LinkBlock, LinkGraph, Section, SymbolId};
use super::thunks::Thunks;
use crate::executor::ExecutorAddr;
use crate::executor::memory::{Lease, Memory, MemoryError};
use crate::symbol::Symbol;
use cranelift_entity::SecondaryMap;
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
    /// The executor refuses.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// A graph whose blocks have addresses.
#[derive(Debug)]
pub struct Placed {
    /// The graph.
    pub graph: LinkGraph,
    blocks: SecondaryMap<LinkBlock, ExecutorAddr>,
    code: Option<Allocation>,
    data: Option<Allocation>,
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

    /// The memory that the graph occupies.
    fn into_allocations(self) -> impl Iterator<Item = Allocation> {
        self.code.into_iter().chain(self.data)
    }
}

/// What has been published, to be freed when nothing uses it any more.
#[derive(Debug)]
pub struct Published(Vec<Allocation>);

/// So many freed pieces of memory wait for each other before they are made
/// available again: that takes a system call.
const BATCH: usize = 64;

/// Links graphs into the memory of an executor.
pub struct Linker {
    space: AddressSpace,
    thunks: Thunks,
    freed: usize,
}

impl Linker {
    /// A linker that has all of a lease to itself.
    pub fn new(lease: &Lease) -> Linker {
        let space = AddressSpace::new(lease);
        Linker { space, thunks: Thunks::default(), freed: 0 }
    }

    /// Finds a place for each block of a graph.
    ///
    /// # Errors
    /// If there is no room.
    pub fn place(
        &mut self,
        graph: LinkGraph,
        memory: &mut Memory,
    ) -> Result<Placed, LinkError> {
        let mut placed = Placed {
            graph,
            blocks: SecondaryMap::with_default(ExecutorAddr::new(0)),
            code: None,
            data: None,
        };
        let code = [Section::Text, Section::ReadOnly];
        placed.code = self.place_sections(&mut placed, &code, memory)?;
        match self.place_sections(&mut placed, &[Section::Data], memory) {
            Ok(data) => placed.data = data,
            Err(full) => {
                self.discard(placed);
                return Err(full);
            }
        }
        Ok(placed)
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
        memory: &mut Memory,
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
            self.relocate(placed, edge, target, memory)?;
        }
        placed.graph.edges = edges;
        Ok(())
    }

    /// Copies the bytes of a linked graph to where they belong. From now on
    /// its code can run.
    ///
    /// # Errors
    /// If the executor refuses.
    pub fn publish(
        &mut self,
        placed: Placed,
        memory: &mut Memory,
    ) -> Result<Published, LinkError> {
        match write(&placed, memory) {
            Ok(()) => Ok(Published(placed.into_allocations().collect())),
            Err(error) => {
                self.discard(placed);
                Err(error)
            }
        }
    }

    /// Gives back what a graph occupies that was never published.
    pub fn discard(&mut self, placed: Placed) {
        for allocation in placed.into_allocations() {
            self.space.free(allocation);
        }
    }

    /// Gives back the memory of published code. Nothing may use it any more,
    /// and no activation of it may remain.
    ///
    /// # Errors
    /// If the executor refuses; it is asked again with the next batch.
    pub fn free(
        &mut self,
        published: Published,
        memory: &mut Memory,
    ) -> Result<(), LinkError> {
        for allocation in published.0 {
            self.space.free(allocation);
            self.freed += 1;
        }
        if self.freed >= BATCH {
            self.reclaim(memory)?;
        }
        Ok(())
    }

    /// How many bytes of a kind are in use.
    pub fn used(&self, kind: SegmentKind) -> u64 {
        self.space.used(kind)
    }

    /// Makes all memory that was freed available again.
    fn reclaim(&mut self, memory: &mut Memory) -> Result<(), LinkError> {
        self.freed = 0;
        let batch = self.space.take_quarantine();
        let released = batch
            .iter()
            .try_for_each(|allocation| memory.release(allocation.range()))
            .and_then(|()| memory.synchronize());
        match released {
            Ok(()) => self.space.reclaim(batch),
            Err(_) => batch.into_iter().for_each(|old| self.space.free(old)),
        }
        Ok(released?)
    }

    /// Places the blocks of some sections one behind the other.
    fn place_sections(
        &mut self,
        placed: &mut Placed,
        sections: &[Section],
        memory: &mut Memory,
    ) -> Result<Option<Allocation>, LinkError> {
        let (mut size, mut align) = (0, 1);
        for (block, content) in &placed.graph.blocks {
            if sections.contains(&content.section) {
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
        let kind = match sections {
            [Section::Data] => SegmentKind::Data,
            _ => SegmentKind::Code,
        };
        let allocation = self.allocate(kind, size, align, memory)?;
        let start = allocation.range().start;
        for (block, content) in &placed.graph.blocks {
            if sections.contains(&content.section) {
                let offset = placed.blocks[block].as_u64();
                placed.blocks[block] = start + offset;
            }
        }
        Ok(Some(allocation))
    }

    /// Allocates; where that fails, what is in quarantine may do.
    fn allocate(
        &mut self,
        kind: SegmentKind,
        size: u64,
        align: u64,
        memory: &mut Memory,
    ) -> Result<Allocation, LinkError> {
        match self.space.allocate(kind, size, align) {
            Ok(allocation) => Ok(allocation),
            Err(_) => {
                self.reclaim(memory)?;
                Ok(self.space.allocate(kind, size, align)?)
            }
        }
    }

    /// Writes one address.
    fn relocate(
        &mut self,
        placed: &mut Placed,
        edge: &Edge,
        target: ExecutorAddr,
        memory: &mut Memory,
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
                let thunk = self.thunks.to(target, &mut self.space, memory)?;
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
}

/// Copies a graph's bytes to where they belong.
fn write(placed: &Placed, memory: &mut Memory) -> Result<(), LinkError> {
    for block in placed.graph.blocks.keys() {
        memory.write(placed.blocks[block], placed.graph.content(block))?;
    }
    if let Some(code) = &placed.code {
        memory.seal(code.range())?;
    }
    Ok(())
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
