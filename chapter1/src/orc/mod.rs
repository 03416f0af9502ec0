//! The ORC core: which symbols there are, what must happen before one can be
//! used, and who waits for it.
//!
//! The names and rules are those of LLVM's ORC (version 2), whose design
//! document is the source for all of this.
//!
//! ```text
//!            define                          lookup
//!   units ────────────▶ dylib ◀───────────────────────── whoever needs symbols
//!     ▲                   │ materialize, with a responsibility
//!     │ add               ▼
//!   layer ──emit──▶ layer below ──emit──▶ … ──▶ linked: resolved, then emitted
//! ```
//!
//! | file | what it has |
//! |---|---|
//! | `state` | the life of symbols, as a sequential machine |
//! | `session` | the machine behind a lock, lookups, errors, the end |
//! | `tasks` | what is left to do, and who does it |
//! | `dylib` | tables of symbols, search orders, removal |
//! | `unit` | who can produce which symbols; addresses, aliases |
//! | `responsibility` | the duty to produce them |
//! | `generator` | symbols that are defined when they are missed |
//! | `layer` | what becomes of a program on its way |
//! | `compile_layer` | the layer that compiles IR |
//! | `object_layer` | the layer that links |
//! | `trace` | what `--trace` tells |

mod compile_layer;
mod dylib;
mod generator;
mod layer;
mod object_layer;
mod responsibility;
mod session;
pub mod state;
mod tasks;
mod trace;
mod unit;

pub use compile_layer::{IrCompileLayer, Observer};
pub use dylib::{Hold, JitDylib, ResourceTracker, SearchOrder};
pub use generator::{DefinitionGenerator, HostFunctions};
pub use layer::Layer;
pub use object_layer::{CodeWatcher, ObjectError, ObjectLinkingLayer};
pub use responsibility::{
    Abandoned, MaterializationResponsibility, Panicked, ResourceKey,
};
pub use session::{
    DefineError, ErrorReporter, ExecutionSession, OnComplete, ResourceManager,
    SessionError,
};
pub use state::{
    Cause, Defunct, DuplicateDefinition, Found, InUse, LookupError,
    LookupResult, Params, SymbolFlags, Visibility, Wanted,
};
pub use tasks::{Dispatcher, Inline, Task, Tasks};
pub use unit::{AbsoluteSymbols, Alias, Aliases, MaterializationUnit};
