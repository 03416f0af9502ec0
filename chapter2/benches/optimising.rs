//! What optimising costs, by the function's size: `cargo bench -p chapter2
//! --bench optimising`. The chapters take turns.

#[allow(dead_code, reason = "other benchmarks use the rest")]
#[path = "../../chapter1/benches/programs/mod.rs"]
mod programs;

mod interleaved;

use chapter1::driver::Driver;
use chapter1::executor::Host;
use chapter1::ir::Module;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::symbol::Symbol;
use chapter2::passes;
use chapter2::pipeline::Pipeline;
use interleaved::{Case, is_wanted, labels, report};

/// So often each runs.
const ROUNDS: usize = 301;

fn main() {
    let mandelbrot = include_str!("programs/mandelbrot.ks");
    let (escape, _) = mandelbrot.split_once("\n\ndef").expect("two of them");
    let mut texts =
        vec![("escape", escape.to_owned()), ("fib", FIB.to_owned())];
    for (name, size) in [("20", 20), ("134", 134), ("666", 666)] {
        texts.push((name, programs::function(size)));
    }
    let mut lines = Vec::new();
    for (name, text) in texts.iter().filter(|(name, _)| is_wanted(name)) {
        lines.push(measure(name, text));
    }
    println!("function   ratio");
    for line in lines {
        println!("{line}");
    }
}

const FIB: &str = "def fib(n) if n < 2 then n else fib(n-1) + fib(n-2);";

/// Measures both chapters from the text of a function to its code, and each
/// pass by itself. Says how the chapters compare.
fn measure(name: &str, text: &str) -> String {
    use chapter1::jit::KaleidoscopeJit as Before;
    use chapter2::jit::KaleidoscopeJit as Optimised;
    let host = Host::default;
    let mut module = programs::lower(text).pop().expect("one definition");
    let function = module.functions[0].name.clone();
    let mut before = warm(Before::in_process(host()).expect("memory"));
    let mut optimised = warm(Optimised::in_process(host()).expect("memory"));
    let mut cases = vec![
        Case::new(format!("{name}_chapter1"), || {
            compile(&mut before, text, &function);
        }),
        Case::new(format!("{name}_chapter2"), || {
            compile(&mut optimised, text, &function);
        }),
    ];
    let passes = passes::all();
    for (label, pass) in labels(&passes).into_iter().zip(passes) {
        let name = format!("{name}_{label}");
        let pipeline = Pipeline::new(vec![pass]);
        let before = module.clone();
        module = run(&pipeline, module);
        let input = move || before.clone();
        let pass = move |module| run(&pipeline, module);
        cases.push(Case::with_input(name, input, pass));
    }
    let times = report(&mut cases, ROUNDS);
    let ratio = times[1].as_secs_f64() / times[0].as_secs_f64();
    format!("{name:<10} {ratio:.2}")
}

fn run(pipeline: &Pipeline, module: Module) -> Module {
    pipeline.run(module).expect("nobody interrupts")
}

/// A session that has compiled something before.
fn warm<D: Driver>(jit: D) -> Kaleidoscope<D> {
    let mut session = Kaleidoscope::new(jit);
    session.run("def warm(x) x + 1; warm(1);").expect("a valid program");
    session
}

/// From the text to code that can be called, and away with it: there is room
/// for the next one.
fn compile<D: Driver>(
    session: &mut Kaleidoscope<D>,
    text: &str,
    function: &Symbol,
) {
    session.run(text).expect("a valid program");
    session.jit.lookup(function).expect("it compiles");
    session.undefine(function).expect("nobody uses it");
}
