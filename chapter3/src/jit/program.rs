//! This chapter's JIT as a program.

use super::KaleidoscopeJit;
use crate::commands;
use crate::options::LazyOptions;
use chapter1::driver::Driver;
use chapter1::repl::{self, Chapter, Command, Options};
use chapter1::symbol::Symbol;
use chapter1::timing::Phase;
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

    fn more_stats(&self) -> String {
        let defined = self.base.definitions.defined();
        let bodies = self.demand.compiled();
        let is_idle = |name: &Symbol| bodies.binary_search(name).is_err();
        let idle = defined.iter().filter(|(name, _)| is_idle(name)).count();
        // As long as the others took, on average.
        let phases = &self.base.phases;
        let spent = phases.spent(Phase::Generate) + phases.spent(Phase::Link);
        let compiled = self.counts().compiled.max(1);
        let saved = spent.mul_f64(idle as f64 / compiled as f64);
        let line = format!("never compiled      {idle:>12}\n");
        line + &repl::time("saved, about", saved)
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
