//! Lets Kaleidoscope call a Rust function, which may fail.

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut program =
        Kaleidoscope::new(KaleidoscopeJit::in_process(Host::default())?);
    program.jit.register("root", |x: f64| match x < 0.0 {
        true => Err(format!("{x} has no root")),
        false => Ok(x.sqrt()),
    })?;
    println!("{:?}", program.run("extern root(x); root(16) + 1;")?);
    println!("{}", program.run("root(0 - 4);").unwrap_err());
    Ok(())
}
