//! Recursion without an end, and a host function that fails: both end in
//! errors, and the session goes on.

use chapter1::driver::Driver;
use chapter1::executor::{Host, traps::catch_overflows};
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use std::error::Error;

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    catch_overflows()?;
    let jit = KaleidoscopeJit::in_process(Host::default())?;
    jit.register("root", |x: f64| match x < 0.0 {
        true => Err(format!("{x} has no root")),
        false => Ok(x.sqrt()),
    })?;
    let mut program = Kaleidoscope::new(jit);
    program.run(
        "extern root(x);
         def sum(n) root(n) + sum(n - 1);
         def even(n) if n < 1 then 1 else 1 - even(n - 1);",
    )?;
    for text in ["sum(1000);", "even(100000000);", "even(100000);"] {
        match program.run(text) {
            Ok(values) => println!("{text} {values:?}"),
            Err(error) => println!("{text} {error}"),
        }
    }
    Ok(())
}
// ANCHOR_END: main
