//! The transform layer among the others: it may be left out, doubled or put
//! elsewhere, and it may fail.

#[allow(dead_code, reason = "damaged programs are not needed here")]
#[path = "../../chapter1/tests/program_gen/mod.rs"]
mod program_gen;
#[path = "../../chapter1/tests/property/mod.rs"]
mod property;
#[allow(dead_code, unused_imports, reason = "its tests run in chapter 1")]
#[path = "../../chapter1/tests/reference/mod.rs"]
mod reference;
#[path = "../../chapter1/tests/stacks/mod.rs"]
mod stacks;

use chapter1::cancel::Cancelled;
use chapter1::ir::Module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{
    Cause, Layer, MaterializationResponsibility as Responsibility,
};
use chapter2::pipeline::Pipeline;
use chapter2::transform::{IrTransformLayer, Transform};
use stacks::*;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The layer of the chapter above another one.
fn optimiser<B: Layer<Program = Module>>(
    below: Arc<B>,
) -> Arc<IrTransformLayer<B, impl Transform>> {
    let pipeline = Pipeline::optimised();
    let run = move |module, _: &Responsibility| pipeline.run(module);
    IrTransformLayer::new(below, run)
}

/// One that changes nothing.
fn idle<B: Layer<Program = Module>>(
    below: Arc<B>,
) -> Arc<IrTransformLayer<B, impl Transform>> {
    IrTransformLayer::new(below, |module, _: &Responsibility| Ok(module))
}

// ANCHOR: all_stacks
fn all_stacks() -> Vec<(&'static str, Stack)> {
    let without = Stack::of(compiler);
    let with = Stack::of(|base, objects| optimiser(compiler(base, objects)));
    let idle = Stack::of(|base, objects| idle(compiler(base, objects)));
    let twice = Stack::of(|base, objects| {
        optimiser(optimiser(compiler(base, objects)))
    });
    let around = Stack::of(|base, objects| {
        let below = compiler(base, Arc::new(PassThrough(objects)));
        Arc::new(PassThrough(optimiser(Arc::new(PassThrough(below)))))
    });
    let later = Stack::of(|base, objects| {
        let below = Arc::new(Later(compiler(base, objects)));
        Arc::new(Later(optimiser(below)))
    });
    vec![
        ("chapter 1's", without),
        ("with the optimiser", with),
        ("with a transform that does nothing", idle),
        ("with two optimisers", twice),
        ("with layers around it", around),
        ("with layers that take their time", later),
    ]
}
// ANCHOR_END: all_stacks

#[test]
fn generated_programs_mean_the_same_on_every_stack() {
    compare_generated(200, all_stacks);
}

#[test]
fn rings_and_operators_mean_the_same_on_every_stack() {
    compare(RINGS, all_stacks()).unwrap();
}

#[test]
fn refusals_are_the_same_on_every_stack() {
    compare(REFUSALS, all_stacks()).unwrap();
}

#[derive(Debug, thiserror::Error)]
#[error("this one is too hard")]
struct TooHard;

/// The functions that a transform refuses, until somebody takes them out.
#[derive(Clone, Default)]
struct Refused(Arc<Mutex<HashSet<&'static str>>>);

impl Refused {
    fn transform(&self, module: Module) -> Result<Module, Cause> {
        let refused = self.0.lock().unwrap();
        let is_hard = |name: &str| refused.contains(name);
        match module.functions.iter().any(|f| is_hard(f.name.as_str())) {
            true => Err(Cause::new(TooHard)),
            false => Ok(module),
        }
    }
}

/// A session whose transform refuses `hard`.
fn session(definitions: &str) -> (Kaleidoscope<Stack>, Refused) {
    let refused = Refused(Arc::new(Mutex::new(HashSet::from(["hard"]))));
    let given = refused.clone();
    let stack = Stack::of(|base, objects| {
        let transform =
            move |module, _: &Responsibility| given.transform(module);
        IrTransformLayer::new(compiler(base, objects), transform)
    });
    let mut session = Kaleidoscope::new(stack);
    session.run(definitions).unwrap();
    (session, refused)
}

fn fails(session: &mut Kaleidoscope<Stack>, expression: &str) {
    let error = session.run(expression).unwrap_err().to_string();
    let expected = "error: cannot transform `hard`: this one is too hard";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_transform_that_fails_fails_its_symbols_and_no_others() {
    let (mut session, _) = session(
        "def hard(x) x + 1; def easy(x) x * 2;
         def both(x) hard(x) + easy(x);",
    );
    fails(&mut session, "hard(1);");
    assert_eq!(session.run("easy(4);").unwrap(), [8.0]);
    fails(&mut session, "both(1);");
    assert_eq!(session.run("easy(5); 3;").unwrap(), [10.0, 3.0]);
}

#[test]
fn what_a_transform_has_failed_is_tried_again_at_the_next_use() {
    let (mut session, refused) = session(
        "extern ring(x);
         def hard(x) if x < 1 then 100 else ring(x - 1) + 1;
         def ring(x) hard(x) + 10;",
    );
    for _ in 0..3 {
        fails(&mut session, "ring(2);");
        fails(&mut session, "hard(0);");
    }
    refused.0.lock().unwrap().clear();
    assert_eq!(session.run("ring(2); hard(0);").unwrap(), [132.0, 100.0]);
}

/// Nobody says that a function cannot be transformed because somebody has
/// pressed Ctrl-C.
#[test]
fn a_transform_that_is_given_up_is_no_failure_of_its_symbols() {
    let stack = Stack::of(|base, objects| {
        let transform =
            |_: Module, _: &Responsibility| Err(Cause::new(Cancelled));
        IrTransformLayer::new(compiler(base, objects), transform)
    });
    let error = Kaleidoscope::new(stack).run("1;").unwrap_err().to_string();
    assert!(error.starts_with("error: interrupted"), "{error}");
}

#[test]
fn a_transform_sees_whose_symbols_it_makes() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let look = move |module: Module, work: &Responsibility| {
        let names = work.symbols().into_iter().map(|name| name.to_string());
        let names: Vec<String> = names.collect();
        let functions = module.functions.iter().map(|f| f.name.to_string());
        assert_eq!(functions.collect::<Vec<_>>(), names);
        log.lock().unwrap().extend(names);
        Ok(module)
    };
    let stack = Stack::of(|base, objects| {
        IrTransformLayer::new(compiler(base, objects), look)
    });
    let mut session = Kaleidoscope::new(stack);
    session.run("def f(x) x; def unused(x) x;").unwrap();
    assert!(seen.lock().unwrap().is_empty(), "nothing was asked for");
    assert_eq!(session.run("f(3);").unwrap(), [3.0]);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    assert_eq!(seen, ["__anon_expr", "f"]);
}
