//! Two functions as one unit for the session, and as a unit each:
//! `cargo run -p chapter2 --example modules`.

use chapter1::definitions::Origin;
use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::ir::{Module, parse_module};
use chapter1::symbol::Symbol;
use chapter2::jit::KaleidoscopeJit;
use std::error::Error;
use std::sync::Arc;

const TEXT: &str = "
    function @half(f64) -> f64 {
    block0(v0: f64):
        v1 = const 0.5
        v2 = mul v0, v1
        return v2
    }
    function @wave(f64) -> f64 {
        fn0 = function @sin(f64) -> f64
    block0(v0: f64):
        v1 = call fn0(v0)
        return v1
    }";

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let one_unit = KaleidoscopeJit::in_process(Host::default())?;
    one_unit.define_ir(parse_module(TEXT)?)?;

    let parts = KaleidoscopeJit::in_process(Host::default())?;
    for function in parse_module(TEXT)?.functions {
        let module = Arc::new(Module { functions: vec![function] });
        parts.define_part(&module, Origin::Ir(module.clone()))?;
    }

    let sin = "function @sin(f64) -> f64 {\nblock0(v0: f64):\nreturn v0\n}";
    for (jit, what) in [(one_unit, "one unit"), (parts, "a unit each")] {
        jit.lookup(&Symbol::new("half"))?;
        println!("{what}: compiled {}", jit.counts().compiled);
        match jit.define_ir(parse_module(sin)?) {
            Ok(()) => println!("    and `sin` can be defined"),
            Err(error) => println!("    {error}"),
        }
    }
    Ok(())
}
// ANCHOR_END: main
