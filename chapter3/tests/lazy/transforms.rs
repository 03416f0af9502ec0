//! The layer above others than the optimiser: one that fails, and one that
//! counts.

use chapter1::codegen::Target;
use chapter1::definitions::Origin;
use chapter1::driver::{Base, Counts, Driver, JitError};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter1::ir::Module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    Cause, DefineError, IrCompileLayer, Layer, MaterializationResponsibility,
    ObjectLinkingLayer, Observer, ResourceTracker,
};
use chapter1::symbol::Symbol;
use chapter2::transform::{IrTransformLayer, Transform};
use chapter3::compile_on_demand::CompileOnDemandLayer;
use chapter3::modules::Modules;
use chapter3::partition::per_function;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Below<T> = IrTransformLayer<IrCompileLayer<ObjectLinkingLayer>, T>;

/// A JIT with a transform of its own.
struct Stack<T: Transform> {
    base: Base,
    demand: Arc<CompileOnDemandLayer<Below<T>>>,
}

impl<T: Transform> Stack<T> {
    fn new(transform: T) -> Stack<T> {
        let config = MemoryConfig::default();
        let executor =
            InProcess::new(Target::host(), Host::default(), &config).unwrap();
        let base = Base::new(Arc::new(executor));
        let executor = base.session.executor().clone();
        let target = executor.target();
        let objects = ObjectLinkingLayer::new(executor, base.phases.clone());
        base.session.register(objects.clone());
        let compile =
            IrCompileLayer::new(objects.clone(), target, base.phases.clone());
        let below = IrTransformLayer::new(compile, transform);
        let (modules, partition) = (Arc::default(), Box::new(per_function));
        let modules: Arc<Modules> = modules;
        let demand = CompileOnDemandLayer::new(
            below, objects, &base, modules, partition,
        );
        Stack { base, demand }
    }
}

impl<T: Transform> Driver for Stack<T> {
    fn base(&self) -> &Base {
        &self.base
    }

    fn add(
        &self,
        tracker: &ResourceTracker,
        module: Module,
    ) -> Result<(), DefineError> {
        self.demand.add(tracker, module)
    }

    fn define(&self, module: &Module, origin: Origin) -> Result<(), JitError> {
        self.demand.define(module, origin)
    }

    fn observe(&self, _: Observer) {}

    fn counts(&self) -> Counts {
        Counts::default()
    }
}

#[test]
// ANCHOR: a_transform_that_fails
fn a_transform_that_fails_ends_the_call_and_is_tried_again() {
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = is_mended.clone();
    let stack =
        Stack::new(move |module: Module, _: &MaterializationResponsibility| {
            let is_bad = module.functions[0].name.as_str() == "bad";
            match is_bad && !mended.load(Ordering::Relaxed) {
                true => Err(Cause::new(io::Error::other("not today"))),
                false => Ok(module),
            }
        });
    let mut session = Kaleidoscope::new(stack);
    session
        .run("def bad(x) x; def deep(n) if n < 1 then bad(7) else deep(n-1);")
        .unwrap();
    for _ in 0..2 {
        let error = session.run("deep(1000);").unwrap_err().to_string();
        assert!(error.contains("cannot transform `bad`: not today"), "{error}");
        assert!(error.contains("in `deep` (64 times), and"), "{error}");
    }
    is_mended.store(true, Ordering::Relaxed);
    assert_eq!(session.run("deep(1000);").unwrap(), [7.0]);
}
// ANCHOR_END: a_transform_that_fails

#[test]
fn modules_added_without_a_driver_wait_as_well() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let to = seen.clone();
    let stack =
        Stack::new(move |module: Module, _: &MaterializationResponsibility| {
            let names = module.functions.iter().map(|it| it.name.to_string());
            to.lock().unwrap().extend(names);
            Ok(module)
        });
    let text = "
        function @a() -> f64 {
        fn0 = function @b() -> f64
        block0:
            v0 = call fn0()
            return v0
        }
        function @b() -> f64 {
        block0:
            v0 = const 4.0
            return v0
        }
        function @c() -> f64 {
        block0:
            v0 = const 5.0
            return v0
        }";
    let module = chapter1::ir::parse_module(text).unwrap();
    let tracker = stack.base.main.create_tracker();
    stack.demand.add(&tracker, module.clone()).unwrap();
    let again = stack.demand.add(&tracker, module).unwrap_err();
    assert_eq!(again.to_string(), "duplicate definition of `a`");
    assert_eq!(*seen.lock().unwrap(), [""; 0]);
    let a = stack.function::<fn() -> f64>("a").unwrap();
    assert_eq!(a.call().unwrap(), 4.0);
    // Each is a unit of its own.
    assert_eq!(*seen.lock().unwrap(), ["a", "b"]);
    let c = Symbol::new("c");
    stack.demand.compile(&c).unwrap();
    assert_eq!(*seen.lock().unwrap(), ["a", "b", "c"]);
}
