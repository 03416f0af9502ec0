//! What is compiled when bodies call stubs, and when they call bodies:
//! `cargo run -p chapter3 --example reexports`.

use chapter1::driver::Driver;
use chapter1::executor::{Host, InProcess};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::Visibility;
use chapter1::symbol::Symbol;
use chapter1::{codegen::Target, executor::memory::MemoryConfig};
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::per_function;
use std::error::Error;
use std::sync::Arc;

const TEXT: &str = "
    def c(x) x * 2;
    def b(x) c(x) + 1;
    def a(x) if x < 5 then x else b(x);
    a(1);";

fn main() -> Result<(), Box<dyn Error>> {
    for own_last in [true, false] {
        let (target, memory) = (Target::host(), MemoryConfig::default());
        let executor = InProcess::new(target, Host::default(), &memory)?;
        // Without passes, so that each call stays a call.
        let jit = KaleidoscopeJit::new(
            Arc::new(executor),
            Pipeline::default(),
            Box::new(per_function),
        );
        let (main, bodies) = (&jit.base().main, jit.demand.bodies());
        if !own_last {
            // ANCHOR: own_first
            // What seems natural, as a dylib's own symbols are at hand.
            let all = Visibility::All;
            bodies.set_search_order(&[(bodies, all), (main, all)]);
            // ANCHOR_END: own_first
        }
        let mut session = Kaleidoscope::new(jit);
        let value = session.run(TEXT)?[0];
        let compiled = session.jit.compiled();
        let names: Vec<&str> = compiled.iter().map(Symbol::as_str).collect();
        println!("a(1) = {value}, compiled: {names:?}");
    }
    Ok(())
}
