//! No pass takes much longer than the function is large. The benchmark of the
//! same name measures it; this notices squares.

#[path = "../benches/shapes/mod.rs"]
mod shapes;

use chapter1::ir::{Function, Module};
use chapter2::analysis::Analyses;
use chapter2::passes::{self, Changed, Pass};
use chapter2::pipeline::Pipeline;
use rustix::time::{ClockId, clock_gettime};
use shapes::{SHAPES, Shape};
use std::sync::Arc;
use std::time::Duration;

/// The larger function is so many times as large as the smaller one.
const FACTOR: usize = 8;

/// It may take so many times as long: 8 log 8 n, and what caches cost; far
/// from the square.
const MOST: f64 = 28.0;

/// What takes less is not measured well enough.
const SHORTEST: Duration = Duration::from_millis(4);

/// What this thread has worked: others do not count.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The module after a pass, and the least time of a few.
fn time(pipeline: &Pipeline, module: &Module) -> (Module, Duration) {
    let once = |_| {
        let module = module.clone();
        let start = worked();
        let module = pipeline.run(module).unwrap();
        (module, worked() - start)
    };
    (0..5).map(once).min_by_key(|(_, time)| *time).unwrap()
}

/// Looks at a function, as passes do.
struct Analyse;

impl Pass for Analyse {
    fn name(&self) -> &'static str {
        "analyses"
    }

    fn summary(&self) -> &'static str {
        "the order of blocks, dominators, loops"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        analyses.loops(function);
        Changed::Nothing
    }
}

/// The passes that take too long for this shape.
fn slow(shape: &Shape) -> Vec<String> {
    let mut small = (shape.module)(shape.most / FACTOR);
    let mut large = (shape.module)(shape.most);
    let mut slow = Vec::new();
    let analyse: Arc<dyn Pass> = Arc::new(Analyse);
    for pass in [analyse].into_iter().chain(passes::all()) {
        let name = pass.name();
        let pipeline = Pipeline::new(vec![pass]);
        let (small_time, large_time);
        (small, small_time) = time(&pipeline, &small);
        (large, large_time) = time(&pipeline, &large);
        let ratio = large_time.as_secs_f64() / small_time.as_secs_f64();
        println!("{} {name}: {large_time:?}, {ratio:.1}", shape.name);
        if large_time > SHORTEST && ratio > MOST {
            slow.push(format!("{name}: {large_time:?}, {ratio:.1} times"));
        }
    }
    slow
}

#[test]
fn passes_take_time_in_proportion_to_the_function() {
    for shape in SHAPES {
        assert_eq!(slow(&shape), [""; 0], "{}", shape.name);
    }
}
