//! What whole runs of the program cost, against those of chapter 2: `cargo
//! bench -p chapter3 --bench lazy_process`, with the names of programs for
//! some only. The peaks of resident sizes are printed first.
//!
//! This executable is the program of both chapters: it runs itself, and an
//! environment variable says which it is to be. So one run of it measures
//! both, in turns.

#[path = "../../chapter1/benches/programs/generated.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod generated;
#[path = "../../chapter2/benches/interleaved/mod.rs"]
mod interleaved;

use chapter1::repl;
use generated::{Shape, chain, independent, not_taken};
use interleaved::{Case, is_wanted, report};
use std::fmt::Write;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

/// So often each runs.
const ROUNDS: usize = 5;

/// Says whose program this process is; if nobody's, it measures.
const ROLE: &str = "KS_BENCH_CHAPTER";

/// Who runs a program: the name, the chapter, and its options.
type Runner = (&'static str, &'static str, &'static [&'static str]);

const CHAPTER2: Runner = ("chapter2", "chapter2", &[]);
const CHAPTER3: Runner = ("chapter3", "chapter3", &[]);
const BOTH: &[Runner] = &[CHAPTER2, CHAPTER3];

/// Chapter 3's ways to say what is compiled with a function.
const PARTITIONS: &[Runner] = &[
    ("per_function", "chapter3", &["--partition=per-function"]),
    ("call_closure", "chapter3", &["--partition=call-closure"]),
    ("whole_module", "chapter3", &["--partition=whole-module"]),
];

/// A program, and who runs it.
struct Program {
    name: &'static str,
    text: fn() -> String,
    runners: &'static [Runner],
}

const fn program(
    name: &'static str,
    text: fn() -> String,
    runners: &'static [Runner],
) -> Program {
    Program { name, text, runners }
}

/// From small to large: the resident size of a process begins as that of the
/// one that starts it.
const PROGRAMS: &[Program] = &[
    program("one_expression", || "1;".into(), BOTH),
    program("one_of_1000", || one_called(1000), BOTH),
    program("not_taken_1000", || none_taken(1000), BOTH),
    program("way_of_1000", || way(1000), BOTH),
    program("partition_one_of_1000", || one_called(1000), PARTITIONS),
    program("partition_not_taken_1000", || none_taken(1000), PARTITIONS),
    program("partition_certain_1000", || certain(1000), PARTITIONS),
    program("all_of_1000", || shape(1000, 1, 0), BOTH),
    program("one_of_5000", || one_called(5000), BOTH),
    program("not_taken_5000", || none_taken(5000), BOTH),
    program("one_of_20000", || one_called(20_000), BOTH),
    program("not_taken_20000", || none_taken(20_000), BOTH),
    program("one_of_50000", || one_called(50_000), BOTH),
    program("not_taken_50000", || none_taken(50_000), BOTH),
    program("50_calls_of_5000", || shape(5000, 100, 10), BOTH),
];

fn main() -> ExitCode {
    match env::var(ROLE).as_deref() {
        Ok("chapter2") => repl::main::<chapter2::jit::KaleidoscopeJit>(),
        Ok("chapter3") => repl::main::<chapter3::jit::KaleidoscopeJit>(),
        _ => {
            measure();
            ExitCode::SUCCESS
        }
    }
}

fn measure() {
    let directory = tempfile::tempdir().expect("a directory");
    let wanted = || PROGRAMS.iter().filter(|program| is_wanted(program.name));
    println!("peak resident size");
    let mut runs = Vec::new();
    for program in wanted() {
        let file = directory.path().join(format!("{}.ks", program.name));
        fs::write(&file, (program.text)()).expect("written");
        for runner in program.runners {
            let run = Run::new(program, runner, &file);
            println!("  {} {} KiB", run.name, run.once());
            runs.push(run);
        }
    }
    println!("time");
    // Those who run the same program take turns.
    for program in wanted() {
        let of_program = |run: &&Run| {
            run.file.file_stem().is_some_and(|stem| stem == program.name)
        };
        let cases = runs.iter().filter(of_program);
        let cases = cases.map(|run| Case::new(&run.name, || run.once()));
        let mut cases: Vec<Case<'_>> = cases.collect();
        report(&mut cases, ROUNDS);
    }
}

/// Functions that know nothing of each other, one of them called.
fn one_called(functions: usize) -> String {
    independent(functions) + &format!("f{}(2, 1);", functions - 1)
}

/// Each calls the one before if its first argument is not less than the
/// second, and the last is called with one that is.
fn none_taken(functions: usize) -> String {
    not_taken(functions) + &format!("f{}(1, 2);", functions - 1)
}

/// The same way taken to its end: every function calls another, once.
fn way(functions: usize) -> String {
    chain(functions) + &format!("f{}(1, 2);", functions - 1)
}

/// Each calls the one before whatever happens.
fn certain(functions: usize) -> String {
    let mut text = "def f0(x y) x;\n".to_owned();
    for i in 1..functions {
        let callee = i - 1;
        writeln!(text, "def f{i}(x y) f{callee}(x - y, y) * x + {i};")
            .expect("a string");
    }
    text + &format!("f{}(1, 2);", functions - 1)
}

/// The program of LLVM's script.
fn shape(functions: usize, a_call: usize, call_percent: u64) -> String {
    let functions_a_call = a_call;
    let statements = 10;
    Shape { functions, statements, functions_a_call, call_percent }.program()
}

/// A program in a file, and who runs it.
struct Run {
    name: String,
    chapter: &'static str,
    options: &'static [&'static str],
    file: PathBuf,
}

impl Run {
    fn new(program: &Program, runner: &Runner, file: &Path) -> Run {
        let (who, chapter, options) = *runner;
        let name = format!("{}_{who}", program.name);
        Run { name, chapter, options, file: file.to_owned() }
    }

    /// Runs it, and returns the peak of its resident size in KiB.
    #[expect(clippy::zombie_processes, reason = "`wait4` waits for it")]
    fn once(&self) -> i64 {
        let child = Command::new(env::current_exe().expect("it runs"))
            .env(ROLE, self.chapter)
            .args(self.options)
            .arg(&self.file)
            .stdout(Stdio::null())
            .spawn()
            .expect("started");
        let mut status = 0;
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        let id = child.id() as i32;
        // SAFETY: both pointers are to values that live long enough; the
        // child is ours, and nobody else waits for it.
        let usage = unsafe {
            let waited = libc::wait4(id, &mut status, 0, usage.as_mut_ptr());
            assert_eq!((waited, status), (id, 0), "it runs to a good end");
            usage.assume_init()
        };
        usage.ru_maxrss
    }
}
