//! Two units, made by hand, whose symbols need each other.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{ExecutorAddr, Host, InProcess};
use chapter1::orc::{
    ExecutionSession, MaterializationResponsibility, MaterializationUnit,
    SymbolFlags, Wanted,
};
use chapter1::symbol::Symbol;
use std::error::Error;
use std::sync::Arc;

struct Unit {
    name: &'static str,
    needs: &'static str,
    address: u64,
}

// ANCHOR: Unit
impl MaterializationUnit for Unit {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(Symbol::new(self.name), SymbolFlags::FUNCTION)]
    }

    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        let Unit { name, needs, address } = *self;
        println!("{name}: begins, and says where it will be");
        let address = (Symbol::new(name), ExecutorAddr::new(address));
        work.resolve(&[address]).expect("it is wanted");
        println!("{name}: asks where {needs} is");
        let session = work.session().clone();
        let order = work.dylib().search_order();
        let needed = [Symbol::new(needs)];
        session.lookup_async(&order, &needed, Wanted::Resolved, move |found| {
            let found = found.expect("it exists")[0];
            println!("{name}: {needs} is at {}; all in place", found.address);
            work.emit(&[found.entry]).expect("it is wanted");
        });
        println!("{name}: has asked");
    }
}
// ANCHOR_END: Unit

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let session = session()?;
    let dylib = session.create_dylib("main");
    dylib.define(Unit { name: "even", needs: "odd", address: 0x100 })?;
    dylib.define(Unit { name: "odd", needs: "even", address: 0x200 })?;
    println!("both are defined");
    let even = dylib.lookup(&Symbol::new("even"))?;
    println!("even is ready, at {}", even.address);
    Ok(())
}
// ANCHOR_END: main

fn session() -> Result<Arc<ExecutionSession>, Box<dyn Error>> {
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &memory)?;
    Ok(ExecutionSession::new(Arc::new(executor)))
}
