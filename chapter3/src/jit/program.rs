//! This chapter's JIT as a program.

use super::KaleidoscopeJit;
use crate::commands;
use crate::options::LazyOptions;
use chapter1::repl::{self, Chapter, Command, Options};
use chapter2::commands::{Optimises, asm, ir, passes};
use chapter2::optimiser::Optimiser;

impl Chapter for KaleidoscopeJit {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    type Options = LazyOptions;

    fn new(
        options: &Options,
        own: &LazyOptions,
    ) -> Result<KaleidoscopeJit, String> {
        let (pipeline, partition) = (own.passes.pipeline(), own.partition());
        let executor = options.executor()?;
        Ok(KaleidoscopeJit::new(executor, pipeline, partition))
    }

    /// What was never compiled, and what that has saved, as far as what was
    /// compiled can tell.
    fn more_stats(&self) -> String {
        let (idle, saved) = self.demand.never_compiled();
        let saved = saved.map(|saved| repl::time("saved, about", saved));
        let line = format!("never compiled      {idle:>12}\n");
        line + &saved.unwrap_or_default()
    }

    fn at_end(&self) {
        if let Some(times) = self.optimiser().pipeline.times() {
            repl::write(&times.to_string());
        }
    }

    fn commands() -> &'static [Command<KaleidoscopeJit>] {
        const { &[ir(), asm(), passes(), commands::STUBS] }
    }
}

impl Optimises for KaleidoscopeJit {
    fn optimiser(&self) -> &Optimiser {
        KaleidoscopeJit::optimiser(self)
    }
}
