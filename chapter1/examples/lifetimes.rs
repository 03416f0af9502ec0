//! Who waits for whom before memory is used again.

use chapter1::driver::{Driver, JitError};
use chapter1::executor::Host;
use chapter1::ir::parse_module;
use chapter1::jit::KaleidoscopeJit;
use chapter1::symbol::Symbol;
use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;

// ANCHOR: churn
/// Compiles a thousand functions, each removed before the next one, and
/// returns in how many places they were.
fn churn(jit: &impl Driver) -> Result<usize, JitError> {
    let name = Symbol::new("f");
    let mut places = HashSet::new();
    for value in 0..1000 {
        jit.define_ir(constant(value))?;
        places.insert(jit.lookup(&name)?);
        jit.remove(&name)?;
    }
    Ok(places.len())
}
// ANCHOR_END: churn

fn constant(value: usize) -> chapter1::ir::Module {
    let text = format!(
        "function @f() -> f64 {{
         block0:
             v0 = const {value}
             return v0
         }}"
    );
    parse_module(&text).expect("a module")
}

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let jit = Arc::new(KaleidoscopeJit::in_process(Host::default())?);
    println!("between calls: {} places", churn(&*jit)?);

    let weak = Arc::downgrade(&jit);
    jit.register("churn", move || {
        let jit = weak.upgrade().expect("it has been called");
        churn(&*jit).map(|places| places as f64)
    })?;
    let from_inside = jit.function::<fn() -> f64>("churn")?;
    println!("during a call: {} places", from_inside.call()?);
    println!("afterwards: {} places", churn(&*jit)?);
    Ok(())
}
// ANCHOR_END: main
