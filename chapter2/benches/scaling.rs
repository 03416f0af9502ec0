//! How time grows with a function's size: `cargo bench -p chapter2 --bench
//! scaling`, with the names of shapes for some only.
//!
//! Each pass gets what those before it have made. If a function is twice as
//! large, and takes `k` times as long, the exponent is the logarithm of `k`
//! to the base of 2: 1 for what grows as the function does, 2 for squares.

mod interleaved;
mod shapes;

use chapter1::codegen::{CodeGenerator, Target};
use chapter1::ir::Module;
use chapter2::passes;
use chapter2::pipeline::Pipeline;
use interleaved::{Case, is_wanted, labels, report};
use shapes::{SHAPES, Shape};
use std::time::Duration;

/// So often each runs.
const ROUNDS: usize = 5;

/// Each size is twice the one before.
const SIZES: u32 = 4;

fn main() {
    let mut lines = Vec::new();
    for shape in SHAPES.iter().filter(|shape| is_wanted(shape.name)) {
        let mut times = Vec::new();
        for halved in (0..SIZES).rev() {
            times.push(measure(shape, shape.most >> halved));
        }
        for (index, (what, _)) in times[0].iter().enumerate() {
            let times: Vec<Duration> =
                times.iter().map(|times| times[index].1).collect();
            let exponent = exponent(&times);
            let last = times[times.len() - 1];
            let name = format!("{} {what}", shape.name);
            lines.push(format!("{name:<30} {exponent:>5.2} {last:>12.1?}"));
        }
    }
    println!("                           exponent   the largest");
    for line in lines {
        println!("{line}");
    }
}

/// What a function of this size takes in each pass, in all of them, and in
/// the code generator afterwards.
fn measure(shape: &Shape, size: usize) -> Vec<(String, Duration)> {
    let source = (shape.module)(size);
    let mut module = source.clone();
    let mut whats = Vec::new();
    let mut cases = Vec::new();
    let name = |what: &str| format!("{}_{size}_{what}", shape.name);
    let passes = passes::all();
    for (what, pass) in labels(&passes).into_iter().zip(passes) {
        let pipeline = Pipeline::new(vec![pass]);
        let before = module.clone();
        module = run(&pipeline, module);
        let input = move || before.clone();
        let pass = move |module| run(&pipeline, module);
        cases.push(Case::with_input(name(&what), input, pass));
        whats.push(what);
    }
    let all = Pipeline::optimised();
    let input = || source.clone();
    let passes = move |module| run(&all, module);
    cases.push(Case::with_input(name("passes"), input, passes));
    cases.push(Case::new(name("generate"), || {
        let mut codegen = CodeGenerator::new(Target::host());
        codegen.compile(&module).expect("a small frame")
    }));
    whats.extend(["passes".to_owned(), "generate".to_owned()]);
    whats.into_iter().zip(report(&mut cases, ROUNDS)).collect()
}

fn run(pipeline: &Pipeline, module: Module) -> Module {
    pipeline.run(module).expect("nobody interrupts")
}

/// The slope of the line through the points, on logarithmic axes, that comes
/// closest to them.
fn exponent(times: &[Duration]) -> f64 {
    let middle = (times.len() - 1) as f64 / 2.0;
    let (mut above, mut below) = (0.0, 0.0);
    for (index, time) in times.iter().enumerate() {
        let x = index as f64 - middle;
        above += x * time.as_secs_f64().log2();
        below += x * x;
    }
    above / below
}
