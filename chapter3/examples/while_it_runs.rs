//! A function that is redefined while it runs:
//! `cargo run -p chapter3 --example while_it_runs`.

use chapter1::codegen::Target;
use chapter1::definitions::Origin;
use chapter1::driver::{Driver, JitError};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess, SegmentKind};
use chapter1::ir::parse_module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter2::pipeline::Pipeline;
use chapter3::compile_on_demand::CompileOnDemandLayer;
use chapter3::jit::{KaleidoscopeJit, Optimise};
use chapter3::partition::per_function;
use std::error::Error;
use std::sync::Arc;

// ANCHOR: texts
const DIRECT: &str = "
    def f(n) if n < 1 then 0 else change(n) + 1 + f(n - 1);";

const DETOUR: &str = "
    extern f(n);
    def again(n) f(n);
    def f(n) if n < 1 then 0 else change(n) + 1 + again(n - 1);";
// ANCHOR_END: texts

/// A JIT that does not optimise, whose code is the same on all machines.
fn plain() -> Result<KaleidoscopeJit, Box<dyn Error>> {
    let config = MemoryConfig::default();
    let executor = InProcess::new(Target::SSE2, Host::default(), &config)?;
    let (pipeline, partition) = (Pipeline::default(), Box::new(per_function));
    Ok(KaleidoscopeJit::new(Arc::new(executor), pipeline, partition))
}

/// From now on, `f` yields a thousand.
fn redefine(demand: &CompileOnDemandLayer<Optimise>) -> Result<(), JitError> {
    let text = "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = const 1000
            return v1
        }";
    let module = Arc::new(parse_module(text).expect("a module"));
    demand.define(&module, Origin::Ir(module.clone()))
}

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    for text in [DIRECT, DETOUR] {
        let mut session = Kaleidoscope::new(plain()?);
        let objects = session.jit.objects.clone();
        let tell = move |when| {
            objects.collect().expect("memory is in order");
            let bytes = objects.memory_used(SegmentKind::Code);
            println!("{when}: {bytes} bytes of code");
        };
        let demand = Arc::downgrade(&session.jit.demand);
        let while_it_runs = tell.clone();
        session.jit.register("change", move |n: f64| {
            if n == 3.0 {
                redefine(&demand.upgrade().expect("it is running"))?;
                while_it_runs("redefined, and running");
            }
            Ok::<f64, JitError>(0.0)
        })?;
        session.run("extern change(n);")?;
        session.run(text)?;
        println!("f(5) = {:?}", session.run("f(5);")?);
        tell("redefined, and left");
        println!("f(5) = {:?}", session.run("f(5);")?);
    }
    Ok(())
}
// ANCHOR_END: main
