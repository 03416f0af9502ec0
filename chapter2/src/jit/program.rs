//! This chapter's JIT as a program.

use super::KaleidoscopeJit;
use crate::commands::{self, Optimises};
use crate::optimiser::Optimiser;
use crate::options;
use chapter1::repl::{self, Chapter, Command, Options};

impl Chapter for KaleidoscopeJit {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    type Options = options::PassOptions;

    fn new(
        options: &Options,
        own: &options::PassOptions,
    ) -> Result<KaleidoscopeJit, String> {
        Ok(KaleidoscopeJit::new(options.executor()?, own.pipeline()))
    }

    fn at_end(&self) {
        if let Some(times) = self.optimiser().pipeline.times() {
            repl::write(&times.to_string());
        }
    }

    fn commands() -> &'static [Command<KaleidoscopeJit>] {
        const { &[commands::ir(), commands::asm(), commands::passes()] }
    }
}

impl Optimises for KaleidoscopeJit {
    fn optimiser(&self) -> &Optimiser {
        self.optimise.transform()
    }
}
