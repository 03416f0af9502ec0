//! A JIT as its users see it: functions are defined, called and removed, and
//! expressions have values.
//!
//! | file | what it has |
//! |---|---|
//! | `active` | who called whom when code was left |
//! | `base` | what the JITs of all chapters have |
//! | `error` | what can go wrong |
//! | `explain` | from what the session says to what the user needs to know |
//! | `expression` | an expression while it is at work |
//! | `function` | compiled functions as Rust values |

mod active;
mod base;
mod error;
mod explain;
mod expression;
mod function;

pub use active::ActiveCalls;
pub use base::Base;
pub use error::{JitError, Path};
pub use function::{Function, Signature};

use crate::codegen::CodeGenerator;
use crate::definitions::{Origin, Prepared};
use crate::executor::{ExecutorAddr, HostFn};
use crate::ir::Module;
use crate::link::LinkGraph;
use crate::orc::{
    CodeWatcher, DefineError, Found, Hold, LookupError, Observer,
    ResourceTracker,
};
use crate::symbol::Symbol;
use expression::Expression;
use std::sync::Arc;
use std::thread;

/// How much has been done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// The functions that were defined.
    pub defined: usize,
    /// The functions that were compiled, top-level expressions included.
    pub compiled: usize,
    /// The size of all code that was compiled, constants included.
    pub code_bytes: usize,
}

/// A JIT for Kaleidoscope. A chapter says what its stack of layers does with
/// a module; the rest is the same in all of them.
pub trait Driver {
    /// What the JITs of all chapters have.
    fn base(&self) -> &Base;

    /// Gives a module to the top of the stack.
    ///
    /// # Errors
    /// If one of its functions has a definition.
    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError>;

    /// Asks to be shown each module as it is compiled.
    fn observe(&self, observer: Observer);

    /// Asks to be told where functions are put from now on. A stack that
    /// does not know tells nothing.
    fn watch_code(&self, watcher: CodeWatcher) {
        drop(watcher);
    }

    /// What the stack would make of a module: the module as it is compiled
    /// in the end, and its code. Nothing is put in place.
    ///
    /// # Errors
    /// If a function is too large.
    fn preview(&self, module: Module) -> Result<(Module, LinkGraph), JitError> {
        let target = self.base().session.executor().target();
        let graph = CodeGenerator::new(target).compile(&module)?;
        Ok((module, graph))
    }

    /// How much has been done.
    fn counts(&self) -> Counts;

    /// Whether a function of so many parameters can be defined.
    ///
    /// # Errors
    /// [`JitError::Duplicate`] if it has a definition and must keep it,
    /// [`JitError::Mismatch`] if others rely on another number.
    fn check_definable(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), JitError> {
        self.base().check_definable(name, params)
    }

    /// Defines the functions of a module, which are made again from `origin`
    /// when need be. [`check_definable`](Driver::check_definable) has passed
    /// them. Nothing is compiled before one of them is needed.
    ///
    /// # Errors
    /// If one of them is defined twice. Nothing is defined then.
    fn define(&self, module: &Module, origin: Origin) -> Result<(), JitError> {
        let base = self.base();
        let tracker = base.main.create_tracker();
        let entries = Prepared::from_module(module);
        let added = self.add(&tracker, module.clone());
        added.map_err(|error| base.not_defined(error))?;
        base.definitions.define(entries, origin, &tracker);
        Ok(())
    }

    /// Defines functions that stand in a text. A stack may treat those that
    /// stand one after the other, up to [`end_module`](Driver::end_module),
    /// as one module; each can be needed, fail and be removed by itself all
    /// the same.
    ///
    /// # Errors
    /// As [`define`](Driver::define).
    fn define_part(
        &self,
        module: &Module,
        origin: Origin,
    ) -> Result<(), JitError> {
        self.define(module, origin)
    }

    /// Says that what is defined from now on is part of another module.
    fn end_module(&self) {}

    /// Defines the functions of a module, which is kept to be compiled again
    /// when need be.
    ///
    /// # Errors
    /// As [`check_definable`](Driver::check_definable). Nothing is defined
    /// then.
    fn define_ir(&self, module: Module) -> Result<(), JitError> {
        for function in &module.functions {
            let params = function.signature.params.len();
            self.check_definable(&function.name, params)?;
        }
        let module = Arc::new(module);
        self.define(&module, Origin::Ir(module.clone()))
    }

    /// The address of a function, which is compiled first if need be, with
    /// all that it calls. (Where functions wait until they are called,
    /// nothing is compiled: the address is one that asks for the body.)
    ///
    /// # Errors
    /// If it, or something it needs, does not exist or cannot be compiled.
    /// It is tried again at the next use.
    fn lookup(&self, name: &Symbol) -> Result<ExecutorAddr, JitError> {
        Ok(self.find(name)?.address)
    }

    /// The same, with what is known of the function.
    ///
    /// # Errors
    /// The same.
    fn find(&self, name: &Symbol) -> Result<Found, JitError> {
        let base = self.base();
        let found = unless_overtaken(|| base.main.lookup(name));
        let callees = || base.definitions.callees(name);
        found.map_err(|error| base.explain(&error, name, &callees()))
    }

    /// Compiles a function, called or not, with all that it calls.
    ///
    /// # Errors
    /// As [`lookup`](Driver::lookup).
    fn compile(&self, name: &Symbol) -> Result<(), JitError> {
        self.lookup(name).map(drop)
    }

    /// The functions that have been compiled, in the order of their names.
    fn compiled(&self) -> Vec<Symbol> {
        let symbols = self.base().main.symbols().into_iter();
        let compiled = symbols.filter(|(_, address)| address.is_some());
        compiled.map(|(name, _)| name).collect()
    }

    /// Compiles a module of one function without parameters, runs it, and
    /// gives its memory back.
    ///
    /// # Errors
    /// If something that it calls does not exist or cannot be compiled, or
    /// the run comes to no end.
    ///
    /// # Panics
    /// If the module is no such module.
    // ANCHOR: evaluate
    fn evaluate(&self, mut module: Module) -> Result<f64, JitError> {
        let base = self.base();
        let expression = Expression::new(base, &mut module);
        let compiled = loop {
            expression.prepare()?;
            let added = self.add(&expression.tracker, module.clone());
            added.map_err(|error| base.not_defined(error))?;
            if let Some(compiled) = expression.compile()? {
                break compiled;
            }
        };
        expression.run(&compiled)
    }
    // ANCHOR_END: evaluate

    /// Removes a function.
    ///
    /// # Errors
    /// If there is none, or it is in use: somebody calls it or holds it.
    fn remove(&self, name: &Symbol) -> Result<(), JitError> {
        self.base().remove(name)
    }

    /// Whether the host can be given a function of so many parameters.
    ///
    /// # Errors
    /// If there is a definition of this name, or others rely on another
    /// number.
    fn check_registrable(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), JitError> {
        self.base().check_definable(name, params)
    }

    /// Lets Kaleidoscope call a Rust function of up to eight numbers, by
    /// `extern`.
    ///
    /// # Errors
    /// If there is a function of this name.
    fn register<Args>(
        &self,
        name: &str,
        function: impl HostFn<Args>,
    ) -> Result<(), JitError>
    where
        Self: Sized,
    {
        let base = self.base();
        let closure = function.into_closure();
        let params = closure.params();
        self.check_registrable(name, params)?;
        base.session.executor().register(name, closure)?;
        base.definitions.add_host(name, params);
        Ok(())
    }

    /// A compiled function as a Rust value, say of type `fn(f64) -> f64`.
    /// While the value exists, the function is not removed.
    ///
    /// # Errors
    /// If there is no such function, it has another number of parameters, or
    /// it cannot be compiled.
    fn function<S: Signature>(
        &self,
        name: &str,
    ) -> Result<Function<S>, JitError>
    where
        Self: Sized,
    {
        let name = Symbol::new(name);
        let base = self.base();
        // Somebody may remove what was found before it is held.
        let hold = loop {
            let found = self.find(&name)?;
            if let Some(hold) = Hold::new(&base.session, found) {
                break hold;
            }
        };
        Function::new(base, hold, &name)
    }
}

/// Looks up again what another thread has removed meanwhile: it is missing
/// then, or it has been defined anew.
///
/// # Errors
/// As `lookup`, but for that.
pub fn unless_overtaken<T>(
    mut lookup: impl FnMut() -> Result<T, LookupError>,
) -> Result<T, LookupError> {
    loop {
        match lookup() {
            Err(error) if error.is_overtaken() => thread::yield_now(),
            result => return result,
        }
    }
}
