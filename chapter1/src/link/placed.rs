//! Graphs that have a place, and what is left of them in memory.

use super::address_space::{AddressSpaceFull, Allocation};
use super::graph::{Content, Edge, LinkBlock, LinkGraph, Section, SymbolId};
use super::thunks::Thunk;
use crate::executor::{ExecutorAddr, Segment, SegmentKind};
use crate::symbol::Symbol;
use cranelift_entity::SecondaryMap;
use smallvec::SmallVec;
use thiserror::Error;

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
    pub(super) blocks: SecondaryMap<LinkBlock, ExecutorAddr>,
    pub(super) code: Option<Allocation>,
    pub(super) data: Option<Allocation>,
    /// The detours that it needs and nobody has made before.
    pub(super) thunks: Vec<Thunk>,
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

    /// The address of the bytes that an edge is about.
    // ANCHOR: field
    pub(super) fn field(&self, edge: &Edge) -> ExecutorAddr {
        self.blocks[edge.block] + u64::from(edge.offset)
    }
    // ANCHOR_END: field

    /// Replaces the bytes that an edge is about.
    // ANCHOR: write
    pub(super) fn write(&mut self, edge: &Edge, value: &[u8]) {
        let block = &self.graph.blocks[edge.block];
        let start = (block.range.start + edge.offset) as usize;
        self.graph.bytes[start..start + value.len()].copy_from_slice(value);
    }
    // ANCHOR_END: write

    /// The contents of an allocation of the graph's.
    // ANCHOR: segment
    pub(super) fn segment(&self, allocation: &Allocation) -> Segment {
        let (kind, at) = (allocation.kind(), allocation.range().start);
        let mut bytes = Vec::new();
        for (block, content) in blocks_of(&self.graph, kind) {
            if !content.range.is_empty() {
                let offset = self.blocks[block].distance(at) as usize;
                bytes.resize(offset, 0);
                bytes.extend_from_slice(self.graph.content(block));
            }
        }
        Segment { kind, at, bytes }
    }
    // ANCHOR_END: segment
}

/// What has been published, to be freed when nothing uses it any more.
#[derive(Debug)]
pub struct Published(pub(super) SmallVec<[Allocation; 1]>);

/// The blocks of a graph that need one kind of memory.
pub(super) fn blocks_of(
    graph: &LinkGraph,
    kind: SegmentKind,
) -> impl Iterator<Item = (LinkBlock, &Content)> {
    let blocks = graph.blocks.iter();
    blocks.filter(move |(_, content)| kind_of(content.section) == kind)
}

/// The memory that a section needs.
fn kind_of(section: Section) -> SegmentKind {
    match section {
        Section::Text | Section::ReadOnly => SegmentKind::Code,
        Section::Data => SegmentKind::Data,
    }
}
