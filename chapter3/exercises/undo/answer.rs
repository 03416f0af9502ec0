//! Before a function changes, what it is goes on a pile.

use super::{Undo, pass_on};
use chapter1::definitions::Origin;
use chapter1::driver::{Driver, JitError};
use chapter1::ir::Module;
use chapter1::symbol::Symbol;
use chapter3::jit::KaleidoscopeJit;
use std::collections::HashMap;
use std::sync::Mutex;

pub(super) struct History {
    jit: KaleidoscopeJit,
    piles: Mutex<HashMap<Symbol, Vec<State>>>,
}

/// What a function was made from, if it was defined.
pub(super) type State = Option<(Module, Origin)>;

pub(super) fn history(jit: KaleidoscopeJit) -> History {
    History { jit, piles: Mutex::default() }
}

impl Driver for History {
    pass_on!();

    // ANCHOR: define
    fn define(&self, module: Module, origin: Origin) -> Result<(), JitError> {
        let names = module.functions.iter().map(|it| it.name.clone());
        let states = names.map(|name| (self.state(&name), name));
        let states: Vec<(State, Symbol)> = states.collect();
        self.jit.define(module, origin)?;
        states.into_iter().for_each(|(state, name)| self.push(name, state));
        Ok(())
    }

    fn remove(&self, name: &Symbol) -> Result<(), JitError> {
        let state = self.state(name);
        self.jit.remove(name)?;
        self.push(name.clone(), state);
        Ok(())
    }
    // ANCHOR_END: define
}

impl Undo for History {
    // ANCHOR: undo
    fn undo(&self, name: &Symbol) -> Result<(), JitError> {
        let mut piles = self.piles.lock().expect("nobody panics meanwhile");
        let pile = piles.entry(name.clone()).or_default();
        match pile.last() {
            None => return Err(JitError::Undefined(name.clone())),
            // It goes by the other JIT's methods, and is not remembered.
            Some(None) => self.jit.remove(name)?,
            Some(Some((module, origin))) => {
                let params = module.functions[0].signature.params.len();
                self.jit.check_definable(name, params)?;
                self.jit.define(module.clone(), origin.clone())?;
                self.jit.end_module();
            }
        }
        pile.pop();
        Ok(())
    }
    // ANCHOR_END: undo
}

impl History {
    fn state(&self, name: &Symbol) -> State {
        let definitions = &self.base().definitions;
        let definition = definitions.get(name)?;
        let module = definitions.module(&definition)?;
        Some((module, definition.origin.clone()))
    }

    fn push(&self, name: Symbol, state: State) {
        let mut piles = self.piles.lock().expect("nobody panics meanwhile");
        piles.entry(name).or_default().push(state);
    }
}
