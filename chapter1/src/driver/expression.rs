//! An expression while it is at work.

use super::{Base, JitError, unless_overtaken};
use crate::ir::Module;
use crate::orc::{Hold, LookupError, ResourceTracker};
use crate::symbol::Symbol;
use crate::timing::Phase;
use std::sync::atomic::Ordering;
use tracing::info;

/// An expression that is compiled, run and forgotten.
pub(super) struct Expression<'b> {
    base: &'b Base,
    pub(super) tracker: ResourceTracker,
    name: Symbol,
    /// What it calls, each with the number of arguments.
    callees: Vec<(Symbol, usize)>,
}

impl<'b> Expression<'b> {
    /// Begins with a module of one function. Should another expression be at
    /// work (a host function may evaluate one), it gets another name.
    pub(super) fn new(base: &'b Base, module: &mut Module) -> Expression<'b> {
        let [function] = &mut module.functions[..] else {
            panic!("an expression is one function")
        };
        assert!(function.signature.params.is_empty(), "without parameters");
        let number = base.begun.fetch_add(1, Ordering::Relaxed);
        if base.active.fetch_add(1, Ordering::Relaxed) > 0 {
            let name = format!("{}.{number}", function.name);
            function.name = Symbol::new(&name);
        }
        let callees = function
            .callees
            .values()
            .map(|callee| (callee.name.clone(), callee.signature.params.len()));
        Expression {
            base,
            tracker: base.expressions.create_tracker(),
            name: function.name.clone(),
            callees: callees.collect(),
        }
    }

    /// Compiles what it calls. If that fails, the expression itself need not
    /// be compiled.
    pub(super) fn prepare(&self) -> Result<(), JitError> {
        let base = self.base;
        for (name, arguments) in &self.callees {
            base.check_prototype(&self.name, name, *arguments)?;
        }
        let callees = self.callees();
        if callees.is_empty() {
            return Ok(());
        }
        let order = base.main.search_order();
        let found = unless_overtaken(|| base.session.lookup(&order, &callees));
        found.map(drop).map_err(|e| base.explain(&e, &self.name, &callees))
    }

    /// Compiles it. It has been added by its tracker. Returns none if what it
    /// calls has been removed since it was looked up; it has to be added again
    /// then.
    pub(super) fn compile(&self) -> Result<Option<Hold>, JitError> {
        let Expression { base, name, .. } = self;
        let found = base.expressions.lookup(name);
        // From here on not even the end of the session frees it.
        let held = found.and_then(|found| {
            Hold::new(&base.session, found).ok_or(LookupError::Ended)
        });
        match held {
            Ok(hold) => Ok(Some(hold)),
            Err(error) if error.is_overtaken() => Ok(None),
            Err(error) => Err(base.explain(&error, name, &[])),
        }
    }

    /// Runs it.
    pub(super) fn run(&self, hold: &Hold) -> Result<f64, JitError> {
        let Expression { base, name, .. } = self;
        let executor = base.session.executor();
        info!(target: "jit::run", "`{name}` is called");
        let value = base.phases.measure(Phase::Run, || {
            // SAFETY: the function is ready, takes no parameters and returns
            // a number. It is held meanwhile.
            unsafe { executor.call(hold.found().address, &[]) }
        });
        let value = value.map_err(|error| {
            JitError::stopped(&base.session, error, |error| {
                base.explain(error, name, &self.callees())
            })
        })?;
        info!(target: "jit::run", "`{name}` returns {value}");
        Ok(value)
    }

    fn callees(&self) -> Vec<Symbol> {
        let callees = self.callees.iter().map(|(callee, _)| callee.clone());
        callees.collect()
    }
}

impl Drop for Expression<'_> {
    fn drop(&mut self) {
        // Nothing can be bound to it: no other code sees its dylib, but for
        // expressions, which do not know its name.
        let _ = self.tracker.remove();
        self.base.active.fetch_sub(1, Ordering::Relaxed);
    }
}
