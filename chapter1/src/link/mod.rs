//! Machine code with names in it, and how names become addresses.
//!
//! | file | what it does |
//! |---|---|
//! | `graph` | blocks of bytes, and edges from them to symbols |
//! | `address_space` | who has which addresses |
//! | `linker` | places a graph's blocks and writes addresses along its edges |
//! | `thunks` | detours to functions that a call cannot reach |

mod address_space;
pub mod graph;
mod linker;
mod thunks;

pub use address_space::{AddressSpace, AddressSpaceFull, Allocation};
pub use graph::{
    Content, Definition, Edge, EdgeKind, GraphSymbol, LinkBlock, LinkGraph,
    Origin, Section, SymbolId,
};
pub use linker::{LinkError, Linker, NoRoom, Placed, Published};
