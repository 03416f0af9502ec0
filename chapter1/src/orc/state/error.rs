//! What can go wrong in the life of symbols.

use crate::cancel::Cancelled;
use crate::symbol::Symbol;
use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use thiserror::Error;

/// Why a symbol failed: an error that everybody who waited for it gets.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// A cause, to be shared.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Cause {
        Cause(Arc::new(error))
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Cause {
    fn from(error: E) -> Cause {
        Cause::new(error)
    }
}

impl Deref for Cause {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Two strong definitions of one name in one dylib.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("duplicate definition of `{0}`")]
pub struct DuplicateDefinition(pub Symbol);

/// A lookup has failed.
#[derive(Clone, Debug, Error)]
pub enum LookupError {
    /// These names are defined nowhere in the search order.
    #[error("symbols not found: {}", list(.0))]
    NotFound(Vec<Symbol>),
    /// These symbols could not be materialized, or were removed meanwhile.
    #[error("failed to materialize {}: {cause}", list(.symbols))]
    Failed {
        /// The symbols that are gone.
        symbols: Arc<[Symbol]>,
        /// The reason.
        cause: Cause,
    },
    /// To find an address for these symbols, it must be known already.
    #[error("defined by way of themselves: {}", list(.0))]
    Circular(Vec<Symbol>),
    /// Names were looked for beyond the dylibs' tables, and that failed.
    #[error("{0}")]
    Generator(Cause),
    /// A task may not wait for other tasks: nobody might be left to run them.
    #[error("a blocking lookup inside a task of the session")]
    Blocking,
    /// The session is over.
    #[error("the session has ended")]
    Ended,
    /// Everything shall stop; the answer is not waited for.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl LookupError {
    /// Whether what was looked up, or something that it needs, was removed
    /// meanwhile. If it is defined again, another lookup finds it.
    pub fn is_overtaken(&self) -> bool {
        let mut error = self;
        while let LookupError::Failed { cause, .. } = error {
            match cause.downcast_ref() {
                Some(earlier) => error = earlier,
                None => {
                    return cause.is::<Removed>()
                        || cause.is::<DependencyGone>();
                }
            }
        }
        false
    }
}

/// The symbols of some work are gone: they failed or were removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the symbols are not wanted any more")]
pub struct Defunct;

/// A symbol cannot be removed, since others would miss it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{symbol}` is in use by {}", list_users(.users, *.handles))]
pub struct InUse {
    /// The symbol.
    pub symbol: Symbol,
    /// The symbols whose code refers to it.
    pub users: Vec<Symbol>,
    /// How many handles on it there are.
    pub handles: u32,
}

/// Symbols were removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("it was removed")]
pub struct Removed;

/// Something that new code is bound to was removed meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("something it refers to was removed meanwhile")]
pub struct DependencyGone;

/// A unit has not given one of its symbols an address.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("its unit gives `{0}` no address")]
pub struct NoAddress(pub Symbol);

/// More names than these are counted, not listed.
const LISTED: usize = 8;

/// Some names, for a message.
pub(crate) fn list(names: &[Symbol]) -> String {
    let shown = names.iter().take(LISTED).map(|name| format!("`{name}`"));
    let mut shown: Vec<String> = shown.collect();
    if names.len() > LISTED {
        shown.push(format!("{} more", names.len() - LISTED));
    }
    shown.join(", ")
}

fn list_users(names: &[Symbol], handles: u32) -> String {
    match (names, handles) {
        ([], 1) => "a handle".to_owned(),
        ([], _) => format!("{handles} handles"),
        _ => list(names),
    }
}
