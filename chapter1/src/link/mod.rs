//! Machine code with names in it, and how names become addresses.
//!
//! | file | what it does |
//! |---|---|
//! | `graph` | blocks of bytes, and edges from them to symbols |
//! | `address_space` | who has which addresses |
//! | `linker` | places graphs, publishes them, frees what they occupy |
//! | `placed` | graphs that have a place |
//! | `relocate` | addresses, written along a graph's edges |
//! | `thunks` | detours to functions that a call cannot reach |

mod address_space;
pub mod graph;
mod linker;
mod placed;
mod relocate;
mod thunks;

pub use address_space::{AddressSpace, AddressSpaceFull, Allocation};
pub use graph::{
    Content, Definition, Edge, EdgeKind, GraphSymbol, LinkBlock, LinkGraph,
    Origin, Section, SymbolId,
};
pub use linker::Linker;
pub use placed::{NoRoom, Placed, Published};
pub use relocate::LinkError;
