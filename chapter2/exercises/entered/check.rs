//! Every call is told, in order, whatever the optimiser below makes of it.

use super::Names;
use crate::{Verdict, ensure};
use chapter1::codegen::Target;
use chapter1::definitions::Again;
use chapter1::driver::{Base, Counts, Driver};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter1::ir::Module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    Cause, DefineError, HostFunctions, IrCompileLayer, Layer,
    MaterializationResponsibility, ObjectLinkingLayer, Observer,
    ResourceTracker,
};
use chapter2::pipeline::Level;
use chapter2::transform::{IrTransformLayer, Transform};
use std::sync::{Arc, Mutex};

/// What an attempt is.
pub(super) type Attempt = fn(Module, &Names) -> Result<Module, Cause>;

/// The layer of an attempt, on one that optimises.
struct Telling<L> {
    base: Base,
    top: Arc<L>,
}

impl<L: Layer<Program = Module>> Driver for Telling<L> {
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

/// Two layers of one kind, one above the other: the upper one tells.
fn layers<B: Layer<Program = Module>>(
    below: Arc<B>,
    level: Level,
    tell: impl Transform,
) -> Arc<impl Layer<Program = Module>> {
    let pipeline = level.pipeline();
    let optimise =
        move |module, _: &MaterializationResponsibility| pipeline.run(module);
    IrTransformLayer::new(IrTransformLayer::new(below, optimise), tell)
}

/// What a program yields, and which functions it has entered.
fn run(
    attempt: Attempt,
    level: Level,
    text: &str,
) -> Result<(Vec<f64>, String), String> {
    let (names, told) = (Arc::<Names>::default(), Arc::<Mutex<_>>::default());
    let mut host = Host::default();
    let (by_number, list) = (names.clone(), told.clone());
    host.register("entered", move |number: f64| {
        let name = by_number.name(number);
        let list: &Mutex<Vec<String>> = &list;
        list.lock().expect("nobody panics meanwhile").push(name);
        Ok::<f64, String>(0.0)
    });
    let memory = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), host, &memory);
    let executor = Arc::new(executor.expect("there is memory"));
    let base = Base::new(executor.clone());
    let objects =
        ObjectLinkingLayer::new(executor.clone(), base.phases.clone());
    base.session.register(objects.clone());
    let compile =
        IrCompileLayer::new(objects, Target::host(), base.phases.clone());
    let tell = move |module, _: &MaterializationResponsibility| {
        attempt(module, &names)
    };
    let top = layers(compile, level, tell);
    base.main.add_generator(Again::new(top.clone(), base.definitions.clone()));
    base.main.add_generator(Arc::new(HostFunctions::new(executor)));
    let mut program = Kaleidoscope::new(Telling { base, top });
    let values = program.run(text).map_err(|error| error.to_string())?;
    let told = told.lock().expect("nobody panics meanwhile");
    let is_definition = |name: &&String| !name.starts_with("__");
    let told: Vec<&str> =
        told.iter().filter(is_definition).map(String::as_str).collect();
    Ok((values, told.join(" ")))
}

/// Programs, what they yield, and what they enter.
const PROGRAMS: [(&str, f64, &str); 5] = [
    ("def sq(x) x * x; sq(sq(3));", 81.0, "sq sq"),
    (
        "def c(x) x; def b(x) c(x) + 1; def a(x) b(x) * c(x); a(3);",
        12.0,
        "a b c c",
    ),
    (
        "extern odd(n);
         def even(n) if n < 1 then 1 else odd(n - 1);
         def odd(n) if n < 1 then 0 else even(n - 1);
         even(3);",
        0.0,
        "even odd even odd",
    ),
    // A loop by now, or is it?
    (
        "def down(n) if n < 1 then 7 else down(n - 1); down(3);",
        7.0,
        "down down down down",
    ),
    (
        "def leaf(x) x; def rounds(n) (for i = 1, i < n in leaf(i)); rounds(3);",
        0.0,
        "rounds leaf leaf leaf",
    ),
];

/// Runs programs, optimised and not.
pub(super) fn check(attempt: Attempt) -> Verdict {
    for level in [Level::O0, Level::O2] {
        for (text, value, expected) in PROGRAMS {
            let (values, told) = run(attempt, level, text)?;
            ensure(values == [value], || {
                format!("`{text}` yields {values:?}, not {value}")
            })?;
            ensure(told == expected, || {
                format!("`{text}` enters `{expected}`, but tells of `{told}`")
            })?;
        }
    }
    Ok(())
}
