//! A program calls functions of a library that is compiled when it is called.

use crate::stack::Stack;
use crate::{Verdict, ensure};
use chapter1::driver::{Base, Driver};
use chapter1::executor::{Executor, ExecutorAddr, Reentry};
use chapter1::ir::parse_module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    AbsoluteSymbols, DefinitionGenerator, IrCompileLayer, JitDylib, Layer,
    MaterializationResponsibility, MaterializationUnit, ObjectLinkingLayer,
    SymbolFlags, Visibility,
};
use chapter1::symbol::Symbol;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, Weak};
use std::thread;

/// What an attempt is.
type Attempt<F> = fn(&JitDylib, Arc<ObjectLinkingLayer>, &dyn Executor) -> F;

/// The library.
const LIBRARY: [&str; 3] = [
    "function @area(f64, f64) -> f64 {
    block0(v0: f64, v1: f64):
        v2 = mul v0, v1
        return v2
    }",
    "function @volume(f64, f64, f64) -> f64 {
        fn0 = function @area(f64, f64) -> f64
    block0(v0: f64, v1: f64, v2: f64):
        v3 = call fn0(v0, v1)
        v4 = mul v3, v2
        return v4
    }",
    "function @nine(f64, f64, f64, f64, f64, f64, f64, f64, f64) -> f64 {
    block0(v0: f64, v1: f64, v2: f64, v3: f64, v4: f64, v5: f64, v6: f64,
           v7: f64, v8: f64):
        v9 = sub v0, v8
        return v9
    }",
];

/// Who asks an attempt, and what for.
struct Asked<F> {
    facade: Arc<F>,
    count: AtomicUsize,
}

impl<F: Reentry> Reentry for Asked<F> {
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.facade.resolve(stub)
    }
}

/// The layer on which programs and the library are compiled.
type Compile = IrCompileLayer<ObjectLinkingLayer>;

/// A program that is linked against a facade, and its surroundings.
struct Scene<F> {
    program: Kaleidoscope<Stack<Compile>>,
    facade: JitDylib,
    asked: Arc<Asked<F>>,
    /// What has been compiled of the library.
    compiled: Arc<Mutex<Vec<String>>>,
}

impl<F: DefinitionGenerator + Reentry + 'static> Scene<F> {
    fn new(attempt: Attempt<F>) -> Scene<F> {
        let mut parts = None;
        let compiled: Arc<Mutex<Vec<String>>> = Arc::default();
        let names = compiled.clone();
        let program = Stack::program(|base, objects| {
            let session = &base.session;
            let (executor, phases) = (session.executor(), base.phases.clone());
            let target = executor.target();
            let compile = IrCompileLayer::new(objects.clone(), target, phases);
            compile.observe(Box::new(move |module, _| {
                let functions = module.functions.iter();
                let functions = functions.map(|it| it.name.to_string());
                names.lock().unwrap().extend(functions);
            }));
            let bodies = bodies(base, &compile);
            let facade = session.create_dylib("facade");
            let attempt = Arc::new(attempt(&bodies, objects, &**executor));
            facade.add_generator(attempt.clone());
            base.main.link_against(&facade, Visibility::Exported);
            let count = AtomicUsize::new(0);
            let asked = Arc::new(Asked { facade: attempt, count });
            let handler: Weak<Asked<F>> = Arc::downgrade(&asked);
            executor.set_reentry(handler);
            parts = Some((facade, asked));
            compile
        });
        let (facade, asked) = parts.expect("just made");
        Scene { program, facade, asked, compiled }
    }

    fn values(&mut self, text: &str) -> Result<Vec<f64>, String> {
        self.program.run(text).map_err(|error| error.to_string())
    }

    /// What has been compiled of the library, in the order of the names.
    fn compiled(&self) -> Vec<String> {
        let mut names = self.compiled.lock().unwrap().clone();
        names
            .retain(|name| ["area", "volume", "nine"].contains(&name.as_str()));
        names.sort();
        names
    }
}

/// A dylib with the library, and with two symbols by hand.
fn bodies(base: &Base, compile: &Arc<Compile>) -> JitDylib {
    let bodies = base.session.create_dylib("bodies");
    for text in LIBRARY {
        let module = parse_module(text).expect("well-formed text");
        let added = compile.add(&bodies.default_tracker(), module);
        added.expect("it is new");
    }
    let exported = false;
    let hidden = SymbolFlags { exported, ..SymbolFlags::function(1) };
    let address = ExecutorAddr::new(0x1000);
    let hidden = (Symbol::new("hidden"), address, hidden);
    bodies.define(AbsoluteSymbols(vec![hidden])).expect("it is new");
    bodies.define(Failing).expect("it is new");
    bodies
}

/// A symbol that cannot be made.
struct Failing;

impl MaterializationUnit for Failing {
    fn symbols(&self) -> Vec<(Symbol, SymbolFlags)> {
        vec![(Symbol::new("failing"), SymbolFlags::function(1))]
    }

    fn materialize(self: Box<Self>, work: MaterializationResponsibility) {
        work.fail(std::fmt::Error);
    }
}

/// Looks functions up, calls them, and does so on several threads.
pub(super) fn check<F>(attempt: Attempt<F>) -> Verdict
where
    F: DefinitionGenerator + Reentry + 'static,
{
    looked_up(&Scene::new(attempt))?;
    called(&mut Scene::new(attempt))?;
    (0..50).try_for_each(|_| at_once(&mut Scene::new(attempt)))
}

/// What is looked up is found, and not compiled.
fn looked_up<F>(scene: &Scene<F>) -> Verdict
where
    F: DefinitionGenerator + Reentry + 'static,
{
    let mut addresses = Vec::new();
    for (name, params) in [("area", 2), ("volume", 3), ("nine", 9)] {
        let found = scene.facade.lookup(&Symbol::new(name));
        let found = found.map_err(|error| {
            format!("`{name}` is not found in the facade: {error}")
        })?;
        let flags = SymbolFlags::function(params);
        ensure(found.flags == flags, || {
            format!("`{name}` has {:?}, not {flags:?}", found.flags)
        })?;
        let again = scene.facade.lookup(&Symbol::new(name));
        let again = again.map_err(|error| error.to_string())?;
        ensure(found.address == again.address, || {
            format!("`{name}` has two addresses")
        })?;
        addresses.push(found.address);
    }
    addresses.sort();
    addresses.dedup();
    ensure(addresses.len() == 3, || {
        "of three functions, two have the same address".into()
    })?;
    let compiled = scene.compiled();
    ensure(compiled.is_empty(), || {
        format!("nothing is called, but compiled: {compiled:?}")
    })?;
    for name in ["hidden", "nothing"] {
        let found = scene.facade.lookup(&Symbol::new(name));
        ensure(found.is_err(), || {
            format!("`{name}` is found in the facade, and is not to be seen")
        })?;
    }
    Ok(())
}

/// Calls lead to bodies, each of which is asked for once.
fn called<F>(scene: &mut Scene<F>) -> Verdict
where
    F: DefinitionGenerator + Reentry + 'static,
{
    let text = "
        extern area(w h);
        extern volume(w h d);
        extern nine(a b c d e f g h i);
        extern failing(x);
        def flat(x) area(x, x);
        def either(x) if x < 0 then volume(x, x, x) else flat(x);
        def last(x) nine(x, 1, 2, 3, 4, 5, 6, 7, 8);";
    scene.values(text)?;
    let found = scene.values("either(3); either(4); either(5);")?;
    ensure(found == [9.0, 16.0, 25.0], || {
        format!("values are {found:?}, not [9.0, 16.0, 25.0]")
    })?;
    let asked = scene.asked.count.load(Ordering::Relaxed);
    ensure(asked == 1, || {
        format!(
            "`area` was called 3 times, and asked for {asked} times, not once"
        )
    })?;
    let compiled = scene.compiled();
    ensure(compiled == ["area"], || {
        format!("`area` was called, but compiled: {compiled:?}")
    })?;
    let found = scene.values("either(0 - 2) + last(18);")?;
    ensure(found == [2.0], || format!("it is {found:?}, not [2.0]"))?;
    let compiled = scene.compiled();
    ensure(compiled == ["area", "nine", "volume"], || {
        format!("all were called, but compiled: {compiled:?}")
    })?;
    let failing = scene.values("def bad(x) failing(x); bad(1);");
    ensure(failing.is_err(), || {
        format!("what cannot be made yields {failing:?}")
    })?;
    let found = scene.values("either(6);")?;
    ensure(found == [36.0], || format!("it is {found:?}, not [36.0]"))
}

/// Threads look the same name up, and call it.
fn at_once<F>(scene: &mut Scene<F>) -> Verdict
where
    F: DefinitionGenerator + Reentry + 'static,
{
    const THREADS: usize = 4;
    scene.values("extern area(w h); def flat(x) area(x, x);")?;
    let (jit, facade) = (&scene.program.jit, &scene.facade);
    let barrier = Barrier::new(THREADS);
    let run = |_| {
        barrier.wait();
        let area = facade.lookup(&Symbol::new("area"));
        area.map_err(|error| error.to_string())?;
        let flat = jit.function::<fn(f64) -> f64>("flat");
        let flat = flat.map_err(|error| error.to_string())?;
        flat.call(3.0).map_err(|error| error.to_string())
    };
    let values: Vec<Result<f64, String>> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|i| scope.spawn(move || run(i))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for value in values {
        let value = value
            .map_err(|why| format!("several threads call `area`: {why}"))?;
        ensure(value == 9.0, || format!("area(3, 3) is {value}, not 9.0"))?;
    }
    Ok(())
}
