//! Stacks of layers, and programs that must mean the same on each.

use crate::program_gen::{Program, programs};
use crate::property::check_many;
use crate::reference::{Limits, Outcome, Session};
use chapter1::codegen::Target;
use chapter1::definitions::Again;
use chapter1::driver::{Base, Counts, Driver};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, Host, InProcess, output};
use chapter1::ir::Module;
use chapter1::kaleidoscope::{Answer, Kaleidoscope};
use chapter1::link::LinkGraph;
use chapter1::orc::{
    DefineError, HostFunctions, IrCompileLayer, Layer,
    MaterializationResponsibility, MaterializationUnit, ObjectLinkingLayer,
    Observer, ResourceTracker, SymbolFlags,
};
use chapter1::symbol::Symbol;
use chapter1::syntax::{Parsed, Parser};
use std::sync::Arc;

/// Hands programs on as they are.
pub(crate) struct PassThrough<B>(pub(crate) Arc<B>);

impl<B: Layer> Layer for PassThrough<B> {
    type Program = B::Program;

    fn symbols(&self, program: &B::Program) -> Vec<(Symbol, SymbolFlags)> {
        self.0.symbols(program)
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        program: B::Program,
    ) {
        self.0.emit(responsibility, program);
    }
}

/// Hands programs on, each to a unit of its own, one task later.
pub(crate) struct Later<B>(pub(crate) Arc<B>);

impl<B: Layer> Layer for Later<B> {
    type Program = B::Program;

    fn symbols(&self, program: &B::Program) -> Vec<(Symbol, SymbolFlags)> {
        self.0.symbols(program)
    }

    fn emit(
        self: &Arc<Self>,
        responsibility: MaterializationResponsibility,
        program: B::Program,
    ) {
        let symbols = self.symbols(&program);
        let below = self.0.clone();
        responsibility.replace(Rest { symbols, below, program }).unwrap();
    }
}

/// What remains to be done with a program.
struct Rest<B: Layer> {
    symbols: Vec<(Symbol, SymbolFlags)>,
    below: Arc<B>,
    program: B::Program,
}

impl<B: Layer> MaterializationUnit for Rest<B> {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        self.symbols.clone()
    }

    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        self.below.emit(work, self.program);
    }
}

/// A JIT whose stack is whatever a test makes of the lowest layer.
pub(crate) struct Stack {
    base: Base,
    add: Box<Add>,
}

pub(crate) type Add =
    dyn Fn(&ResourceTracker, Module) -> Result<(), DefineError>;

impl Stack {
    pub(crate) fn new(
        top: impl FnOnce(&Base, Arc<ObjectLinkingLayer>) -> Box<Add>,
    ) -> Stack {
        let memory = MemoryConfig::default();
        let executor = InProcess::new(Target::host(), Host::default(), &memory);
        let executor: Arc<dyn Executor> = Arc::new(executor.unwrap());
        let base = Base::new(executor.clone());
        let phases = base.phases.clone();
        let objects = ObjectLinkingLayer::new(executor.clone(), phases);
        base.session.register(objects.clone());
        let add = top(&base, objects);
        base.main.add_generator(Arc::new(HostFunctions::new(executor)));
        Stack { base, add }
    }

    /// A stack with a layer for modules at its top.
    pub(crate) fn of<L: Layer<Program = Module>>(
        top: impl FnOnce(&Base, Arc<ObjectLinkingLayer>) -> Arc<L>,
    ) -> Stack {
        Stack::new(|base, objects| {
            let layer = top(base, objects);
            let definitions = base.definitions.clone();
            base.main.add_generator(Again::new(layer.clone(), definitions));
            Box::new(move |tracker, module| layer.add(tracker, module))
        })
    }
}

impl Driver for Stack {
    fn base(&self) -> &Base {
        &self.base
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        (self.add)(tracker, module)
    }

    fn observe(&self, _: Observer) {}

    fn counts(&self) -> Counts {
        Counts::default()
    }
}

pub(crate) fn compiler<B: Layer<Program = LinkGraph>>(
    base: &Base,
    below: Arc<B>,
) -> Arc<IrCompileLayer<B>> {
    IrCompileLayer::new(below, Target::host(), base.phases.clone())
}

/// What becomes of each item, as text, and what it writes.
fn run(stack: Stack, text: &str) -> Vec<String> {
    let mut kaleidoscope = Kaleidoscope::new(stack);
    let mut parser = Parser::new(text);
    let (mut start, mut steps) = (0, Vec::new());
    loop {
        let Parsed::Item(item) = kaleidoscope.parse(&mut parser) else {
            return steps;
        };
        let source = &text[start..parser.consumed()];
        start = parser.consumed();
        let accept = || kaleidoscope.accept(&item, source, |_| ());
        let (answer, output) = output::capture(accept);
        let answer = match answer {
            Answer::Value(value) if value.is_nan() => "nan".to_owned(),
            Answer::Value(value) => format!("{:#x}", value.to_bits()),
            other => format!("{other:?}"),
        };
        steps.push(format!("{answer} {output:?}"));
    }
}

/// Runs a program on several stacks, and compares what becomes of it.
pub(crate) fn compare(
    text: &str,
    stacks: Vec<(&str, Stack)>,
) -> Result<(), String> {
    let mut expected = None;
    for (name, stack) in stacks {
        let found = run(stack, text);
        let expected = expected.get_or_insert_with(|| found.clone());
        for (index, (e, f)) in expected.iter().zip(&found).enumerate() {
            if e != f {
                return Err(format!("{name}, item {index}: {f}, not {e}"));
            }
        }
        if expected.len() != found.len() {
            return Err(format!("{name}: {} items", found.len()));
        }
    }
    Ok(())
}

/// Compares random programs.
pub(crate) fn compare_generated(
    count: u32,
    stacks: impl Fn() -> Vec<(&'static str, Stack)>,
) {
    check_many("stacks", count, programs(), |Program { text, .. }| {
        let steps = Session::new(Limits::default()).run(&text);
        let ends = steps.iter().all(|step| {
            let outcome = &step.outcome;
            !matches!(outcome, Outcome::OutOfFuel | Outcome::TooDeep)
        });
        if ends { compare(&text, stacks()) } else { Ok(()) }
    });
}

/// Functions that need each other, operators, output.
pub(crate) const RINGS: &str = "
    extern odd(x);
    def binary | 5 (a b) if a then 1 else if b then 1 else 0;
    def unary !(v) if v then 0 else 1;
    def even(x) if x < 1 then 1 else odd(x - 1);
    def odd(x) if x < 1 then 0 else even(x - 1);
    even(10); odd(10); even(7) | odd(8); !even(3);
    printd(sin(1) + cos(2));
    for i = 1, i < 5 in putchard(64 + i);";

/// Programs that are refused in part.
pub(crate) const REFUSALS: &str = "
    def f(x) x + 1; def f(x) x + 2; f(1);
    extern exit(x); exit(1);
    extern pow(x); pow(1);
    f(1, 2); g(1); f(3);";
