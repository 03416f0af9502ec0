//! What the checks of passes share: IR in, IR out; numbers in, numbers out;
//! and random programs.

use crate::compiled::{self, Setup};
use crate::differential::{compare, gave_up};
use crate::program_gen::programs;
use crate::reference::{Limits, Session};
use crate::{Verdict, ensure};
use chapter1::codegen::Target;
use chapter1::driver::Driver;
use chapter1::executor::memory::MemoryConfig;
use chapter1::ir::{Function, Module, parse_module, verify};
use chapter2::analysis::Analyses;
use chapter2::jit::KaleidoscopeJit;
use chapter2::passes::{self, Changed, Pass};
use chapter2::pipeline::Pipeline;
use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use std::sync::Arc;

/// Numbers at which mistakes are easily made.
pub(crate) const NUMBERS: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    5.0,
    0.1,
    -1e300,
    f64::MAX,
    f64::MIN_POSITIVE,
    -5e-324,
    f64::EPSILON,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// A function of two numbers with this body.
pub(crate) fn body(text: &str) -> String {
    format!(
        "function @f(f64, f64) -> f64 {{\nblock0(v0: f64, v1: f64):\n{text}\n}}"
    )
}

/// What a pass makes of the first function of a text. It must be well formed,
/// be what the pass says of it, and leave nothing to do for a second time.
pub(crate) fn passed(pass: &dyn Pass, text: &str) -> Result<Function, String> {
    let mut function = module(text).functions.remove(0);
    verify(&function).map_err(|error| format!("{error}\n{function}"))?;
    let before = function.to_string();
    let changed = pass.run(&mut function, &mut Analyses::default());
    verify(&function).map_err(|error| format!("{error}\n{function}"))?;
    let after = function.to_string();
    ensure((before == after) == (changed == Changed::Nothing), || {
        format!("it says {changed:?}, but\n{before}\nbecomes\n{after}")
    })?;
    let again = pass.run(&mut function, &mut Analyses::default());
    ensure(again == Changed::Nothing && function.to_string() == after, || {
        format!("a second run changes\n{after}\nto\n{function}")
    })?;
    Ok(function)
}

fn module(text: &str) -> Module {
    parse_module(text).expect("well-formed text")
}

/// A pass leaves these functions of two numbers as they are.
pub(crate) fn unchanged(pass: &dyn Pass, texts: &[&str]) -> Verdict {
    texts.iter().try_for_each(|text| {
        let (before, after) = (body(text), passed(pass, &body(text))?);
        let before = module(&before).functions.remove(0).to_string();
        ensure(before == after.to_string(), || {
            format!("this must stay:\n{before}\nbut becomes\n{after}")
        })
    })
}

/// A function of two numbers yields the same with and without a pass, at all
/// pairs of [`NUMBERS`].
pub(crate) fn same_values<P: Pass + Clone + 'static>(
    pass: &P,
    text: &str,
) -> Verdict {
    let jit = |passes| jit(Pipeline::new(passes));
    let (plain, changed) = (jit(vec![]), jit(vec![Arc::new(pass.clone())]));
    let [plain, changed] = [plain, changed].map(|jit| {
        jit.define_ir(module(text)).expect("it is new");
        jit.function::<fn(f64, f64) -> f64>("f").expect("it can be compiled")
    });
    for (a, b) in NUMBERS.iter().flat_map(|&a| NUMBERS.map(|b| (a, b))) {
        let [expected, found] = [&plain, &changed].map(|f| f.call(a, b));
        let (expected, found) = (expected.unwrap(), found.unwrap());
        let is_same = expected.to_bits() == found.to_bits()
            || expected.is_nan() && found.is_nan();
        ensure(is_same, || {
            let text = module(text).to_string();
            format!(
                "f({a:?}, {b:?}) is {expected:?}, not {found:?}, in\n{text}"
            )
        })?;
    }
    Ok(())
}

fn jit(pipeline: Pipeline) -> KaleidoscopeJit {
    KaleidoscopeJit::new(setup().executor(), pipeline)
}

fn setup() -> Setup {
    Setup { target: Target::host(), memory: MemoryConfig::default() }
}

/// Random programs mean what the tests' evaluator says, if a pass runs after
/// these others. One that does not is made as small as can be.
pub(crate) fn agree<P: Pass + Clone + 'static>(
    pass: &P,
    before: &[&str],
    count: u32,
) -> Verdict {
    let before = before.iter().map(|name| passes::find(name).expect(name));
    let mut all: Vec<Arc<dyn Pass>> = before.collect();
    all.push(Arc::new(pass.clone()));
    let pipeline = Pipeline::new(all);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config =
        Config { cases: count, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&programs(), |program| {
        let expected = Session::new(Limits::default()).run(&program.text);
        if gave_up(&expected) {
            return Ok(());
        }
        let jit = jit(pipeline.clone());
        let found = compiled::run(jit, &program.text);
        compare(&expected, &found).map_err(TestCaseError::fail)
    });
    result.map_err(|error| match error {
        TestError::Fail(why, program) => format!("{why}, in\n{}", program.text),
        TestError::Abort(why) => why.to_string(),
    })
}
