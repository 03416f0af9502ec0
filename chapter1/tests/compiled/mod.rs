//! A program run by the JIT, told item by item as the reference tells it.

use crate::reference::{Outcome, Step};
use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, output};
use chapter1::ir::Module;
use chapter1::jit::{Counts, Jit, JitError, Observer};
use chapter1::repl::{Answer, Driver, Options, Session};
use chapter1::symbol::Symbol;
use chapter1::syntax::Source;
use chapter1::timing::Phases;
use clap::Parser;

/// How to run programs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The instructions to use.
    pub(crate) target: Target,
    /// The memory to use.
    pub(crate) memory: MemoryConfig,
}

impl Setup {
    /// Runs a program in a session of its own.
    pub(crate) fn run(&self, text: &str) -> Vec<Step> {
        let jit = Jit::new(self.target, Host::default(), &self.memory);
        let jit = jit.unwrap();
        let driver = Recorder { jit, output: Vec::new(), missing: None };
        let options = Options::parse_from(["test"]);
        let mut session = Session::new(driver, &options);
        let mut steps = Vec::new();
        let source = Source::new("generated", text);
        session.run_with(&source, 0, true, |session, answer| {
            steps.push(session.driver.step(answer));
        });
        steps
    }
}

/// A JIT that remembers what a session does not tell.
struct Recorder {
    jit: Jit,
    /// What the last evaluation wrote.
    output: Vec<u8>,
    /// The function for want of which it failed.
    missing: Option<String>,
}

impl Recorder {
    fn step(&mut self, answer: Answer) -> Step {
        let missing = self.missing.take();
        let outcome = match (answer, missing) {
            (Answer::Value(value), _) => Outcome::Value(value),
            (Answer::Defined, _) => Outcome::Defined,
            (Answer::Declared, _) => Outcome::Declared,
            (Answer::Ignored(_), _) => Outcome::Warning,
            (Answer::Refused(_), Some(name)) => Outcome::Unresolved(name),
            (Answer::Refused(why), None) => {
                Outcome::Refused(format!("{why:?}"))
            }
        };
        Step { outcome, output: std::mem::take(&mut self.output) }
    }
}

impl Driver for Recorder {
    fn check_definable(&self, name: &str) -> Result<(), JitError> {
        self.jit.check_definable(name)
    }

    fn define(&mut self, module: Module) -> Result<(), JitError> {
        self.jit.define(module)
    }

    fn compile(&mut self, name: &Symbol) -> Result<(), JitError> {
        self.jit.compile(name)
    }

    fn evaluate(&mut self, module: Module) -> Result<f64, JitError> {
        let (result, output) = output::capture(|| self.jit.evaluate(module));
        self.output = output;
        if let Err(
            JitError::Missing { path }
            | JitError::NotAllowed { path }
            | JitError::HostPrototype { path, .. },
        ) = &result
        {
            self.missing = Some(path.end().to_string());
        }
        result
    }

    fn observe(&mut self, observer: Observer) {
        self.jit.observe(observer);
    }

    fn phases(&mut self) -> &mut Phases {
        &mut self.jit.phases
    }

    fn counts(&self) -> Counts {
        self.jit.counts
    }

    fn host_functions(&self) -> Vec<(String, usize)> {
        self.jit.host_functions()
    }
}
