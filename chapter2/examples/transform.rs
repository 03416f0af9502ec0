//! A layer that changes nothing, but lets no long function pass:
//! `cargo run -p chapter2 --example transform`.

use chapter1::codegen::Target;
use chapter1::driver::Base;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter1::ir::{Module, parse_module};
use chapter1::orc::{
    Cause, IrCompileLayer, Layer, MaterializationResponsibility,
    ObjectLinkingLayer,
};
use chapter1::symbol::Symbol;
use chapter2::transform::IrTransformLayer;
use std::error::Error;
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
#[error("{0} instructions are too many")]
struct TooLong(usize);

const SEVEN: &str = "function @seven() -> f64 {
    block0:
        v0 = const 7
        return v0
    }";

const SUM: &str = "function @sum(f64, f64, f64) -> f64 {
    block0(v0: f64, v1: f64, v2: f64):
        v3 = add v0, v1
        v4 = add v3, v2
        return v4
    }";

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let config = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &config)?;
    let executor = Arc::new(executor);
    let base = Base::new(executor.clone());
    let phases = &base.phases;

    let objects = ObjectLinkingLayer::new(executor.clone(), phases.clone());
    base.session.register(objects.clone());
    let compile = IrCompileLayer::new(objects, Target::host(), phases.clone());
    let short = |module: Module, work: &MaterializationResponsibility| {
        let sizes = module.functions.iter().map(|f| f.insts.len());
        let size = sizes.sum();
        println!("owed: {:?}, in {size} instructions", work.symbols());
        match size {
            0..=2 => Ok(module),
            _ => Err(Cause::new(TooLong(size))),
        }
    };
    let transform = IrTransformLayer::new(compile, short);

    for text in [SUM, SEVEN] {
        let module = parse_module(text)?;
        transform.add(&base.main.create_tracker(), module)?;
    }
    println!("both are added");
    for name in ["sum", "seven"] {
        match base.main.lookup(&Symbol::new(name)) {
            Ok(_) => println!("`{name}` is ready"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
// ANCHOR_END: main
