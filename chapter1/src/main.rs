//! The program of this chapter.

use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess, traps};
use chapter1::jit::KaleidoscopeJit;
use chapter1::repl::{self, Options};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    // Without the handler an overflow ends the program: no reason not to run.
    let _ = traps::catch_overflows();
    repl::main(jit)
}

/// The JIT that the command line asks for.
fn jit(options: &Options) -> Result<KaleidoscopeJit, String> {
    let target = options.target_features;
    if !target.runs_here() {
        return Err(format!("this processor has no {target} instructions"));
    }
    let mut host = Host::default();
    for name in &options.allow_symbol {
        host.allow(name).map_err(|error| error.to_string())?;
    }
    let executor = InProcess::new(target, host, &MemoryConfig::default())
        .map_err(|error| error.to_string())?;
    Ok(KaleidoscopeJit::new(Arc::new(executor)))
}
