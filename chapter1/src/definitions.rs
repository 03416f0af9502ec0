//! What the user has declared and defined: the names a program may call, and
//! who calls whom.

use crate::ir::lower::Prototypes;
use crate::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};
use thiserror::Error;

/// The functions known to the user's programs.
#[derive(Default)]
pub struct Definitions {
    functions: FxHashMap<Symbol, Known>,
    /// The host functions, with their numbers of parameters: known even
    /// before they are declared, for better messages.
    host: FxHashMap<String, usize>,
}

struct Known {
    params: usize,
    is_defined: bool,
    /// The definitions that call it.
    callers: FxHashSet<Symbol>,
}

/// Two prototypes of one function differ in the number of parameters.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{name}` has {known} parameters, not {found}")]
pub struct PrototypeMismatch {
    /// The function.
    pub name: String,
    /// How many parameters it has so far.
    pub known: usize,
    /// How many it would have.
    pub found: usize,
    /// Whether it has been defined, not only declared.
    pub is_defined: bool,
    /// The definitions that pass the old number of arguments.
    pub callers: Vec<Symbol>,
}

impl Definitions {
    /// Nothing but what the host has.
    pub fn new(host: impl Iterator<Item = (String, usize)>) -> Definitions {
        Definitions { functions: FxHashMap::default(), host: host.collect() }
    }

    /// Whether a function may have so many parameters. A declaration that
    /// nobody relies on may be replaced by another.
    ///
    /// # Errors
    /// If there is a definition or a caller with another number.
    pub fn check(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), PrototypeMismatch> {
        let symbol = Symbol::find(name);
        let known = symbol.and_then(|symbol| self.functions.get(&symbol));
        let Some(known) = known else { return Ok(()) };
        let is_free = !known.is_defined && known.callers.is_empty();
        if known.params == params || is_free {
            return Ok(());
        }
        let mut callers: Vec<Symbol> = known.callers.iter().cloned().collect();
        callers.sort();
        Err(PrototypeMismatch {
            name: name.to_owned(),
            known: known.params,
            found: params,
            is_defined: known.is_defined,
            callers,
        })
    }

    /// Enters a declaration that [`check`](Self::check) has passed.
    pub fn declare(&mut self, name: &str, params: usize) {
        self.enter(Symbol::new(name), params);
    }

    /// Enters a definition that [`check`](Self::check) has passed, and whom
    /// it calls.
    pub fn define<'c>(
        &mut self,
        name: &Symbol,
        params: usize,
        callees: impl Iterator<Item = &'c Symbol>,
    ) {
        self.enter(name.clone(), params).is_defined = true;
        for callee in callees {
            if let Some(known) = self.functions.get_mut(callee) {
                known.callers.insert(name.clone());
            }
        }
    }

    fn enter(&mut self, name: Symbol, params: usize) -> &mut Known {
        let callers = FxHashSet::default();
        let known = self.functions.entry(name);
        let known =
            known.or_insert(Known { params, is_defined: false, callers });
        known.params = params;
        known
    }
}

impl Prototypes for Definitions {
    fn prototype(&self, name: &str) -> Option<(Symbol, usize)> {
        let symbol = Symbol::find(name)?;
        let params = self.functions.get(&symbol)?.params;
        Some((symbol, params))
    }

    fn host_prototype(&self, name: &str) -> Option<usize> {
        self.host.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_without_callers_can_be_replaced() {
        let mut definitions = Definitions::default();
        definitions.declare("f", 1);
        assert_eq!(definitions.check("f", 2), Ok(()));
        definitions.declare("f", 2);
        assert_eq!(definitions.prototype("f").unwrap().1, 2);
    }

    #[test]
    fn callers_hold_on_to_the_number_of_parameters() {
        let mut definitions = Definitions::default();
        let f = Symbol::new("f");
        definitions.declare("f", 1);
        definitions.define(&Symbol::new("h"), 0, [&f].into_iter());
        definitions.define(&Symbol::new("g"), 0, [&f].into_iter());
        let mismatch = definitions.check("f", 2).unwrap_err();
        assert_eq!(mismatch.callers, [Symbol::new("g"), Symbol::new("h")]);
        assert_eq!((mismatch.known, mismatch.is_defined), (1, false));
        assert_eq!(definitions.check("f", 1), Ok(()));
    }

    #[test]
    fn so_does_a_definition() {
        let mut definitions = Definitions::default();
        definitions.define(&Symbol::new("f"), 1, [].into_iter());
        assert!(definitions.check("f", 2).unwrap_err().is_defined);
    }
}
