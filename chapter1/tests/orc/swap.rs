//! Layers that are added, or left out, change no result.

use crate::layers::compile;
use crate::program_gen::{Program, programs};
use crate::property::check_many;
use crate::reference::{Limits, Outcome, Session};
use crate::support::*;
use chapter1::codegen::Target;
use chapter1::definitions::Again;
use chapter1::driver::{Base, Counts, Driver};
use chapter1::executor::output;
use chapter1::ir::Module;
use chapter1::kaleidoscope::{Answer, Kaleidoscope};
use chapter1::link::LinkGraph;
use chapter1::orc::{
    DefineError, HostFunctions, IrCompileLayer, Layer,
    MaterializationResponsibility, ObjectLinkingLayer, Observer,
    ResourceTracker, SymbolFlags,
};
use chapter1::symbol::Symbol;
use chapter1::syntax::{Parsed, Parser};
use std::sync::Arc;

/// Hands programs on as they are.
struct PassThrough<B>(Arc<B>);

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
struct Later<B>(Arc<B>);

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
        let body = move |work| below.emit(work, program);
        responsibility.replace(Unit { symbols, body }).unwrap();
    }
}

/// A JIT whose stack is whatever a test makes of the lowest layer.
struct Stack {
    base: Base,
    add: Box<Add>,
}

type Add = dyn Fn(&ResourceTracker, Module) -> Result<(), DefineError>;

impl Stack {
    fn new(
        top: impl FnOnce(&Base, Arc<ObjectLinkingLayer>) -> Box<Add>,
    ) -> Stack {
        let executor = executor();
        let base = Base::new(executor.clone());
        let phases = base.phases.clone();
        let objects = ObjectLinkingLayer::new(executor.clone(), phases);
        base.session.register(objects.clone());
        let add = top(&base, objects);
        base.main.add_generator(Arc::new(HostFunctions::new(executor)));
        Stack { base, add }
    }

    /// A stack with a layer for modules at its top.
    fn of<L: Layer<Program = Module>>(
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

fn compiler<B: Layer<Program = LinkGraph>>(
    base: &Base,
    below: Arc<B>,
) -> Arc<IrCompileLayer<B>> {
    IrCompileLayer::new(below, Target::host(), base.phases.clone())
}

fn stacks() -> Vec<(&'static str, Stack)> {
    let plain = Stack::of(compiler);
    let below = Stack::of(|base, objects| {
        compiler(base, Arc::new(PassThrough(objects)))
    });
    let both = Stack::of(|base, objects| {
        let below = Arc::new(PassThrough(objects));
        Arc::new(PassThrough(compiler(base, below)))
    });
    let later = Stack::of(|base, objects| {
        let below = Arc::new(Later(objects));
        Arc::new(Later(Arc::new(PassThrough(compiler(base, below)))))
    });
    let without = Stack::new(|_, objects| {
        Box::new(move |tracker, module| objects.add(tracker, compile(&module)))
    });
    vec![
        ("plain", plain),
        ("with a layer in between", below),
        ("with one above, too", both),
        ("with layers that take their time", later),
        ("compiled beforehand", without),
    ]
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

fn compare(text: &str) -> Result<(), String> {
    let mut expected = None;
    for (name, stack) in stacks() {
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

#[test]
fn generated_programs_mean_the_same_on_every_stack() {
    watched(|| {
        check_many("stacks", 100, programs(), |Program { text, .. }| {
            let steps = Session::new(Limits::default()).run(&text);
            let ends = steps.iter().all(|step| {
                let outcome = &step.outcome;
                !matches!(outcome, Outcome::OutOfFuel | Outcome::TooDeep)
            });
            if ends { compare(&text) } else { Ok(()) }
        });
    });
}

#[test]
fn rings_and_operators_mean_the_same_on_every_stack() {
    watched(|| {
        compare(
            "extern odd(x);
             def binary | 5 (a b) if a then 1 else if b then 1 else 0;
             def unary !(v) if v then 0 else 1;
             def even(x) if x < 1 then 1 else odd(x - 1);
             def odd(x) if x < 1 then 0 else even(x - 1);
             even(10); odd(10); even(7) | odd(8); !even(3);
             printd(sin(1) + cos(2));
             for i = 1, i < 5 in putchard(64 + i);",
        )
        .unwrap();
    });
}

#[test]
fn refusals_are_the_same_on_every_stack() {
    watched(|| {
        compare(
            "def f(x) x + 1; def f(x) x + 2; f(1);
             extern exit(x); exit(1);
             extern pow(x); pow(1);
             f(1, 2); g(1); f(3);",
        )
        .unwrap();
    });
}
