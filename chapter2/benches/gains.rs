//! What each pass is good for: `cargo bench -p chapter2 --bench gains`, with
//! the names of programs for some only.
//!
//! Each program is compiled by the first few passes of `-O2`, one more each
//! time, and by all but those of one name. All of these run in turns.

mod interleaved;

use chapter1::codegen::Target;
use chapter1::driver::{Driver, Function};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Host, InProcess};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter2::jit::KaleidoscopeJit;
use chapter2::pipeline::{Level, Pipeline};
use interleaved::{Case, is_wanted, report};
use std::sync::Arc;

/// So often each runs.
const ROUNDS: usize = 9;

/// A program with a function `bench(n)`.
struct Program {
    name: &'static str,
    text: &'static str,
    n: f64,
}

macro_rules! program {
    ($name:literal, $n:expr) => {
        Program {
            name: $name,
            text: include_str!(concat!("programs/", $name, ".ks")),
            n: $n,
        }
    };
}

const PROGRAMS: [Program; 6] = [
    program!("mandelbrot", 60.0),
    program!("mandelbrot_operators", 60.0),
    program!("orbit", 4e5),
    program!("newton", 1e6),
    program!("reduction", 2e6),
    program!("fib", 26.0),
];

fn main() {
    let mut lines = Vec::new();
    for program in PROGRAMS.iter().filter(|it| is_wanted(it.name)) {
        lines.extend(measure(program));
    }
    println!("program                                      time to all passes");
    for line in lines {
        println!("{line}");
    }
}

/// Measures a program, and says how each way compares to all passes.
fn measure(program: &Program) -> Vec<String> {
    let Program { name, n, .. } = *program;
    let names = Level::O2.names();
    let mut ways: Vec<(String, Vec<&str>)> = Vec::new();
    for count in 0..=names.len() {
        let last = names[..count].last().unwrap_or(&"none");
        let way = format!("{name}_after_{count}_{last}");
        ways.push((way, names[..count].to_vec()));
    }
    let mut once: Vec<&str> = names.to_vec();
    once.sort_unstable();
    once.dedup();
    for pass in once {
        let others = names.iter().copied().filter(|&other| other != pass);
        ways.push((format!("{name}_without_{pass}"), others.collect()));
    }
    let functions = ways.into_iter().map(|(way, passes)| {
        let (session, bench) = compiled(program.text, &passes);
        (way, session, bench)
    });
    let functions: Vec<_> = functions.collect();
    let result = call(&functions[0].2, n);
    let mut cases = Vec::new();
    for (way, _, bench) in &functions {
        let run = move || {
            assert_eq!(call(bench, n).to_bits(), result.to_bits());
        };
        cases.push(Case::new(way.clone(), run));
    }
    let times = report(&mut cases, ROUNDS);
    let all = times[names.len()].as_secs_f64();
    let ways = functions.iter().map(|(way, ..)| way).zip(&times);
    ways.map(|(way, time)| format!("{way:<44} {:.3}", time.as_secs_f64() / all))
        .collect()
}

/// What is run.
type Bench = Function<fn(f64) -> f64>;

fn call(bench: &Bench, n: f64) -> f64 {
    bench.call(n).expect("it returns")
}

/// A program in a JIT with these passes, and its function.
fn compiled(
    text: &str,
    passes: &[&str],
) -> (Kaleidoscope<KaleidoscopeJit>, Bench) {
    let pipeline = Pipeline::named(passes).expect("passes of a level");
    let config = MemoryConfig::default();
    let executor = InProcess::new(Target::host(), Host::default(), &config);
    let executor = Arc::new(executor.expect("memory"));
    let mut session =
        Kaleidoscope::new(KaleidoscopeJit::new(executor, pipeline));
    session.run(text).expect("a valid program");
    let bench = session.jit.function("bench").expect("it is defined");
    (session, bench)
}
