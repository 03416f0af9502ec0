//! The link graph: what the code generator hands to the linker.
//!
//! Its nodes are *blocks*, runs of bytes that are placed as a whole. Its
//! edges say which bytes of a block depend on the address of a *symbol*, and
//! how. That is all a linker needs to know; an object file says the same in
//! more words. (The names are those of LLVM's JITLink.)

use crate::ir::Inst;
use crate::symbol::Symbol;
use cranelift_entity::{PrimaryMap, SecondaryMap, entity_impl};
use std::ops::Range;

/// A block of a link graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkBlock(u32);
entity_impl!(LinkBlock, "content");

/// A symbol of a link graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(u32);
entity_impl!(SymbolId, "symbol");

/// What a block is made of, and so which memory it needs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Section {
    /// Instructions.
    Text,
    /// Constants, which lie among the instructions.
    ReadOnly,
    /// Data that changes, on pages that are never executable.
    Data,
}

/// The contents of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// What they are.
    pub section: Section,
    /// The block's address is a multiple of this power of two.
    pub align: u32,
    /// The bytes, as a range of [`LinkGraph::bytes`].
    pub range: Range<u32>,
    /// Which IR instruction the bytes were made for, as a range of
    /// [`LinkGraph::origins`].
    pub origins: Range<u32>,
}

/// Where a symbol of a graph lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition {
    /// In which block.
    pub block: LinkBlock,
    /// How many bytes from its beginning.
    pub offset: u32,
    /// How many bytes belong to it.
    pub size: u32,
}

/// A name in a graph.
#[derive(Clone, PartialEq, Debug)]
pub struct GraphSymbol {
    /// The name that other graphs know; none for what only this one needs.
    pub name: Option<Symbol>,
    /// Where it lies; an external symbol is for the linker to find.
    pub definition: Option<Definition>,
    /// How many numbers it takes or is passed, if that is known.
    pub params: Option<u32>,
}

/// How an address is written into a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
// ANCHOR: EdgeKind
pub enum EdgeKind {
    /// Four bytes: the distance from the field to the target plus the addend.
    Relative32,
    /// The same in a call or jump, which may take a detour when the target
    /// is too far away for four bytes.
    Branch32,
    /// Eight bytes: the target's address plus the addend.
    Absolute64,
}
// ANCHOR_END: EdgeKind

/// A dependency of some bytes on the address of a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The block that contains the bytes.
    pub block: LinkBlock,
    /// Their place in the block.
    pub offset: u32,
    /// How the address is written.
    pub kind: EdgeKind,
    /// Whose address.
    pub target: SymbolId,
    /// What is added to it.
    pub addend: i64,
}

/// From some byte of a block on, up to the next such entry, the instructions
/// belong to this instruction of the IR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The byte's place in the block.
    pub offset: u32,
    /// The instruction; none for what the calling convention needs.
    pub inst: Option<Inst>,
}

/// A unit of linking.
#[derive(Clone, Default, Debug)]
pub struct LinkGraph {
    /// The blocks.
    pub blocks: PrimaryMap<LinkBlock, Content>,
    /// The symbols, defined and external.
    pub symbols: PrimaryMap<SymbolId, GraphSymbol>,
    /// The edges, in the order of their blocks and offsets.
    pub edges: Vec<Edge>,
    /// The bytes of all blocks.
    pub bytes: Vec<u8>,
    /// The origins of the bytes of all blocks.
    pub origins: Vec<Origin>,
}

impl LinkGraph {
    /// Adds a block with these bytes.
    pub fn push_block(
        &mut self,
        section: Section,
        align: u32,
        bytes: &[u8],
    ) -> LinkBlock {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        let range = start..self.bytes.len() as u32;
        let end = self.origins.len() as u32;
        self.blocks.push(Content { section, align, range, origins: end..end })
    }

    /// Adds a symbol for the beginning of a block.
    pub fn define(
        &mut self,
        name: Option<Symbol>,
        block: LinkBlock,
    ) -> SymbolId {
        let size = self.blocks[block].range.len() as u32;
        let definition = Some(Definition { block, offset: 0, size });
        self.symbols.push(GraphSymbol { name, definition, params: None })
    }

    /// Adds a symbol that is defined elsewhere.
    pub fn declare(&mut self, name: Symbol) -> SymbolId {
        let name = Some(name);
        self.symbols.push(GraphSymbol { name, definition: None, params: None })
    }

    /// The bytes of a block.
    pub fn content(&self, block: LinkBlock) -> &[u8] {
        let range = &self.blocks[block].range;
        &self.bytes[range.start as usize..range.end as usize]
    }

    /// The symbols that other graphs must provide.
    pub fn externals(&self) -> impl Iterator<Item = &Symbol> {
        self.prototypes().map(|(name, _)| name)
    }

    /// The same, each with the number of arguments that it is passed.
    pub fn prototypes(&self) -> impl Iterator<Item = (&Symbol, Option<u32>)> {
        self.symbols
            .values()
            .filter(|symbol| symbol.definition.is_none())
            .filter_map(|symbol| Some((symbol.name.as_ref()?, symbol.params)))
    }

    /// How many symbols it defines that others can refer to.
    pub fn definitions(&self) -> usize {
        let symbols = self.symbols.values();
        symbols.filter(|s| s.name.is_some() && s.definition.is_some()).count()
    }

    /// Leaves symbols to definitions elsewhere, all but those that are
    /// `wanted`.
    pub fn give_way(&mut self, wanted: impl Fn(&Symbol) -> bool) {
        let mut is_needed = SecondaryMap::with_default(false);
        self.edges.iter().for_each(|edge| is_needed[edge.target] = true);
        for (id, symbol) in &mut self.symbols {
            if symbol.name.as_ref().is_some_and(|name| !wanted(name)) {
                symbol.definition = None;
                // What nothing refers to need not be found elsewhere.
                symbol.name.take_if(|_| !is_needed[id]);
            }
        }
    }
}
