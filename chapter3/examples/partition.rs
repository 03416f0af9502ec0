//! A partition of one's own: what was called the last time is compiled at
//! once: `cargo run -p chapter3 --example partition`.

use chapter1::driver::Driver;
use chapter1::executor::{Host, InProcess};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter1::{codegen::Target, executor::memory::MemoryConfig};
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::{Partition, Program};
use std::error::Error;
use std::sync::Arc;

type Session = Kaleidoscope<KaleidoscopeJit>;

fn session(partition: impl Partition) -> Result<Session, Box<dyn Error>> {
    let (target, memory) = (Target::host(), MemoryConfig::default());
    let executor = InProcess::new(target, Host::default(), &memory)?;
    Ok(Kaleidoscope::new(KaleidoscopeJit::new(
        Arc::new(executor),
        Pipeline::default(),
        Box::new(partition),
    )))
}

const TEXT: &str = "
    def twice(x) x + x;
    def cube(x) x * x * x;
    def small(x) twice(x) + 1;
    def large(x) cube(x) - 1;
    def pick(x) if x < 5 then small(x) else large(x);";

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let mut first = session(|called: &Symbol, _: &Program<'_>| {
        println!("    `{called}` asks");
        Vec::new()
    })?;
    println!("the first time:");
    first.run(TEXT)?;
    first.run("pick(1);")?;

    let profile = first.jit.compiled();
    let mut second = session(move |called: &Symbol, _: &Program<'_>| {
        println!("    `{called}` asks");
        profile.clone()
    })?;
    println!("the second time:");
    second.run(TEXT)?;
    second.run("pick(1);")?;
    println!("what is new in it:");
    second.run("pick(7);")?;
    Ok(())
}
// ANCHOR_END: main
