//! Optimising one function at a time: with copies of what it calls at hand,
//! as far as that is near and little.
//!
//! Chapter 2 optimises a function together with all that it calls, directly
//! or not, because all of it will be compiled. Here most of it may never be.
//! So a few callees are made from their sources, looked at, and dropped
//! again.

use crate::modules::Modules;
use chapter1::definitions::{Definition, Definitions, Origin};
use chapter1::ir::{Function, Module};
use chapter1::orc::{Cause, MaterializationResponsibility};
use chapter1::symbol::Symbol;
use chapter2::optimiser::Optimiser;
use chapter2::passes::Surroundings;
use chapter2::transform::Transform;
use rustc_hash::FxHashSet;
use std::sync::Arc;

// ANCHOR: budget
/// So many functions are looked at with another one at most.
const MAX_FUNCTIONS: usize = 8;

/// How far away they are at most, in calls.
const MAX_DISTANCE: usize = 2;

/// How long their sources are at most, in bytes: longer ones would hardly be
/// inlined.
const MAX_SOURCE: usize = 256;
// ANCHOR_END: budget

/// An optimiser of functions one by one.
pub struct Nearby {
    /// The optimiser.
    pub optimiser: Optimiser,
    definitions: Arc<Definitions>,
    modules: Arc<Modules>,
}

/// Functions that another one calls, and what they were made from.
#[derive(Default)]
// ANCHOR: Near
struct Near {
    functions: Vec<Function>,
    made_from: Vec<(Symbol, Arc<Definition>)>,
}
// ANCHOR_END: Near

impl Nearby {
    /// An optimiser for what is defined in a table.
    pub fn new(
        optimiser: Optimiser,
        definitions: Arc<Definitions>,
        modules: Arc<Modules>,
    ) -> Nearby {
        Nearby { optimiser, definitions, modules }
    }

    /// What a module of one function is optimised with.
    pub(crate) fn company(&self, module: &Module) -> Vec<Function> {
        self.near(module).functions
    }

    /// What is near the functions of a module: breadth first, so the nearest
    /// come first.
    // ANCHOR: near
    fn near(&self, module: &Module) -> Near {
        let mut near = Near::default();
        let [function] = &module.functions[..] else { return near };
        if !self.optimiser.pipeline.looks_at_modules() {
            return near;
        }
        let mut seen = FxHashSet::from_iter([function.name.clone()]);
        let mut rim = callees(function);
        for _ in 0..MAX_DISTANCE {
            let mut next = Vec::new();
            for name in rim {
                if near.functions.len() == MAX_FUNCTIONS {
                    return near;
                }
                if seen.insert(name.clone())
                    && self.modules.are_together(&function.name, &name)
                {
                    next.extend(self.take(&name, &mut near));
                }
            }
            rim = next;
        }
        near
    }
    // ANCHOR_END: near

    /// Makes a function once more, if it is small. Returns what it calls.
    fn take(&self, name: &Symbol, near: &mut Near) -> Vec<Symbol> {
        let Some(definition) = self.definitions.get(name) else {
            return Vec::new();
        };
        if let Origin::Source { text, .. } = &definition.origin
            && text.len() > MAX_SOURCE
        {
            return Vec::new();
        }
        let module = self.definitions.module(&definition);
        let Some(function) = module.and_then(|mut it| it.functions.pop())
        else {
            return Vec::new();
        };
        let callees = callees(&function);
        near.functions.push(function);
        near.made_from.push((name.clone(), definition));
        callees
    }

    /// Notes what was inlined in a function, unless that has been redefined:
    /// for its new body there may be a note already.
    fn note(
        &self,
        name: &Symbol,
        surroundings: &Surroundings,
        responsibility: &MaterializationResponsibility,
    ) {
        let inlined = surroundings.inlined.get(name).into_iter().flatten();
        let inlined = inlined.cloned().collect();
        let is_wanted = || responsibility.symbols().contains(name);
        self.definitions.note_inlined_if(name, inlined, is_wanted);
    }

    /// Whether nothing has been redefined meanwhile.
    // ANCHOR: is_current
    fn is_current(&self, near: &[(Symbol, Arc<Definition>)]) -> bool {
        near.iter().all(|(name, definition)| {
            let current = self.definitions.get(name);
            current.is_some_and(|current| Arc::ptr_eq(&current, definition))
        })
    }
    // ANCHOR_END: is_current
}

impl Transform for Nearby {
    /// Optimises a module. Fails only if somebody wants everything to stop.
    // ANCHOR: transform
    fn transform(
        &self,
        module: Module,
        responsibility: &MaterializationResponsibility,
    ) -> Result<Module, Cause> {
        let is_bound = |name: &Symbol| {
            let flags = responsibility.rely_on(name);
            flags.is_some_and(|flags| flags.pure)
        };
        loop {
            let Near { functions, made_from } = self.near(&module);
            let mut optimised = module.clone();
            let surroundings = self.optimiser.optimise_among(
                &mut optimised,
                functions,
                is_bound,
            )?;
            for function in &optimised.functions {
                self.note(&function.name, &surroundings, responsibility);
            }
            // Who redefines one of these from now on finds this function
            // among those that have inlined it.
            if self.is_current(&made_from) {
                return Ok(optimised);
            }
        }
    }
    // ANCHOR_END: transform
}

fn callees(function: &Function) -> Vec<Symbol> {
    let callees = function.callees.values();
    callees.map(|callee| callee.name.clone()).collect()
}
