//! A session without a compiler: names, and who has them.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{ExecutorAddr, Host, InProcess};
use chapter1::orc::{
    AbsoluteSymbols, Alias, Aliases, ExecutionSession, JitDylib, SymbolFlags,
    Visibility,
};
use chapter1::symbol::Symbol;
use std::error::Error;
use std::sync::Arc;

const STRONG: SymbolFlags = SymbolFlags::FUNCTION;
const WEAK: SymbolFlags = SymbolFlags { weak: true, ..STRONG };
const HIDDEN: SymbolFlags = SymbolFlags { exported: false, ..STRONG };

// ANCHOR: main
fn symbol(name: &str, at: u64, flags: SymbolFlags) -> AbsoluteSymbols {
    let at = ExecutorAddr::new(at);
    AbsoluteSymbols(vec![(Symbol::new(name), at, flags)])
}

fn main() -> Result<(), Box<dyn Error>> {
    let session = session()?;
    let library = session.create_dylib("library");
    library.define(symbol("sin", 0x100, STRONG))?;
    library.define(symbol("tables", 0x200, HIDDEN))?;
    let main = session.create_dylib("main");
    main.link_against(&library, Visibility::Exported);
    show(&main, "sin");
    show(&main, "tables");
    show(&library, "tables");

    main.define(symbol("sin", 0x300, WEAK))?;
    show(&main, "sin");
    show(&library, "sin");
    main.define(symbol("log", 0x400, WEAK))?;
    main.define(symbol("log", 0x500, STRONG))?;
    show(&main, "log");
    let error = main.define(symbol("sin", 0x600, STRONG)).unwrap_err();
    println!("{error}");

    let (name, target) = (Symbol::new("ln"), Symbol::new("log"));
    main.define(Aliases(vec![Alias { name, target, flags: STRONG }]))?;
    show(&main, "ln");
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
        Ok(found) => {
            println!("{}: `{name}` is at {}", dylib.name(), found.address)
        }
        Err(error) => println!("{}: {error}", dylib.name()),
    }
}
