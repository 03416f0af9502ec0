//! Reads a function that was written as IR, checks it, compiles and calls it;
//! then has the mistakes in others found.

use std::error::Error;

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::ir::{parse_module, verify_module};
use chapter1::jit::KaleidoscopeJit;

// ANCHOR: FIBONACCI
const FIBONACCI: &str = "
function @fibonacci(f64) -> f64 {
block0(v0: f64):
    v1 = const 0
    v2 = const 1
    jump block1(v0, v1, v2)
block1(v3: f64, v4: f64, v5: f64):     # how many more; two neighbours
    v6 = ult v3, v2
    branch v6, block3, block2
block2:
    v7 = sub v3, v2
    v8 = add v4, v5
    jump block1(v7, v5, v8)
block3:
    return v4
}";
// ANCHOR_END: FIBONACCI

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let module = parse_module(FIBONACCI)?;
    verify_module(&module)?;

    let jit = KaleidoscopeJit::in_process(Host::default())?;
    jit.define_ir(module)?;
    let fibonacci = jit.function::<fn(f64) -> f64>("fibonacci")?;
    println!("the fiftieth is {}", fibonacci.call(50.0)?);

    for value in ["v6", "v8"] {
        let broken = FIBONACCI.replace("return v4", &format!("return {value}"));
        if let Err(error) = verify_module(&parse_module(&broken)?) {
            println!("error: {error}");
        }
    }
    Ok(())
}
// ANCHOR_END: main
