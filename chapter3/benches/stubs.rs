//! What stubs cost: `cargo bench -p chapter3 --bench stubs`.
//!
//! A call through a stub is compared with a direct one, in a loop of calls
//! with eight arguments. Where code lies makes more of a difference than
//! that, so each is tried at several places, and the best one counts.
//!
//! So is a function that calls itself: here, by a pointer of its version.
//!
//! A first call is compared with what it cannot do without: making the body,
//! and running code that no processor has seen before.

#[path = "../../chapter2/benches/interleaved/mod.rs"]
mod interleaved;

use chapter1::codegen::Target;
use chapter1::driver::{Driver, Function};
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, ExecutorAddr, Host, InProcess};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter1::orc::{SearchOrder, Visibility};
use chapter1::symbol::Symbol;
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::per_function;
use interleaved::{Case, medians};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// So often each runs.
const ROUNDS: usize = 15;

/// So many calls are made at a time.
const CALLS: u32 = 100_000;

/// What is computed by functions that call themselves.
const FIB: f64 = 25.0;

/// So many places are tried, each a few bytes after the one before.
const PLACES: usize = 8;

/// So many functions are called for the first time.
const FIRST: usize = 100;

/// All but inlining, which would leave no call.
const PASSES: [&str; 5] = ["mem2reg", "simplify", "simplifycfg", "gvn", "dce"];

fn main() {
    calls();
    self_calls();
    first_calls();
}

fn executor() -> Arc<dyn Executor> {
    let (host, config) = (Host::default(), MemoryConfig::default());
    let executor = InProcess::new(Target::host(), host, &config);
    Arc::new(executor.expect("there is memory"))
}

fn passes() -> Pipeline {
    Pipeline::named(&PASSES).expect("passes")
}

fn lazy(text: &str) -> Kaleidoscope<KaleidoscopeJit> {
    let partition = Box::new(per_function);
    let jit =
        chapter3::jit::KaleidoscopeJit::new(executor(), passes(), partition);
    run(jit, text)
}

fn eager(text: &str) -> Kaleidoscope<chapter2::jit::KaleidoscopeJit> {
    run(chapter2::jit::KaleidoscopeJit::new(executor(), passes()), text)
}

fn run<D: Driver>(jit: D, text: &str) -> Kaleidoscope<D> {
    let mut session = Kaleidoscope::new(jit);
    session.run(text).expect("a program");
    session
}

/// A function of one number.
type OfOne = Function<fn(f64) -> f64>;

/// A loop of calls, and the function that it calls, at the so manieth place.
fn program(place: usize) -> String {
    let mut text = String::new();
    for i in 0..place {
        write!(text, "def pad{i}(x) x; pad{i}(1);").expect("a string");
    }
    text + "def callee(a b c d e f g h) a + b + c + d + e + f + g + h;
        def loop(n) for i = 1, i < n in callee(i, n, i, n, i, n, i, n);
        callee(1, 2, 3, 4, 5, 6, 7, 8); loop(1);"
}

fn calls() {
    let n = f64::from(CALLS);
    let times = at_several_places(program, "loop", n);
    let [direct, stub] = times.map(|time| time / n);
    println!("  direct_call {direct:.3} ns");
    println!("  call_through_stub {stub:.3} ns");
    println!("  stub_to_direct {:.3} x", stub / direct);
}

/// A function that calls itself twice, at the so manieth place.
fn recursion(place: usize) -> String {
    let mut text = String::new();
    for i in 0..place {
        write!(text, "def pad{i}(x) x; pad{i}(1);").expect("a string");
    }
    text + "def fib(n) if n < 2 then n else fib(n - 1) + fib(n - 2); fib(1);"
}

fn self_calls() {
    let [direct, pointer] = at_several_places(recursion, "fib", FIB);
    println!("  fib_by_direct_calls {direct:.0} ns");
    println!("  fib_by_pointer {pointer:.0} ns");
    println!("  pointer_to_direct {:.3} x", pointer / direct);
}

/// How long a call of a function with `n` takes, as chapter 2 compiles it and
/// as this one does: the best of several places.
fn at_several_places(
    program: fn(usize) -> String,
    name: &str,
    n: f64,
) -> [f64; 2] {
    let eager: Vec<_> = (0..PLACES).map(|i| eager(&program(i))).collect();
    let lazy: Vec<_> = (0..PLACES).map(|i| lazy(&program(i))).collect();
    let direct = eager.iter().map(|session| session.jit.function(name));
    let stubs = lazy.iter().map(|session| session.jit.function(name));
    let functions: Vec<OfOne> =
        direct.chain(stubs).map(|it| it.expect("defined")).collect();
    let call = |function: &OfOne| function.call(n).expect("it ends");
    let case = |function| Case::new(name, move || call(function));
    let mut cases: Vec<Case<'_>> = functions.iter().map(case).collect();
    let times = medians(&mut cases, ROUNDS);
    let best = |times: &[Duration]| {
        let best = times.iter().min().expect("several places");
        best.as_nanos() as f64
    };
    let (direct, stubs) = times.split_at(PLACES);
    [best(direct), best(stubs)]
}

/// A function that calls many others, once each.
fn many() -> String {
    let mut text = String::new();
    for i in 0..FIRST {
        writeln!(text, "def f{i}(x y) if x < y then x*y+{i} else x;")
            .expect("a string");
    }
    text += "def all(x y) ";
    for i in 0..FIRST {
        write!(text, "f{i}(x, y) + ").expect("a string");
    }
    text + "0;"
}

/// Makes the body of a function; its stub does not come to know.
fn body(jit: &KaleidoscopeJit, name: &Symbol) -> ExecutorAddr {
    let bodies = jit.demand.bodies().id();
    let order = Arc::new([(bodies, Visibility::All)]) as SearchOrder;
    let found = jit.base().session.lookup(&order, std::slice::from_ref(name));
    found.expect("made")[0].address
}

fn first_calls() {
    let text = many();
    let names: Vec<Symbol> =
        (0..FIRST).map(|i| Symbol::new(&format!("f{i}"))).collect();
    // In both cases `all` is compiled, and so each function has a stub.
    let ready = || {
        let session = lazy(&text);
        body(&session.jit, &Symbol::new("all"));
        session
    };
    let mut cases = [
        Case::with_input("called", ready, |session| {
            let all = session.jit.function::<fn(f64, f64) -> f64>("all");
            all.expect("defined").call(1.0, 2.0).expect("it ends");
            session
        }),
        Case::with_input("looked up, then called", ready, |session| {
            for name in &names {
                let body = body(&session.jit, name);
                let executor = session.jit.base().session.executor();
                // SAFETY: it takes two numbers, and stays.
                unsafe { executor.call(body, &[1.0, 2.0]) }.expect("it ends");
            }
            session
        }),
    ];
    let times = medians(&mut cases, 10 * ROUNDS);
    let each = |time: Duration| time.as_nanos() as f64 / FIRST as f64;
    let (called, made) = (each(times[0]), each(times[1]));
    println!("  first_call {called:.0} ns");
    println!("  body_made_and_called {made:.0} ns");
    println!("  first_call_beyond_body {:.0} ns", called - made);
}
