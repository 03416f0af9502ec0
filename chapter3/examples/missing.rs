//! A body that cannot be made, under a thousand frames:
//! `cargo run -p chapter3 --example missing`.

use chapter1::driver::{Driver, JitError};
use chapter1::executor::Host;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter3::jit::KaleidoscopeJit;
use std::error::Error;

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let jit = KaleidoscopeJit::in_process(Host::default())?;
    let mut session = Kaleidoscope::new(jit);
    session.run(
        "extern missing(x);
         def bottom(x) missing(x);
         def deep(n) if n < 1 then bottom(n) else deep(n - 1) + 1;",
    )?;
    let deep = session.jit.function::<fn(f64) -> f64>("deep")?;
    for _ in 0..2 {
        match deep.call(100_000.0) {
            Err(JitError::Unresolved { error, active }) => {
                println!("{error}; {active}");
            }
            other => println!("{other:?}"),
        }
    }
    session.run("def missing(x) 5;")?;
    println!("{}", deep.call(100_000.0)?);
    Ok(())
}
// ANCHOR_END: main
