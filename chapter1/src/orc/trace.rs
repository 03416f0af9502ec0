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
use tracing::{Level, enabled, error, info};

/// Whether anybody listens.
pub(super) fn is_on() -> bool {
    enabled!(target: "jit::state", Level::INFO)
}

/// The state machine has changed.
pub(super) fn events(events: &[Event]) {
    for Event { symbol, step } in events {
        match step {
            Step::Defined => {
                info!(target: "jit::state", "`{symbol}` is defined")
            }
            Step::Materializing => {
                info!(target: "jit::state", "`{symbol}` begins to materialize");
            }
            Step::Resolved(at) => {
                info!(target: "jit::state", "`{symbol}` is resolved: it is at {at}");
            }
            Step::Emitted => {
                info!(target: "jit::state", "`{symbol}` is emitted")
            }
            Step::Ready => info!(target: "jit::state", "`{symbol}` is ready"),
            Step::Replaced => {
                info!(target: "jit::state", "`{symbol}` is left to another unit");
            }
            Step::Gone => info!(target: "jit::state", "`{symbol}` is gone"),
        }
    }
}

/// Names are looked up.
pub(super) fn lookup(names: &[Symbol], wanted: Wanted) {
    match wanted {
        Wanted::Resolved => {
            info!(target: "jit::lookup", "{} must have an address", list(names));
        }
        Wanted::Ready => {
            info!(target: "jit::lookup", "{} must be ready", list(names));
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
