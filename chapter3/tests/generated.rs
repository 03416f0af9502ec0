//! Random programs, compiled as they run, and held against the evaluator of
//! chapter 1's tests.

#[allow(dead_code, reason = "chapter 1's JIT is tested there")]
#[path = "../../chapter1/tests/compiled/mod.rs"]
mod compiled;
#[allow(dead_code, reason = "programs run in one way")]
#[path = "../../chapter1/tests/differential/mod.rs"]
mod differential;
#[allow(dead_code, reason = "the parser is tested in chapter 1")]
#[path = "../../chapter1/tests/program_gen/mod.rs"]
mod program_gen;
#[path = "../../chapter1/tests/property/mod.rs"]
mod property;
#[allow(dead_code, unused_imports, reason = "its tests run in chapter 1")]
#[path = "../../chapter1/tests/reference/mod.rs"]
mod reference;

use chapter1::codegen::Target;
use chapter1::executor::memory::{MappingChoice, MemoryConfig};
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::{
    Partition, call_closure, per_function, whole_module,
};
use compiled::{Setup, run};
use differential::{compare, gave_up};
use program_gen::{Program, programs};
use property::check_many;
use reference::{Limits, Outcome, Session, Step};

fn lazy(
    mapping: MappingChoice,
    pipeline: Pipeline,
    partition: Box<dyn Partition>,
    text: &str,
) -> Vec<Step> {
    let memory = MemoryConfig { mapping, ..MemoryConfig::default() };
    let executor = Setup { target: Target::host(), memory }.executor();
    run(KaleidoscopeJit::new(executor, pipeline, partition), text)
}

/// Runs random programs by the reference and by `run`, and compares item by
/// item, up to the first whose meaning is another one here: what lacks a
/// function that it may not call, or defines one again.
fn agree(name: &str, count: u32, run: impl Fn(&str) -> Vec<Step>) {
    let is_other = |step: &Step| match &step.outcome {
        Outcome::Unresolved(_) => true,
        Outcome::Refused(why) => {
            why.starts_with("duplicate") || why.contains("takes")
        }
        _ => false,
    };
    check_many(name, count, programs(), |Program { text, .. }| {
        let expected = Session::new(Limits::default()).run(&text);
        if gave_up(&expected) {
            return Ok(());
        }
        let other = expected.iter().position(is_other);
        let end = other.unwrap_or(expected.len());
        let mut actual = run(&text);
        actual.truncate(end);
        compare(&expected[..end], &actual)
    });
}

#[test]
fn programs_that_are_compiled_as_they_run_mean_what_the_reference_says() {
    for mapping in [MappingChoice::Dual, MappingChoice::Segmented] {
        agree(&format!("lazy {mapping:?}"), 2_000, |text| {
            let (pipeline, alone) = (Pipeline::optimised(), per_function);
            lazy(mapping, pipeline, Box::new(alone), text)
        });
    }
}

#[test]
fn no_partition_changes_a_result() {
    agree("call closure", 1_000, |text| {
        let (dual, none) = (MappingChoice::Dual, Pipeline::default());
        lazy(dual, none, Box::new(call_closure), text)
    });
    agree("whole module", 1_000, |text| {
        let (dual, all) = (MappingChoice::Dual, Pipeline::optimised());
        lazy(dual, all, Box::new(whole_module), text)
    });
}
