//! Machine code with names in it, and how names become addresses.

pub mod graph;

pub use graph::{
    Content, Definition, Edge, EdgeKind, GraphSymbol, LinkBlock, LinkGraph,
    Origin, Section, SymbolId,
};
