//! Random programs, optimised in every way there is, and held against the
//! evaluator of chapter 1's tests.

#[allow(dead_code, reason = "chapter 1's JIT is tested there")]
#[path = "../../chapter1/tests/compiled/mod.rs"]
mod compiled;
#[path = "../../chapter1/tests/differential/mod.rs"]
mod differential;
mod orders;
#[allow(dead_code, reason = "the parser is tested in chapter 1")]
#[path = "../../chapter1/tests/program_gen/mod.rs"]
mod program_gen;
#[path = "../../chapter1/tests/property/mod.rs"]
mod property;
#[allow(dead_code, unused_imports, reason = "its tests run in chapter 1")]
#[path = "../../chapter1/tests/reference/mod.rs"]
mod reference;

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter2::jit::KaleidoscopeJit;
use chapter2::pipeline::{Level, Pipeline};
use compiled::{Setup, run};
use differential::{agree, agree_however};
use orders::{Order, orders};
use proptest::sample::select;
use reference::Step;

/// The instruction sets that this processor has.
fn targets() -> Vec<Target> {
    let all = [Target::AVX, Target::SSE2].into_iter();
    all.filter(|target| target.runs_here()).collect()
}

fn optimised(target: Target, pipeline: Pipeline, text: &str) -> Vec<Step> {
    let setup = Setup { target, memory: MemoryConfig::default() };
    run(KaleidoscopeJit::new(setup.executor(), pipeline), text)
}

#[test]
fn programs_mean_at_every_level_what_the_reference_says() {
    for level in Level::ALL {
        for target in targets() {
            let name = format!("{level:?} {target}");
            let pipeline = level.pipeline();
            agree(&name, 3_000, |text| {
                optimised(target, pipeline.clone(), text)
            });
        }
    }
}

#[test]
fn each_pass_alone_changes_no_result() {
    for order in Order::each() {
        for target in targets() {
            let name = format!("{order:?} {target}");
            agree(&name, 400, |text| optimised(target, order.pipeline(), text));
        }
    }
}

#[test]
fn no_order_of_passes_changes_a_result() {
    let ways = (orders(), select(targets()));
    agree_however("orders", 3_000, ways, |text, (order, target)| {
        optimised(target, order.pipeline(), text)
    });
}
