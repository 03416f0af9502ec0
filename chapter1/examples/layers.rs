//! Puts a layer of its own into the stack, twice, and runs a program on it.

use chapter1::codegen::Target;
use chapter1::definitions::Again;
use chapter1::driver::{Base, Counts, Driver};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter1::ir::Module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    DefineError, IrCompileLayer, Layer, MaterializationResponsibility,
    ObjectLinkingLayer, Observer, ResourceTracker, SymbolFlags,
};
use chapter1::symbol::Symbol;
use std::error::Error;
use std::sync::Arc;

/// Says which symbols come past, and hands their program on.
// ANCHOR: Watch
struct Watch<B> {
    verb: &'static str,
    below: Arc<B>,
}

impl<B: Layer> Layer for Watch<B> {
    type Program = B::Program;

    fn symbols(&self, program: &B::Program) -> Vec<(Symbol, SymbolFlags)> {
        self.below.symbols(program)
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        program: B::Program,
    ) {
        for symbol in responsibility.symbols() {
            println!("{} {symbol}", self.verb);
        }
        self.below.emit(responsibility, program);
    }
}
// ANCHOR_END: Watch

struct WatchedJit {
    base: Base,
    top: Arc<Watch<IrCompileLayer<Watch<ObjectLinkingLayer>>>>,
}

impl WatchedJit {
    // ANCHOR: new
    fn new(executor: Arc<InProcess>) -> WatchedJit {
        let base = Base::new(executor.clone());
        let phases = &base.phases;

        let below = ObjectLinkingLayer::new(executor, phases.clone());
        base.session.register(below.clone());
        let below = Arc::new(Watch { verb: "link", below });
        let below = IrCompileLayer::new(below, Target::host(), phases.clone());
        let top = Arc::new(Watch { verb: "compile", below });

        let again = Again::new(top.clone(), base.definitions.clone());
        base.main.add_generator(again);
        WatchedJit { base, top }
    }
    // ANCHOR_END: new
}

impl Driver for WatchedJit {
    fn base(&self) -> &Base {
        &self.base
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.top.add(tracker, module)
    }

    fn observe(&self, _: Observer) {}

    fn counts(&self) -> Counts {
        Counts::default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &memory)?;
    let mut program = Kaleidoscope::new(WatchedJit::new(Arc::new(executor)));
    program.run(
        "extern odd(x);
         def even(x) if x < 1 then 1 else odd(x - 1);
         def odd(x) if x < 1 then 0 else even(x - 1);
         def never(x) x;",
    )?;
    println!("all is defined");
    println!("the value is {}", program.run("even(10);")?[0]);
    Ok(())
}
