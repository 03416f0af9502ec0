//! The optimiser as the transform layer and the prompt see it: what a module
//! becomes, and what may be taken for granted meanwhile.

use crate::modules::{Gathered, Modules};
use crate::passes::Surroundings;
use crate::pipeline::Pipeline;
use crate::transform::Transform;
use chapter1::definitions::Definitions;
use chapter1::executor::Executor;
use chapter1::ir::lower::Prototypes;
use chapter1::ir::{Function, Module};
use chapter1::orc::{Cause, MaterializationResponsibility, SymbolFlags};
use chapter1::symbol::Symbol;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Passes, and the modules that they work on.
pub struct Optimiser {
    /// The passes.
    pub pipeline: Pipeline,
    /// The modules of several functions.
    pub modules: Modules,
    definitions: Arc<Definitions>,
    executor: Arc<dyn Executor>,
}

impl Optimiser {
    /// An optimiser for what is defined in a table.
    pub fn new(
        pipeline: Pipeline,
        definitions: Arc<Definitions>,
        executor: Arc<dyn Executor>,
    ) -> Optimiser {
        let modules = Modules::default();
        Optimiser { pipeline, modules, definitions, executor }
    }

    /// What a module of one function would become now.
    ///
    /// # Errors
    /// If somebody wants everything to stop.
    pub fn preview(
        &self,
        mut module: Module,
        flags: impl Fn(&Symbol) -> Option<SymbolFlags>,
    ) -> Result<Module, Cause> {
        let gathered = self.gather(&module, true);
        let is_pure = |name: &Symbol| match flags(name) {
            Some(flags) => flags.pure,
            None => self.definitions.get(name).is_none(),
        };
        self.run(&mut module, gathered, is_pure)?;
        Ok(module)
    }

    /// Optimises a module among copies of functions that it may call, and
    /// says what is inlined now. `is_bound` says whether a name is bound to
    /// the function that the host has of this name.
    ///
    /// # Errors
    /// If somebody wants everything to stop.
    pub fn optimise_among(
        &self,
        module: &mut Module,
        near: Vec<Function>,
        is_bound: impl Fn(&Symbol) -> bool,
    ) -> Result<Surroundings, Cause> {
        let mut gathered = Gathered::default();
        gathered.functions = near;
        self.run(module, gathered, is_bound)
    }

    /// Optimises a module with what was gathered for it, and leaves that.
    fn run(
        &self,
        module: &mut Module,
        mut gathered: Gathered,
        is_bound: impl Fn(&Symbol) -> bool,
    ) -> Result<Surroundings, Cause> {
        let own = module.functions.len();
        module.functions.append(&mut gathered.functions);
        let mut surroundings = self.surroundings(module, &gathered, is_bound);
        self.pipeline.run_in(&mut surroundings, module)?;
        module.functions.truncate(own);
        Ok(surroundings)
    }

    /// What is optimised together with a module, if that makes a difference.
    fn gather(&self, module: &Module, shall_stay: bool) -> Gathered {
        match self.pipeline.looks_at_modules() {
            true => self.modules.gather(module, shall_stay),
            false => Gathered::default(),
        }
    }

    /// What can be known of the functions that a module calls. Whether a name
    /// is bound to a pure function of the host is only asked if the host has
    /// one.
    fn surroundings(
        &self,
        module: &Module,
        gathered: &Gathered,
        is_bound: impl Fn(&Symbol) -> bool,
    ) -> Surroundings {
        let bodies = gathered.bodies.iter();
        let bodies = bodies.map(|(_, body, _)| &*body.function);
        let functions = module.functions.iter().chain(bodies);
        let callees = functions.flat_map(|f| f.callees.values());
        let names: FxHashSet<&Symbol> = callees.map(|c| &c.name).collect();
        let own: FxHashSet<&Symbol> =
            module.functions.iter().map(|f| &f.name).collect();
        let names = names.into_iter().filter(|name| !own.contains(name));
        let pure = names.filter(|name| {
            let host = || self.executor.host_symbol(name);
            self.definitions.host_prototype(name).is_some()
                && host().is_ok_and(|function| function.is_pure)
                && is_bound(name)
        });
        let pure: FxHashSet<Symbol> = pure.cloned().collect();
        let bodies = gathered.bodies.iter();
        let bodies = bodies.filter(|(_, _, relied_on)| {
            relied_on.iter().all(|name| pure.contains(name))
        });
        let bodies = bodies
            .map(|(name, body, _)| (name.clone(), body.clone()))
            .collect();
        let pure = Arc::new(pure);
        Surroundings { pure, bodies, ..Surroundings::default() }
    }

    /// Notes what was inlined in a function.
    pub fn note_inlined(&self, name: &Symbol, surroundings: &Surroundings) {
        let inlined = surroundings.inlined.get(name).into_iter().flatten();
        self.definitions.note_inlined(name, inlined.cloned().collect());
    }
}

impl Transform for Optimiser {
    /// Optimises a module. Fails only if somebody wants everything to stop.
    // ANCHOR: transform
    fn transform(
        &self,
        mut module: Module,
        responsibility: &MaterializationResponsibility,
    ) -> Result<Module, Cause> {
        keep_wanted(&mut module, responsibility);
        let mut gathered = self.gather(&module, false);
        let own = module.functions.len();
        module.functions.append(&mut gathered.functions);
        let mut surroundings = self.surroundings(&module, &gathered, |name| {
            let flags = responsibility.rely_on(name);
            flags.is_some_and(|flags| flags.pure)
        });
        let result = self.pipeline.run_in(&mut surroundings, &mut module);
        for function in &module.functions {
            self.note_inlined(&function.name, &surroundings);
        }
        let others = module.functions.split_off(own);
        if result.is_ok() {
            let own = module.functions.iter();
            own.for_each(|function| gathered.keep(function, &surroundings));
        }
        gathered.put_back(others, &surroundings, result.is_ok());
        result.map(|()| module)
    }
    // ANCHOR_END: transform
}

/// Drops the functions that were overridden or removed in the meantime: the
/// others shall not be inlined from them.
fn keep_wanted(
    module: &mut Module,
    responsibility: &MaterializationResponsibility,
) {
    if module.functions.len() > 1 {
        let wanted = responsibility.symbols().into_iter();
        let wanted: FxHashSet<Symbol> = wanted.collect();
        module.functions.retain(|f| wanted.contains(&f.name));
    }
}
