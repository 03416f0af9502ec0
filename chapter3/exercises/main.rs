//! The exercises of chapter 3. They are made as those of chapter 1: for each
//! there is a directory with `starter`, `check`, `answer`, `almost` and
//! `yours`.

mod facade;
mod library;
mod often;
mod slim;
#[path = "../../chapter1/exercises/stack.rs"]
mod stack;
mod undo;
#[path = "../../chapter1/exercises/verdict.rs"]
mod verdict;

use verdict::{Verdict, ensure, exercise};

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::Partition;
use std::sync::Arc;

/// A JIT whose code is not optimised: each call is a call.
pub(crate) fn plain(partition: impl Partition) -> KaleidoscopeJit {
    let (host, config) = (Host::default(), MemoryConfig::default());
    let executor = InProcess::new(Target::host(), host, &config);
    let executor = Arc::new(executor.expect("there is memory"));
    let pipeline = Pipeline::default();
    KaleidoscopeJit::new(executor, pipeline, Box::new(partition))
}
