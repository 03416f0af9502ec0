//! Where the time of whole programs goes: `cargo bench -p chapter1 --bench
//! phases`. Each line is a median.

#[path = "programs/generated.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod generated;

use chapter1::driver::Driver;
use chapter1::executor::{Host, output};
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::timing::Phase;
use generated::Shape;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// So often each program runs.
const RUNS: usize = 51;

fn main() {
    let mandelbrot = include_str!("../programs/mandelbrot.ks");
    let generated = Shape {
        functions: 1000,
        statements: 10,
        functions_a_call: 1,
        call_percent: 0,
    };
    report("mandelbrot", mandelbrot);
    report("generated", &generated.program());
}

/// Prints what each phase of a program takes, and everything besides.
fn report(name: &str, program: &str) {
    let mut spent: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for _ in 0..RUNS {
        for (phase, time) in run(program) {
            spent.entry(phase).or_default().push(time);
        }
    }
    for (phase, mut times) in spent {
        times.sort();
        let median = times[times.len() / 2].as_nanos();
        println!("  {name} {phase} {median} ns");
    }
}

/// Runs a program in a JIT of its own, which looks at the clock at the
/// beginning and the end of each phase.
fn run(program: &str) -> Vec<(&'static str, Duration)> {
    let start = Instant::now();
    let jit = KaleidoscopeJit::in_process(Host::default()).expect("memory");
    let mut kaleidoscope = Kaleidoscope::new(jit);
    let made = start.elapsed();

    kaleidoscope.jit.base().phases.switch(true);
    let (result, _) = output::capture(|| kaleidoscope.run(program));
    result.expect("a good program");
    let all = start.elapsed();
    let spent = kaleidoscope.jit.base().phases.all();

    let phases = Phase::ALL.map(|phase| (phase.name(), spent[phase as usize]));
    let between = all - made - spent.iter().sum::<Duration>();
    let others = [("start", made), ("between", between), ("all", all)];
    phases.into_iter().chain(others).collect()
}
