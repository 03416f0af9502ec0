//! What `--trace` tells: the events of state and layers, in words.
//!
//! They go to whatever subscriber of `tracing` there is. Without one, an
//! event costs the look at a flag.

use super::generator::DefinitionGenerator;
use super::session::SessionError;
use super::state::{Event, Step, Wanted, list};
use crate::ir::Module;
use crate::link::{LinkGraph, Placed};
use crate::symbol::Symbol;
use std::fmt;
use tracing::{Level, enabled, error, info};

/// Whether anybody listens.
pub(super) fn is_on() -> bool {
    enabled!(target: "jit::state", Level::INFO)
}

/// The state machine has changed, in these dylibs.
pub(super) fn events(events: &[(Event, String)]) {
    for (Event { symbol, step, .. }, dylib) in events {
        let of = Of(dylib);
        match step {
            Step::Defined => {
                info!(target: "jit::state", "`{symbol}`{of} is defined");
            }
            Step::Materializing => {
                info!(target: "jit::state", "`{symbol}`{of} begins to materialize");
            }
            Step::Resolved(at) => {
                info!(target: "jit::state", "`{symbol}`{of} is resolved: it is at {at}");
            }
            Step::Emitted => {
                info!(target: "jit::state", "`{symbol}`{of} is emitted");
            }
            Step::Ready => {
                info!(target: "jit::state", "`{symbol}`{of} is ready");
            }
            Step::Replaced => {
                info!(target: "jit::state", "`{symbol}`{of} is left to another unit");
            }
            Step::Gone => {
                info!(target: "jit::state", "`{symbol}`{of} is gone");
            }
        }
    }
}

/// Names are looked up, in this dylib first.
pub(super) fn lookup(names: &[Symbol], dylib: &str, wanted: Wanted) {
    let (names, of) = (list(names), Of(dylib));
    match wanted {
        Wanted::Resolved => {
            info!(target: "jit::lookup", "{names}{of} must have an address");
        }
        Wanted::Ready => {
            info!(target: "jit::lookup", "{names}{of} must be ready");
        }
    }
}

/// Which dylib's a symbol is, where that does not go without saying.
struct Of<'a>(&'a str);

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" | "main" | "expressions" => Ok(()),
            name => write!(f, " in {name}"),
        }
    }
}

/// A generator is asked.
pub(super) fn generate(
    generator: &dyn DefinitionGenerator,
    missing: &[Symbol],
) {
    let name = generator.name();
    info!(target: "jit::generate", "{name} asked for {}", list(missing));
}

/// A module has become a graph.
pub(super) fn compiled(module: &Module, graph: &LinkGraph) {
    let names = module.functions.iter().map(|f| f.name.clone());
    let externals: Vec<Symbol> = graph.externals().cloned().collect();
    let names: Vec<Symbol> = names.collect();
    let bytes = graph.bytes.len();
    match externals.is_empty() {
        true => {
            info!(target: "jit::compile", "{}: {bytes} bytes", list(&names))
        }
        false => info!(
            target: "jit::compile",
            "{}: {bytes} bytes, which refer to {}",
            list(&names),
            list(&externals)
        ),
    }
}

/// A graph has been linked, and is in memory.
pub(super) fn committed(placed: &Placed) {
    for (name, at, size) in placed.definitions() {
        info!(target: "jit::link", "`{name}`: {size} bytes in place at {at}");
    }
}

/// Something went wrong.
pub(super) fn error(error: &SessionError) {
    error!(target: "jit::session", "{error}");
}
