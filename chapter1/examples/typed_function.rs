//! Compiles a Kaleidoscope function and calls it as a Rust function.

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let jit = KaleidoscopeJit::in_process(Host::default())?;
    let mut program = Kaleidoscope::new(jit);
    program.run("def area(width height) width * height;")?;
    let area = program.jit.function::<fn(f64, f64) -> f64>("area")?;
    println!("{}", area.call(6.0, 7.0)?);
    Ok(())
}
