//! What the session costs: everything but syntax, lowering, code generation
//! and linking. The units here know their addresses, and put nothing in
//! place.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{ExecutorAddr, Host, InProcess};
use chapter1::orc::{
    ExecutionSession, JitDylib, MaterializationResponsibility,
    MaterializationUnit, SymbolFlags, Wanted,
};
use chapter1::symbol::Symbol;
use divan::Bencher;
use divan::counter::ItemsCount;
use std::sync::Arc;

fn main() {
    divan::main();
}

const SYMBOLS: usize = 10_000;

/// A symbol that is bound to another one, as linked code is.
struct Unit {
    name: Symbol,
    needs: Option<Symbol>,
}

impl MaterializationUnit for Unit {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(self.name.clone(), SymbolFlags::FUNCTION)]
    }

    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        let address = (self.name, ExecutorAddr::new(0x1000));
        work.resolve(&[address]).expect("still wanted");
        let Some(needs) = self.needs else {
            return work.emit(&[]).expect("still wanted");
        };
        let session = work.session().clone();
        let order = work.dylib().search_order();
        let names = [needs];
        session.lookup_async(&order, &names, Wanted::Resolved, move |found| {
            let found = found.expect("it exists");
            work.emit(&[found[0].entry]).expect("still wanted");
        });
    }
}

fn dylib() -> JitDylib {
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &memory);
    let session = ExecutionSession::new(Arc::new(executor.expect("memory")));
    session.create_dylib("main")
}

fn names() -> Vec<Symbol> {
    (0..SYMBOLS).map(|i| Symbol::new(&format!("f{i}"))).collect()
}

/// Defines each symbol, looks each up, and ends.
#[divan::bench]
fn independent(bencher: Bencher<'_, '_>) {
    let names = names();
    bencher.counter(ItemsCount::new(SYMBOLS)).bench(|| {
        let dylib = dylib();
        for name in &names {
            let unit = Unit { name: name.clone(), needs: None };
            dylib.create_tracker().define(unit).expect("the first");
        }
        for name in &names {
            dylib.lookup(name).expect("it exists");
        }
        dylib.session().end();
    });
}

/// The same, but each needs the one before, and only the last is looked up.
#[divan::bench]
fn chain(bencher: Bencher<'_, '_>) {
    let names = names();
    bencher.counter(ItemsCount::new(SYMBOLS)).bench(|| {
        let dylib = dylib();
        let mut needs = None;
        for name in &names {
            let unit = Unit { name: name.clone(), needs };
            dylib.create_tracker().define(unit).expect("the first");
            needs = Some(name.clone());
        }
        dylib.lookup(&names[SYMBOLS - 1]).expect("it exists");
        dylib.session().end();
    });
}

/// A symbol that is defined, looked up and removed, again and again.
#[divan::bench]
fn come_and_go(bencher: Bencher<'_, '_>) {
    let dylib = dylib();
    let name = Symbol::new("f");
    bencher.counter(ItemsCount::new(1usize)).bench(|| {
        let tracker = dylib.create_tracker();
        let unit = Unit { name: name.clone(), needs: None };
        tracker.define(unit).expect("the first");
        dylib.lookup(&name).expect("it exists");
        tracker.remove().expect("not in use");
    });
}
