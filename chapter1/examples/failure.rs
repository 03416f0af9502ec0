//! A unit that forgets its symbol, and what becomes of those who need it.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{ExecutorAddr, Host, InProcess};
use chapter1::orc::{
    ExecutionSession, JitDylib, MaterializationResponsibility,
    MaterializationUnit, SymbolFlags, Wanted,
};
use chapter1::symbol::Symbol;
use std::error::Error;
use std::sync::Arc;

/// A function and what it needs.
struct Unit(&'static str, &'static [&'static str]);

/// A unit that forgets what it has promised.
struct Forgetful(&'static str);

impl MaterializationUnit for Forgetful {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(Symbol::new(self.0), SymbolFlags::FUNCTION)]
    }

    fn materialize(self: Box<Self>, _: MaterializationResponsibility) {}
}

impl MaterializationUnit for Unit {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(Symbol::new(self.0), SymbolFlags::FUNCTION)]
    }

    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        let address = (Symbol::new(self.0), ExecutorAddr::new(0x100));
        if work.resolve(&[address]).is_err() {
            return;
        }
        let needs = self.1.iter().map(|name| Symbol::new(name));
        let needs: Vec<Symbol> = needs.collect();
        let session = work.session().clone();
        let order = work.dylib().search_order();
        let wanted = Wanted::Resolved;
        session.lookup_async(&order, &needs, wanted, |result| match result {
            Ok(found) => {
                let found = found.iter().map(|found| found.entry);
                // If it comes to nothing, those who wait are told.
                let _ = work.emit(&found.collect::<Vec<_>>());
            }
            Err(error) => work.fail(error),
        });
    }
}

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let session = session()?;
    session.set_error_reporter(Box::new(|error| println!("told: {error}")));
    let dylib = session.create_dylib("main");
    dylib.define(Unit("a", &["b"]))?;
    dylib.define(Unit("b", &["a", "c", "d"]))?;
    dylib.define(Unit("c", &[]))?;
    dylib.define(Forgetful("d"))?;
    show(&dylib, "a");
    show(&dylib, "b");
    show(&dylib, "c");
    println!("(symbols, lookups) left: {:?}", session.sizes());

    dylib.define(Unit("d", &["c"]))?;
    dylib.define(Unit("b", &["a", "c", "d"]))?;
    dylib.define(Unit("a", &["b"]))?;
    show(&dylib, "a");
    println!("(symbols, lookups) left: {:?}", session.sizes());
    Ok(())
}
// ANCHOR_END: main

fn session() -> Result<Arc<ExecutionSession>, Box<dyn Error>> {
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &memory)?;
    Ok(ExecutionSession::new(Arc::new(executor)))
}

/// Looks a name up as the code of a dylib would.
fn show(dylib: &JitDylib, name: &str) {
    match dylib.lookup(&Symbol::new(name)) {
        Ok(found) => println!("{name} is at {}", found.address),
        Err(error) => println!("{name}: {error}"),
    }
}
