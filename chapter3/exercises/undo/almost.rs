//! Almost: what is undone is remembered like any other change, so that the
//! next step back undoes that.

use super::{Undo, answer, pass_on};
use chapter1::definitions::Origin;
use chapter1::driver::{Driver, JitError};
use chapter1::ir::Module;
use chapter1::symbol::Symbol;
use chapter3::jit::KaleidoscopeJit;
use std::collections::HashMap;
use std::sync::Mutex;

pub(super) struct History {
    jit: KaleidoscopeJit,
    before: Mutex<HashMap<Symbol, answer::State>>,
}

pub(super) fn history(jit: KaleidoscopeJit) -> History {
    History { jit, before: Mutex::default() }
}

impl Driver for History {
    pass_on!();

    fn define(&self, module: Module, origin: Origin) -> Result<(), JitError> {
        let names = module.functions.iter().map(|it| it.name.clone());
        let states = names.map(|name| (self.state(&name), name));
        let states: Vec<(answer::State, Symbol)> = states.collect();
        self.jit.define(module, origin)?;
        states.into_iter().for_each(|(state, name)| self.note(name, state));
        Ok(())
    }

    fn remove(&self, name: &Symbol) -> Result<(), JitError> {
        let state = self.state(name);
        self.jit.remove(name)?;
        self.note(name.clone(), state);
        Ok(())
    }
}

impl Undo for History {
    fn undo(&self, name: &Symbol) -> Result<(), JitError> {
        let before = self.before.lock().unwrap().get(name).cloned();
        match before.ok_or_else(|| JitError::Undefined(name.clone()))? {
            None => self.remove(name),
            Some((module, origin)) => {
                let params = module.functions[0].signature.params.len();
                self.check_definable(name, params)?;
                self.define(module, origin)
            }
        }
    }
}

impl History {
    fn state(&self, name: &Symbol) -> answer::State {
        let definitions = &self.base().definitions;
        let definition = definitions.get(name)?;
        let module = definitions.module(&definition)?;
        Some((module, definition.origin.clone()))
    }

    fn note(&self, name: Symbol, state: answer::State) {
        self.before.lock().unwrap().insert(name, state);
    }
}
