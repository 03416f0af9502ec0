//! What it costs to run a program: in the tests' evaluator, as machine code,
//! and as machine code that keeps every value in memory.

#[allow(dead_code, unused_imports, reason = "its tests are not run here")]
#[path = "../tests/reference/mod.rs"]
mod reference;

use chapter1::driver::{Driver, Function};
use chapter1::executor::Host;
use chapter1::ir::parse_module;
use chapter1::jit::KaleidoscopeJit;
use chapter1::kaleidoscope::Kaleidoscope;
use divan::{Bencher, black_box};
use reference::{Limits, Outcome, Session};
use std::fmt::Write;

fn main() {
    divan::main();
}

/// A program that defines `bench()`, which is what there is to run.
struct Program {
    name: &'static str,
    text: fn() -> String,
}

const PROGRAMS: [Program; 4] = [
    Program {
        name: "fib",
        text: || {
            "def fib(n) if n < 2 then n else fib(n-1) + fib(n-2);
             def bench() fib(20);"
                .into()
        },
    },
    Program {
        name: "loop",
        text: || {
            "def sum(n) var s = 0 in (for i = 1, i < n in s = s + i*i) + s;
             def bench() sum(10000);"
                .into()
        },
    },
    // Four hundred steps at a point that belongs to the set.
    Program {
        name: "mandelbrot",
        text: || {
            let text = include_str!("../programs/mandelbrot.ks");
            let (kernel, _) = text.split_once("\n# Far points").expect("kept");
            format!("{kernel}\ndef bench() escape(0 - 0.2, 0.1, 400);")
        },
    },
    // A thousand calls of the smallest function.
    Program {
        name: "sq",
        text: || {
            "def sq(x) x*x;
             def bench() for i = 1, i < 1000 in sq(i);"
                .into()
        },
    },
];

const NAMES: [&str; 4] = ["fib", "loop", "mandelbrot", "sq"];

fn text(name: &str) -> String {
    let program = PROGRAMS.iter().find(|program| program.name == name);
    (program.expect("one of them").text)()
}

#[divan::bench(args = NAMES)]
fn evaluate(bencher: Bencher<'_, '_>, name: &str) {
    let limits = Limits { fuel: u64::MAX, depth: 1000 };
    let mut session = Session::new(limits);
    session.run(&text(name));
    bencher.bench_local(|| {
        let steps = session.run(black_box("bench();"));
        assert!(matches!(steps[0].outcome, Outcome::Value(_)));
    });
}

fn jit() -> Kaleidoscope<KaleidoscopeJit> {
    let jit = KaleidoscopeJit::in_process(Host::default());
    Kaleidoscope::new(jit.expect("memory"))
}

fn compiled(
    program: &mut Kaleidoscope<KaleidoscopeJit>,
    text: &str,
) -> Function<fn() -> f64> {
    program.run(text).expect("a valid program");
    program.jit.function("bench").expect("it is defined")
}

#[divan::bench(args = NAMES)]
fn call(bencher: Bencher<'_, '_>, name: &str) {
    let mut program = jit();
    let bench = compiled(&mut program, &text(name));
    bencher.bench_local(|| bench.call().expect("it returns"));
}

/// A JIT that has compiled something before.
fn warm() -> Kaleidoscope<KaleidoscopeJit> {
    let mut program = jit();
    program.run("def warm(x) x + 1; warm(1);").expect("a valid program");
    program
}

/// From the text to a function that can be called.
#[divan::bench(args = NAMES, sample_size = 1)]
fn compile(bencher: Bencher<'_, '_>, name: &str) {
    let text = text(name);
    bencher.with_inputs(warm).bench_local_values(|mut program| {
        let bench = compiled(&mut program, black_box(&text));
        (program, bench)
    });
}

/// The same for the smallest function by itself.
#[divan::bench(sample_size = 1)]
fn compile_sq(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(warm).bench_local_values(|mut program| {
        program.run(black_box("def sq(x) x*x;")).expect("a definition");
        let sq = program.jit.function::<fn(f64) -> f64>("sq");
        (sq.expect("it is defined"), program)
    });
}

/// A loop of so many steps z = zz + c, as IR: in SSA form, or with a stack
/// slot for each value, which is loaded before and stored behind everything.
#[divan::bench(args = ["registers", "memory"])]
fn orbit(bencher: Bencher<'_, '_>, place: &str) {
    let text = match place {
        "registers" => in_registers(),
        _ => in_memory(),
    };
    let program = jit();
    let module = parse_module(&text).expect("IR");
    program.jit.define_ir(module).expect("it is new");
    let orbit =
        program.jit.function::<fn(f64, f64, f64) -> f64>("orbit").expect("it");
    bencher.bench_local(|| orbit.call(-0.2, 0.1, 1000.0).expect("it returns"));
}

/// c is v0 + i v1, and v2 the number of steps; v3, v4, v5 are 0, 1, 2. At the
/// beginning of a step z is v6 + i v7, at its end v12 + i v15. v8 counts.
const STEP: [(usize, &str, usize, usize); 8] = [
    (9, "mul", 6, 6),
    (10, "mul", 7, 7),
    (11, "sub", 9, 10),
    (12, "add", 11, 0),
    (13, "mul", 6, 7),
    (14, "mul", 5, 13),
    (15, "add", 14, 1),
    (16, "add", 8, 4),
];

fn in_registers() -> String {
    let mut text = String::from(
        "function @orbit(f64, f64, f64) -> f64 {
         block0(v0: f64, v1: f64, v2: f64):
             v3 = const 0
             v4 = const 1
             v5 = const 2
             jump block1(v3, v3, v3)
         block1(v6: f64, v7: f64, v8: f64):\n",
    );
    for (to, op, a, b) in STEP {
        writeln!(text, "v{to} = {op} v{a}, v{b}").expect("a string");
    }
    text + "v17 = ult v16, v2
            branch v17, block1(v12, v15, v16), block2
         block2:
             v18 = add v12, v15
             return v18
         }"
}

fn in_memory() -> String {
    let mut text = String::from("function @orbit(f64, f64, f64) -> f64 {\n");
    for slot in 0..17 {
        writeln!(text, "s{slot} = slot f64").expect("a string");
    }
    text += "block0(v0: f64, v1: f64, v2: f64):
             v3 = const 0
             v4 = const 1
             v5 = const 2\n";
    for slot in 0..6 {
        writeln!(text, "store v{slot}, s{slot}").expect("a string");
    }
    text += "store v3, s6\nstore v3, s7\nstore v3, s8\n\
             jump block1\nblock1:\n";
    let mut v = 6;
    for (to, op, a, b) in STEP {
        let (left, right, result) = (v, v + 1, v + 2);
        v += 3;
        writeln!(
            text,
            "v{left} = load s{a}\nv{right} = load s{b}\n\
             v{result} = {op} v{left}, v{right}\nstore v{result}, s{to}"
        )
        .expect("a string");
    }
    for (from, to) in [(12, 6), (15, 7), (16, 8)] {
        writeln!(text, "v{v} = load s{from}\nstore v{v}, s{to}")
            .expect("a string");
        v += 1;
    }
    text + "v33 = load s16
            v34 = load s2
            v35 = ult v33, v34
            branch v35, block1, block2
         block2:
            v36 = load s12
            v37 = load s15
            v38 = add v36, v37
            return v38
         }"
}
