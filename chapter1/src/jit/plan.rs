//! What a lookup needs: everything that can be reached by calls and is not
//! compiled yet.

use super::{JitError, Path};
use crate::executor::{HostFunction, MAX_PARAMETERS};
use crate::ir::Function;
use crate::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// What must be compiled for a lookup.
#[derive(Default)]
pub(super) struct Plan {
    /// The modules, by number.
    pub(super) modules: Vec<usize>,
    /// The host functions that become bound.
    pub(super) bound: Vec<(Symbol, HostFunction)>,
    /// The names still to be looked at, with the number of parameters that a
    /// caller declares.
    pub(super) wanted: Vec<(Symbol, Option<usize>)>,
    /// Who was the first to need each name.
    needed_by: FxHashMap<Symbol, Option<Symbol>>,
    added: FxHashSet<usize>,
}

impl Plan {
    pub(super) fn add(&mut self, module: usize) -> bool {
        let is_new = self.added.insert(module);
        if is_new {
            self.modules.push(module);
        }
        is_new
    }

    pub(super) fn want(
        &mut self,
        name: &Symbol,
        caller: Option<(&Symbol, usize)>,
    ) {
        if !self.needed_by.contains_key(name) {
            let needed_by = caller.map(|(caller, _)| caller.clone());
            self.needed_by.insert(name.clone(), needed_by);
            let declared = caller.map(|(_, params)| params);
            self.wanted.push((name.clone(), declared));
        }
    }

    /// Wants whatever a function calls.
    pub(super) fn scan(&mut self, function: &Function) {
        let name = &function.name;
        if !self.needed_by.contains_key(name) {
            self.needed_by.insert(name.clone(), None);
        }
        for callee in function.callees.values() {
            let params = callee.signature.params.len();
            self.want(&callee.name, Some((name, params)));
        }
    }

    /// From a root of the plan to `name`, caller by caller.
    pub(super) fn path_to(&self, name: &Symbol) -> Path {
        let mut path = vec![name.clone()];
        let mut at = name;
        while let Some(Some(caller)) = self.needed_by.get(at) {
            path.push(caller.clone());
            at = caller;
        }
        path.reverse();
        Path(path)
    }

    /// Whether a caller declares a host function as it is.
    pub(super) fn check_params(
        &self,
        name: &Symbol,
        function: &HostFunction,
        declared: Option<usize>,
    ) -> Result<(), JitError> {
        match (function.params, declared) {
            (Some(params), Some(declared)) if params != declared => {
                let path = self.path_to(name);
                Err(JitError::HostPrototype { path, params, declared })
            }
            (None, Some(declared)) if declared > MAX_PARAMETERS => {
                let (path, params) = (self.path_to(name), MAX_PARAMETERS);
                Err(JitError::HostPrototype { path, params, declared })
            }
            _ => Ok(()),
        }
    }
}
