//! A layer that changes nothing, and counts what goes by:
//! `cargo run -p chapter2 --example transform`.

use chapter1::codegen::Target;
use chapter1::driver::Base;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter1::ir::{Module, parse_module};
use chapter1::orc::{
    IrCompileLayer, Layer, MaterializationResponsibility, ObjectLinkingLayer,
};
use chapter1::symbol::Symbol;
use chapter2::transform::IrTransformLayer;
use std::error::Error;
use std::sync::Arc;

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
    let count = |module: Module, work: &MaterializationResponsibility| {
        for function in &module.functions {
            let instructions = function.insts.len();
            println!("`{}`: {instructions} instructions", function.name);
        }
        println!("owed: {:?}", work.symbols());
        Ok(module)
    };
    let transform = IrTransformLayer::new(compile, count);

    let module = parse_module(
        "function @seven() -> f64 {
         block0:
             v0 = const 7
             return v0
         }",
    )?;
    transform.add(&base.main.create_tracker(), module)?;
    println!("added");
    base.main.lookup(&Symbol::new("seven"))?;
    println!("looked up");
    Ok(())
}
// ANCHOR_END: main
