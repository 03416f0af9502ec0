//! What the machine is told, and what it answers.

use super::entries::EntryId;
use super::error::{Cause, LookupError};
use crate::executor::ExecutorAddr;
use crate::symbol::Symbol;
use crate::syntax::diagnostics::count;
use cranelift_entity::entity_impl;
use slotmap::new_key_type;
use std::fmt;

/// A dylib: a table of symbols of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DylibId(u32);
entity_impl!(DylibId, "dylib");

new_key_type! {
    /// A unit that has not been asked for its symbols yet.
    pub struct UnitId;
    /// A unit at work or done: the symbols it has become responsible for.
    pub struct WorkId;
    /// A lookup under way.
    pub struct QueryId;
}

/// What symbols belong to, in order to be removed together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TrackerId(pub(super) u64);

/// What kind of symbol it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
// ANCHOR: SymbolFlags
pub struct SymbolFlags {
    /// Whether other dylibs can see it.
    pub exported: bool,
    /// Whether it gives way to another definition of its name.
    pub weak: bool,
    /// Whether it is code.
    pub callable: bool,
    /// Whether calling it does nothing but yield a number, always the same
    /// for the same arguments.
    pub pure: bool,
    /// How many numbers it takes.
    pub params: Params,
}
// ANCHOR_END: SymbolFlags

impl SymbolFlags {
    /// A function that everybody can see, defined once.
    pub const FUNCTION: SymbolFlags = SymbolFlags {
        exported: true,
        weak: false,
        callable: true,
        pure: false,
        params: Params::Unknown,
    };

    /// The same, of so many parameters.
    pub fn function(params: usize) -> SymbolFlags {
        let params = u32::try_from(params);
        let params = params.map_or(Params::Unknown, Params::Exactly);
        SymbolFlags { params, ..SymbolFlags::FUNCTION }
    }
}

/// How many parameters a function has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Params {
    /// So many.
    Exactly(u32),
    /// As many as a caller passes, up to a limit.
    AtMost(u32),
    /// Nobody knows.
    Unknown,
}

impl Params {
    /// Whether it can be called with so many arguments, as far as is known.
    pub fn accepts(self, arguments: u32) -> bool {
        match self {
            Params::Exactly(params) => params == arguments,
            Params::AtMost(limit) => arguments <= limit,
            Params::Unknown => true,
        }
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Params::Exactly(params) => {
                f.write_str(&count(*params as usize, "parameter"))
            }
            Params::AtMost(limit) => write!(f, "at most {limit} parameters"),
            Params::Unknown => f.write_str("an unknown number of parameters"),
        }
    }
}

/// Which symbols of a dylib a lookup sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// Those that are exported.
    Exported,
    /// All of them.
    All,
}

/// When a lookup is content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// When each symbol has an address: enough to link against.
    Resolved,
    /// When each symbol can be used, with all that it depends on.
    Ready,
}

/// A symbol that has been found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Which symbol of which dylib: to be named as a dependency.
    pub entry: EntryId,
    /// Its address.
    pub address: ExecutorAddr,
    /// What it is.
    pub flags: SymbolFlags,
}

/// What lookups find, in the order in which they were asked.
pub type LookupResult = Result<Vec<Found>, LookupError>;

/// Something to be done when the lock is free.
#[derive(Debug)]
pub enum Effect<U, C> {
    /// Let this unit produce its symbols.
    Materialize(U, WorkId, DylibId),
    /// Answer a lookup.
    Complete(C, LookupResult),
    /// Forget a unit of which nothing is needed.
    Drop(U),
    /// Free what some work has put in place: its symbols are gone.
    Release(WorkId),
    /// Say that these symbols could not be made, and why.
    Report(Vec<Symbol>, Cause),
}

/// Something has happened to a symbol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The dylib.
    pub dylib: DylibId,
    /// Its symbol.
    pub symbol: Symbol,
    /// What has happened.
    pub step: Step,
}

/// A step in the life of a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It exists.
    Defined,
    /// Its unit begins to produce it.
    Materializing,
    /// It has this address.
    Resolved(ExecutorAddr),
    /// Its bytes are in place.
    Emitted,
    /// It can be used.
    Ready,
    /// Another unit shall produce it.
    Replaced,
    /// It failed, was removed, or gave way.
    Gone,
}
