//! Calls JIT'd code through a plain function pointer, in a process of its
//! own, and recurses too deep.

use chapter1::driver::Driver;
use chapter1::executor::{Host, call::call};
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use std::error::Error;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().count() == 1 {
        let me = std::env::current_exe()?;
        let status = Command::new(me).arg("call").status()?;
        println!("signal: {:?}", status.signal());
        return Ok(());
    }
    let jit = KaleidoscopeJit::in_process(Host::default())?;
    let mut program = Kaleidoscope::new(jit);
    program.run("def even(n) if n < 1 then 1 else 1 - even(n - 1);")?;
    let even = program.jit.lookup(&Symbol::new("even"))?;
    for n in [10.0, 100000000.0] {
        // SAFETY: it is a function of one number, and nobody removes it. But
        // it should not be called with large ones.
        println!("even({n}) = {}", unsafe { call(even, &[n]) });
    }
    Ok(())
}
// ANCHOR_END: main
