//! Exercise: stubs of sixteen bytes.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    block,
    "200 stubs have 6400 bytes of code",
    "stub 0 asks for what is 6 bytes behind it"
);

use chapter1::link::{Edge, EdgeKind, LinkBlock, LinkGraph, SymbolId};

/// A block of stubs, to be linked.
pub(super) struct Block {
    /// Code and pointers.
    pub(super) graph: LinkGraph,
    /// The first stub.
    pub(super) stubs: SymbolId,
    /// The first pointer.
    pub(super) pointers: SymbolId,
}

/// In a block at `offset`, the distance or address of what lies `to` bytes
/// behind a symbol.
pub(super) fn edge(
    block: LinkBlock,
    offset: u32,
    kind: EdgeKind,
    target: SymbolId,
    to: u32,
) -> Edge {
    // The processor counts distances from the end of the four bytes.
    let from_end = if kind == EdgeKind::Relative32 { -4 } else { 0 };
    Edge { block, offset, kind, target, addend: i64::from(to) + from_end }
}
