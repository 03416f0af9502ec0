//! This chapter's JIT as a program.

use super::KaleidoscopeJit;
use crate::pipeline::Pipeline;
use chapter1::repl::{Chapter, Options};

impl Chapter for KaleidoscopeJit {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    type Options = ();

    fn new(options: &Options, _: &()) -> Result<KaleidoscopeJit, String> {
        let pipeline = Pipeline::optimised();
        Ok(KaleidoscopeJit::new(options.executor()?, pipeline))
    }
}
