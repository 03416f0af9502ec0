//! A program run by the JIT, told item by item as the reference tells it.

use crate::reference::{Outcome, Step};
use chapter1::codegen::Target;
use chapter1::definitions::Origin;
use chapter1::driver::{Base, Counts, Driver, JitError};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, Host, InProcess, output};
use chapter1::ir::Module;
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::{Answer, Kaleidoscope};
use chapter1::orc::{CodeWatcher, DefineError, Observer, ResourceTracker};
use chapter1::syntax::{Parsed, Parser};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// How to run programs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The instructions to use.
    pub(crate) target: Target,
    /// The memory to use.
    pub(crate) memory: MemoryConfig,
}

impl Setup {
    /// An executor of its own.
    pub(crate) fn executor(&self) -> Arc<dyn Executor> {
        let host = Host::default();
        let executor = InProcess::new(self.target, host, &self.memory);
        Arc::new(executor.unwrap())
    }

    /// Runs a program in a session of its own.
    pub(crate) fn run(&self, text: &str) -> Vec<Step> {
        run(KaleidoscopeJit::new(self.executor()), text)
    }
}

/// Runs a program in a JIT that knows nothing yet.
pub(crate) fn run<D: Driver>(jit: D, text: &str) -> Vec<Step> {
    let (output, missing) = (RefCell::default(), Cell::default());
    let driver = Recorder { jit, output, missing };
    let mut program = Kaleidoscope::new(driver);
    let mut parser = Parser::new(text);
    let mut steps = Vec::new();
    let mut start = 0;
    loop {
        let parsed = program.parse(&mut parser);
        let text = &text[start..parser.consumed()];
        start = parser.consumed();
        let answer = match parsed {
            Parsed::End => return steps,
            Parsed::Ignored(warning) => Answer::Ignored(warning),
            Parsed::Refused(error) => Answer::Refused(vec![error.diagnostic()]),
            Parsed::Item(item) => program.accept(&item, text, |_| ()),
        };
        steps.push(program.jit.step(answer));
    }
}

/// A JIT that remembers what a session does not tell.
struct Recorder<D> {
    jit: D,
    /// What the last evaluation wrote.
    output: RefCell<Vec<u8>>,
    /// The function for want of which it failed.
    missing: Cell<Option<String>>,
}

impl<D: Driver> Recorder<D> {
    fn step(&self, answer: Answer) -> Step {
        let missing = self.missing.take();
        let outcome = match (answer, missing) {
            (Answer::Value(value), _) => Outcome::Value(value),
            (Answer::Defined(_), _) => Outcome::Defined,
            (Answer::Declared, _) => Outcome::Declared,
            (Answer::Ignored(_), _) => Outcome::Warning,
            (Answer::Refused(_), Some(name)) => Outcome::Unresolved(name),
            (Answer::Refused(why), None) => {
                Outcome::Refused(format!("{why:?}"))
            }
        };
        Step { outcome, output: self.output.take() }
    }
}

impl<D: Driver> Driver for Recorder<D> {
    fn base(&self) -> &Base {
        self.jit.base()
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.jit.add(tracker, module)
    }

    fn check_definable(
        &self,
        name: &str,
        params: usize,
    ) -> Result<(), JitError> {
        self.jit.check_definable(name, params)
    }

    fn define(&self, module: &Module, origin: Origin) -> Result<(), JitError> {
        self.jit.define(module, origin)
    }

    fn observe(&self, observer: Observer) {
        self.jit.observe(observer);
    }

    fn watch_code(&self, watcher: CodeWatcher) {
        self.jit.watch_code(watcher);
    }

    fn counts(&self) -> Counts {
        self.jit.counts()
    }

    fn evaluate(&self, module: Module) -> Result<f64, JitError> {
        let (result, output) = output::capture(|| self.jit.evaluate(module));
        self.output.replace(output);
        if let Err(
            JitError::Missing { path }
            | JitError::NotAllowed { path }
            | JitError::Prototype { path, .. },
        ) = &result
        {
            self.missing.set(Some(path.end().to_string()));
        }
        result
    }
}
