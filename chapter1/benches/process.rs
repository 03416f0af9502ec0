//! What whole runs of the program cost: `cargo bench -p chapter1 --bench
//! process`. The resident sizes are printed first.

#[path = "programs/generated.rs"]
mod generated;

use divan::Bencher;
use generated::{Shape, chain, expressions, independent, not_taken};
use std::fs;
use std::mem::MaybeUninit;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The program of the chapter whose benchmark this is: later chapters have it,
/// too.
const BINARY: &str = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));

fn main() {
    println!("peak resident size");
    for case in CASES {
        let run = Run::new(case);
        println!("  {:<24} {:>6} KiB", case.name, run.once());
    }
    divan::main();
}

/// A program and how to run it.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    program: fn() -> String,
}

const CASES: &[Case] = &[
    Case { name: "one expression", arguments: &[], program: || "1;".into() },
    Case {
        name: "1000 functions, 1000 calls",
        arguments: &[],
        program: || shape(1000, 1, 0).program(),
    },
    Case {
        name: "5000 functions, 50 calls",
        arguments: &[],
        program: || shape(5000, 100, 10).program(),
    },
    Case {
        name: "50000 independent, eager",
        arguments: &["--eager"],
        program: || independent(50_000),
    },
    Case {
        name: "50000 in a chain, eager",
        arguments: &["--eager"],
        program: || chain(50_000),
    },
    Case {
        name: "50000 in a chain, called",
        arguments: &[],
        program: || chain(50_000) + "f49999(2, 1);",
    },
    Case {
        name: "50000 independent, one called",
        arguments: &[],
        program: || independent(50_000) + "f49999(2, 1);",
    },
    Case {
        name: "50000 in a chain, none taken",
        arguments: &[],
        program: || not_taken(50_000) + "f49999(1, 2);",
    },
    Case {
        name: "100000 expressions",
        arguments: &[],
        program: || expressions(100_000),
    },
];

fn shape(
    functions: usize,
    functions_a_call: usize,
    call_percent: u64,
) -> Shape {
    Shape { functions, statements: 10, functions_a_call, call_percent }
}

#[divan::bench(args = CASES.iter().map(|case| case.name), sample_count = 9)]
fn process(bencher: Bencher<'_, '_>, name: &str) {
    let case = CASES.iter().find(|case| case.name == name);
    let run = Run::new(case.expect("one of them"));
    bencher.bench(|| run.once());
}

/// A program in a file.
struct Run {
    arguments: &'static [&'static str],
    file: PathBuf,
    _directory: TempDir,
}

impl Run {
    fn new(case: &Case) -> Run {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("program.ks");
        fs::write(&file, (case.program)()).expect("written");
        Run { arguments: case.arguments, file, _directory: directory }
    }

    /// Runs it, and returns the peak of its resident size in KiB.
    #[expect(clippy::zombie_processes, reason = "`wait4` waits for it")]
    fn once(&self) -> i64 {
        let child = Command::new(BINARY)
            .args(self.arguments)
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
