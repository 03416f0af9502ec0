//! The optimiser as the transform layer and the prompt see it: what a module
//! becomes, and what may be taken for granted meanwhile.

use crate::analysis::Pure;
use crate::edit;
use crate::modules::{Gathered, Modules, callees};
use crate::passes::Surroundings;
use crate::pipeline::{Pipeline, Progress};
use crate::transform::Transform;
use chapter1::codegen::{CodeGenerator, Tuning};
use chapter1::definitions::Definitions;
use chapter1::driver::{Base, JitError};
use chapter1::executor::Executor;
use chapter1::ir::lower::Prototypes;
use chapter1::ir::{Function, Module};
use chapter1::link::LinkGraph;
use chapter1::orc::{Cause, MaterializationResponsibility};
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
    /// An optimiser for what is defined in a session.
    pub fn new(pipeline: Pipeline, base: &Base) -> Optimiser {
        let modules = Modules::default();
        let definitions = base.definitions.clone();
        let executor = base.session.executor().clone();
        Optimiser { pipeline, modules, definitions, executor }
    }

    /// What a module of one function becomes if it is compiled now, among
    /// copies of functions that it may call, and its code.
    ///
    /// # Errors
    /// If the function is too large, or somebody wants everything to stop.
    pub fn preview(
        &self,
        base: &Base,
        mut module: Module,
        company: Vec<Function>,
        tuning: Tuning,
    ) -> Result<(Module, LinkGraph), JitError> {
        let is_bound = |name: &Symbol| match base.main.flags(name) {
            Some(flags) => flags.pure,
            None => self.definitions.get(name).is_none(),
        };
        self.optimise_among(&mut module, company, is_bound)
            .map_err(JitError::Failed)?;
        let target = self.executor.target();
        let mut generator = CodeGenerator::tuned(target, tuning);
        let graph = generator.compile(&module)?;
        Ok((module, graph))
    }

    /// Optimises a module among copies of functions that it may call. Returns
    /// what was inlined. `is_bound` says whether a name stands for the pure
    /// function that the host has of it.
    ///
    /// # Errors
    /// If somebody wants everything to stop.
    pub fn optimise_among(
        &self,
        module: &mut Module,
        company: Vec<Function>,
        is_bound: impl Fn(&Symbol) -> bool,
    ) -> Result<Surroundings, Cause> {
        let own = module.functions.len();
        module.functions.extend(company);
        let alone = Gathered::default();
        let mut surroundings = self.surroundings(module, &alone, is_bound);
        let progress = self.prepare(module, &mut surroundings)?;
        module.functions.truncate(own);
        self.finish(module, progress, &surroundings.pure)?;
        Ok(surroundings)
    }

    /// What a module's functions call, directly or not, and what was defined
    /// with them, as it was defined.
    pub(crate) fn company(&self, module: &Module) -> Vec<Function> {
        let mut company = Vec::new();
        let [function] = &module.functions[..] else { return company };
        let mut seen = FxHashSet::from_iter([function.name.clone()]);
        let mut next = callees(function);
        while let Some(name) = next.pop() {
            if self.modules.are_together(&function.name, &name)
                && seen.insert(name.clone())
                && let Some(definition) = self.definitions.get(&name)
                && let Some(module) = self.definitions.module(&definition)
            {
                next.extend(module.functions.iter().flat_map(callees));
                company.extend(module.functions);
            }
        }
        company
    }

    /// Does what depends on the other functions of a module. Returns how far
    /// each is.
    fn prepare(
        &self,
        module: &mut Module,
        surroundings: &mut Surroundings,
    ) -> Result<Vec<Progress>, Cause> {
        let progress = self.pipeline.prepare(surroundings, module);
        for function in &mut module.functions {
            need_no_copied(function, surroundings);
        }
        progress
    }

    /// Does the rest for the functions of a module, if certain calls are pure.
    ///
    /// # Errors
    /// If somebody wants everything to stop.
    pub fn finish(
        &self,
        module: &mut Module,
        progress: Vec<Progress>,
        pure: &Pure,
    ) -> Result<(), Cause> {
        for (function, progress) in module.functions.iter_mut().zip(progress) {
            self.pipeline.finish(pure.clone(), function, progress)?;
        }
        Ok(())
    }

    /// What is optimised together with a module, if that makes a difference.
    fn gather(&self, module: &Module) -> Gathered {
        match self.pipeline.looks_at_modules() {
            true => self.modules.gather(module),
            false => Gathered::default(),
        }
    }

    /// What passes may take for granted, and what they may inline.
    fn surroundings(
        &self,
        module: &Module,
        gathered: &Gathered,
        is_bound: impl Fn(&Symbol) -> bool,
    ) -> Surroundings {
        let pure = Arc::new(self.pure_callees(module, gathered, is_bound));
        let bodies = gathered.bodies.iter();
        let bodies = bodies.filter(|(_, _, relied_on)| {
            relied_on.iter().all(|name| pure.contains(name))
        });
        let bodies = bodies
            .map(|(name, body, _)| (name.clone(), body.clone()))
            .collect();
        Surroundings { pure, bodies, ..Surroundings::default() }
    }

    /// The functions that a module calls, or that a body for it does, and
    /// that are pure. Whether a name is bound to a pure function of the host
    /// is only asked if the host has one.
    // ANCHOR: pure_callees
    fn pure_callees(
        &self,
        module: &Module,
        gathered: &Gathered,
        is_bound: impl Fn(&Symbol) -> bool,
    ) -> FxHashSet<Symbol> {
        let bodies = gathered.bodies.iter();
        let bodies = bodies.map(|(_, body, _)| &*body.function);
        let functions = module.functions.iter().chain(bodies);
        let callees = functions.flat_map(|f| f.callees.values());
        let mut names: FxHashSet<&Symbol> = callees.map(|c| &c.name).collect();
        for function in &module.functions {
            names.remove(&function.name);
        }
        let is_pure = |name: &&Symbol| self.host_has(name) && is_bound(name);
        names.into_iter().filter(is_pure).cloned().collect()
    }
    // ANCHOR_END: pure_callees

    /// Whether the host has a pure function of this name.
    fn host_has(&self, name: &Symbol) -> bool {
        let host = || self.executor.host_symbol(name);
        self.definitions.host_prototype(name).is_some()
            && host().is_ok_and(|function| function.is_pure)
    }

    /// Notes what was inlined in a function.
    fn note_inlined(&self, name: &Symbol, surroundings: &Surroundings) {
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
        let mut gathered = self.gather(&module);
        let own = module.functions.len();
        module.functions.append(&mut gathered.functions);
        let mut surroundings = self.surroundings(&module, &gathered, |name| {
            let flags = responsibility.rely_on(name);
            flags.is_some_and(|flags| flags.pure)
        });
        let progress = self.prepare(&mut module, &mut surroundings);
        for function in &module.functions {
            self.note_inlined(&function.name, &surroundings);
        }
        let others = module.functions.split_off(own);
        let theirs = progress.as_ref().ok().map(|progress| &progress[own..]);
        gathered.put_back(others, theirs, &surroundings);
        self.finish(&mut module, progress?, &surroundings.pure)?;
        for function in &module.functions {
            gathered.keep(function, &surroundings);
        }
        Ok(module)
    }
    // ANCHOR_END: transform
}

/// What a function has copies of, and does not call, need not be compiled for
/// it. What that calls is declared in its place.
fn need_no_copied(function: &mut Function, surroundings: &Surroundings) {
    if let Some(copied) = surroundings.inlined.get(&function.name) {
        edit::remove_callees(function, |name| copied.contains(name));
    }
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
