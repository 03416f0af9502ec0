//! A session, and what its tests ask of it.

use chapter1::codegen::Target;
use chapter1::driver::Driver;
use chapter1::executor::memory::{MappingChoice, MemoryConfig};
use chapter1::executor::{ExecutorAddr, Host, InProcess, traps};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::{Partition, per_function};
use std::sync::Arc;

pub(crate) type Session = Kaleidoscope<KaleidoscopeJit>;

/// A session whose code is not optimised: each call is a call.
pub(crate) fn session(text: &str) -> Session {
    session_with(text, Pipeline::default(), per_function)
}

/// A session with all passes.
pub(crate) fn optimised(text: &str) -> Session {
    session_with(text, Pipeline::optimised(), per_function)
}

pub(crate) fn session_with(
    text: &str,
    pipeline: Pipeline,
    partition: impl Partition,
) -> Session {
    session_in(MappingChoice::Auto, text, pipeline, partition)
}

/// A session whose memory is made in a certain way.
pub(crate) fn session_in(
    mapping: MappingChoice,
    text: &str,
    pipeline: Pipeline,
    partition: impl Partition,
) -> Session {
    traps::catch_overflows().unwrap();
    let config = MemoryConfig { mapping, ..MemoryConfig::default() };
    let executor = InProcess::new(Target::host(), Host::default(), &config);
    let executor = Arc::new(executor.unwrap());
    let jit = KaleidoscopeJit::new(executor, pipeline, Box::new(partition));
    let mut session = Kaleidoscope::new(jit);
    session.run(text).unwrap();
    session
}

/// The value of the last expression of a text.
#[track_caller]
pub(crate) fn value(session: &mut Session, text: &str) -> f64 {
    *session.run(text).unwrap().last().expect("an expression")
}

/// The message, without the places, of the error that a text ends in.
#[track_caller]
pub(crate) fn error(session: &mut Session, text: &str) -> String {
    let error = session.run(text).unwrap_err().to_string();
    let lines = error
        .lines()
        .filter(|line| line.starts_with("error") || line.contains("= "));
    let lines: Vec<&str> =
        lines.map(|line| line.trim_start_matches([' ', '|'])).collect();
    lines.join("\n")
}

pub(crate) fn remove(session: &Session, name: &str) -> Result<(), String> {
    let result = session.jit.remove(&Symbol::new(name));
    result.map_err(|error| error.to_string())
}

/// The functions that have bodies, in the order of their names.
pub(crate) fn compiled(session: &Session) -> Vec<String> {
    session.jit.compiled().iter().map(Symbol::to_string).collect()
}

/// How many functions were compiled, expressions not counted.
pub(crate) fn compilations(session: &Session, expressions: usize) -> usize {
    session.jit.counts().compiled - expressions
}

/// The address of a function, for ever.
pub(crate) fn address(session: &Session, name: &str) -> ExecutorAddr {
    session.jit.lookup(&Symbol::new(name)).unwrap()
}
