//! Which passes run, in which order: the pass manager.
//!
//! | file | what it has |
//! |---|---|
//! | `level` | what `-O0`, `-O1` and `-O2` stand for |
//! | `times` | how long each pass takes |

mod level;
mod times;

pub use level::Level;
pub use times::Times;

use crate::analysis::{Analyses, Pure};
use crate::passes::{self, Changed, ModulePass, Pass, Surroundings};
use chapter1::cancel;
use chapter1::ir::{Function, Module, verify};
use chapter1::orc::Cause;
use chapter1::repl;
use std::ops::Range;
use std::sync::Arc;
use thiserror::Error;

/// Passes, to be run one after the other.
#[derive(Clone, Default)]
pub struct Pipeline {
    passes: Vec<Arc<dyn Pass>>,
    /// The passes that are there for what inlining brings to light.
    again: Range<usize>,
    print_before: Vec<String>,
    print_after: Vec<String>,
    times: Option<Arc<Times>>,
}

/// There is no pass of this name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("there is no pass `{0}`")]
pub struct UnknownPass(pub String);

/// How far a function is that has been [prepared](Pipeline::prepare).
#[derive(Clone, Default)]
pub struct Progress {
    /// The passes that have looked at the function as it is now, and have
    /// left nothing to find.
    idle: Vec<&'static str>,
    /// Whether the function has changed since its first round of passes.
    is_changed: bool,
}

impl Pipeline {
    /// These passes, in this order.
    pub fn new(passes: Vec<Arc<dyn Pass>>) -> Pipeline {
        Pipeline { passes, ..Pipeline::default() }
    }

    /// Runs these only on functions that others have been inlined in.
    pub(crate) fn after_inlining(self, again: Range<usize>) -> Pipeline {
        Pipeline { again, ..self }
    }

    /// The passes of these names, in this order.
    ///
    /// # Errors
    /// If there is no such pass.
    pub fn named(names: &[&str]) -> Result<Pipeline, UnknownPass> {
        let find = |name: &&str| {
            passes::find(name).ok_or_else(|| UnknownPass(name.to_string()))
        };
        let passes: Result<_, _> = names.iter().map(find).collect();
        passes.map(Pipeline::new)
    }

    /// What `-O2` stands for.
    pub fn optimised() -> Pipeline {
        Level::O2.pipeline()
    }

    /// Shows functions on standard error before these passes and after those.
    pub fn print(&mut self, before: Vec<String>, after: Vec<String>) {
        (self.print_before, self.print_after) = (before, after);
    }

    /// Measures from now on how long each pass takes.
    pub fn measure(&mut self) {
        self.times = Some(Arc::default());
    }

    /// How long each pass has taken, if that is measured.
    pub fn times(&self) -> Option<&Times> {
        self.times.as_deref()
    }

    /// The passes.
    pub fn passes(&self) -> &[Arc<dyn Pass>] {
        &self.passes
    }

    /// Whether what becomes of a function depends on others.
    pub fn looks_at_modules(&self) -> bool {
        self.passes.iter().any(is_module_pass)
    }

    /// Changes the functions of a module that knows of nothing else.
    ///
    /// # Errors
    /// As [`run_in`](Pipeline::run_in).
    pub fn run(&self, mut module: Module) -> Result<Module, Cause> {
        self.run_in(&mut Surroundings::default(), &mut module)?;
        Ok(module)
    }

    /// Changes the functions of a module. Their number and order stay.
    ///
    /// # Errors
    /// If somebody wants everything to stop. What there is of the module is
    /// well formed then, and does the same as before.
    // ANCHOR: run_in
    pub fn run_in(
        &self,
        surroundings: &mut Surroundings,
        module: &mut Module,
    ) -> Result<(), Cause> {
        let progress = self.prepare(surroundings, module)?;
        for (function, progress) in module.functions.iter_mut().zip(progress) {
            self.finish(surroundings.pure.clone(), function, progress)?;
        }
        Ok(())
    }
    // ANCHOR_END: run_in

    /// Does what depends on the other functions of a module: all passes up to
    /// the last one that looks at them. Returns how far each function is.
    ///
    /// # Errors
    /// As [`run_in`](Pipeline::run_in).
    // ANCHOR: prepare
    pub fn prepare(
        &self,
        surroundings: &mut Surroundings,
        module: &mut Module,
    ) -> Result<Vec<Progress>, Cause> {
        let mut progress = vec![Progress::default(); module.functions.len()];
        let mut start = 0;
        for (end, pass) in self.passes.iter().enumerate() {
            let name = pass.name();
            let Some(pass) = pass.as_module_pass() else { continue };
            let functions = module.functions.iter_mut().zip(&mut progress);
            for (function, progress) in functions {
                let pure = surroundings.pure.clone();
                self.function_passes(start..end, pure, function, progress)?;
                progress.is_changed = false;
            }
            self.module_pass(name, pass, module, surroundings, &mut progress)?;
            start = end + 1;
        }
        Ok(progress)
    }
    // ANCHOR_END: prepare

    /// Does the rest for a function, if certain calls are pure.
    ///
    /// # Errors
    /// As [`run_in`](Pipeline::run_in).
    pub fn finish(
        &self,
        pure: Pure,
        function: &mut Function,
        mut progress: Progress,
    ) -> Result<(), Cause> {
        let last = self.passes.iter().rposition(is_module_pass);
        let rest = last.map_or(0, |last| last + 1)..self.passes.len();
        self.function_passes(rest, pure, function, &mut progress)
    }

    /// One function goes through several passes: what is known of it can be
    /// forgotten then.
    // ANCHOR: function_passes
    fn function_passes(
        &self,
        passes: Range<usize>,
        pure: Pure,
        function: &mut Function,
        progress: &mut Progress,
    ) -> Result<(), Cause> {
        let mut analyses = Analyses::new(pure);
        for index in passes {
            let is_again = self.again.contains(&index);
            if !is_again || progress.is_changed {
                let pass = &*self.passes[index];
                self.function_pass(pass, function, &mut analyses, progress)?;
            }
        }
        Ok(())
    }
    // ANCHOR_END: function_passes

    // ANCHOR: function_pass
    fn function_pass(
        &self,
        pass: &dyn Pass,
        function: &mut Function,
        analyses: &mut Analyses,
        Progress { idle, is_changed }: &mut Progress,
    ) -> Result<(), Cause> {
        cancel::check().map_err(Cause::new)?;
        let name = pass.name();
        print(&self.print_before, "before", name, function);
        let mut changed = Changed::Nothing;
        if !idle.contains(&name) {
            changed = self.time(name, || pass.run(function, analyses));
            if changed != Changed::Nothing {
                *is_changed = true;
                idle.clear();
            }
            idle.push(name);
        }
        self.note(name, [changed]);
        if changed == Changed::ControlFlow {
            analyses.forget();
        }
        print(&self.print_after, "after", name, function);
        check(name, function);
        Ok(())
    }
    // ANCHOR_END: function_pass

    fn module_pass(
        &self,
        name: &'static str,
        pass: &dyn ModulePass,
        module: &mut Module,
        surroundings: &mut Surroundings,
        progress: &mut [Progress],
    ) -> Result<(), Cause> {
        for function in &module.functions {
            print(&self.print_before, "before", name, function);
        }
        let changes =
            self.time(name, || pass.run_on_module(module, surroundings));
        let changes = changes.map_err(Cause::new)?;
        for (progress, &changed) in progress.iter_mut().zip(&changes) {
            if changed != Changed::Nothing {
                progress.is_changed = true;
                progress.idle.clear();
            }
        }
        self.note(name, changes);
        for function in &module.functions {
            print(&self.print_after, "after", name, function);
            check(name, function);
        }
        Ok(())
    }

    fn time<T>(&self, name: &'static str, run: impl FnOnce() -> T) -> T {
        match &self.times {
            Some(times) => times.measure(name, run),
            None => run(),
        }
    }

    fn note(
        &self,
        name: &'static str,
        changes: impl IntoIterator<Item = Changed>,
    ) {
        if let Some(times) = &self.times {
            let changes = changes.into_iter();
            times.note(name, changes.map(|c| c != Changed::Nothing));
        }
    }
}

fn is_module_pass(pass: &Arc<dyn Pass>) -> bool {
    pass.as_module_pass().is_some()
}

/// Shows a function, if it is to be shown before or after this pass.
fn print(shown: &[String], when: &str, pass: &str, function: &Function) {
    if shown.iter().any(|name| name == pass) {
        repl::write(&format!("# {when} {pass}\n{function}"));
    }
}

/// Stops at IR that is not well formed, in debug builds: the pass has a bug.
// ANCHOR: check
fn check(pass: &str, function: &Function) {
    if cfg!(debug_assertions)
        && let Err(error) = verify(function)
    {
        panic!("after {pass}: {error}\n{function}");
    }
}
// ANCHOR_END: check

#[cfg(test)]
mod tests;
