//! What programs take, against the same programs in C: `cargo bench -p
//! chapter2 --bench against_c`, with the names of programs for some only.
//!
//! The C is compiled by `clang`, or by `gcc` or `cc` if there is none, to a
//! library that this process loads. All who run a program take turns, and all must
//! have the same result, to the last bit.

mod interleaved;

use chapter1::driver::{Driver, Function};
use chapter1::executor::Host;
use chapter1::kaleidoscope::Kaleidoscope;
use chapter2::jit::KaleidoscopeJit;
use interleaved::{Case, is_wanted, report};
use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, mem};

/// So often each runs.
const ROUNDS: usize = 11;

/// A program with a function `bench(n)`, in both languages.
struct Program {
    name: &'static str,
    c: &'static str,
    n: f64,
    /// The greatest ratio to C, compiled by `clang -O2`, that is aimed at.
    aim: f64,
}

const fn program(
    name: &'static str,
    c: &'static str,
    n: f64,
    aim: f64,
) -> Program {
    Program { name, c, n, aim }
}

const PROGRAMS: [Program; 7] = [
    program("product", "product", 1e4, 1.05),
    program("orbit", "orbit", 5e6, 1.05),
    program("reduction", "reduction", 1e8, 1.05),
    program("mandelbrot", "mandelbrot", 300.0, 1.05),
    program("mandelbrot_operators", "mandelbrot", 300.0, 1.20),
    program("newton", "newton", 4e7, 1.20),
    program("fib", "fib", 38.0, 0.75),
];

/// The ways to compile C, by what the data files call them.
const WAYS: [(&str, &[&str]); 2] = [
    ("c", &["-O2"]),
    ("c_native", &["-O2", "-march=native", "-ffp-contract=off"]),
];

fn main() {
    let compiler = Compiler::find();
    println!("C by {}", compiler.version);
    let mut lines = Vec::new();
    for program in PROGRAMS.iter().filter(|it| is_wanted(it.name)) {
        lines.push(measure(program, &compiler));
    }
    println!("program              -O2   native aim");
    for line in lines {
        println!("{line}");
    }
}

/// Measures a program, and says how it compares.
fn measure(program: &Program, compiler: &Compiler) -> String {
    let Program { name, c, n, aim } = *program;
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let text = fs::read_to_string(here.join(format!("programs/{name}.ks")));
    let text = text.expect("there is a program");
    let before = compiled::<chapter1::jit::KaleidoscopeJit>(
        chapter1::jit::KaleidoscopeJit::in_process(Host::default()),
        &text,
    );
    let optimised = compiled::<KaleidoscopeJit>(
        KaleidoscopeJit::in_process(Host::default()),
        &text,
    );
    let source = here.join(format!("c/{c}.c"));
    let libraries = WAYS.map(|(_, options)| compiler.compile(&source, options));

    let result = libraries[0].call(n);
    let check = |found: f64| assert_eq!(found.to_bits(), result.to_bits());
    let call = |function: &Bench| {
        check(function.call(n).expect("it returns"));
    };
    let mut cases = vec![
        Case::new(format!("{name}_chapter1"), || call(&before.1)),
        Case::new(format!("{name}_chapter2"), || call(&optimised.1)),
    ];
    for ((way, _), library) in WAYS.iter().zip(&libraries) {
        let run = move || check(library.call(n));
        cases.push(Case::new(format!("{name}_{way}"), run));
    }
    let times = report(&mut cases, ROUNDS);
    let ratio = |to: usize| times[1].as_secs_f64() / times[to].as_secs_f64();
    format!("{name:<20} {:.3} {:.3}  {aim:.2}", ratio(2), ratio(3))
}

/// What is run.
type Bench = Function<fn(f64) -> f64>;

/// A program in a JIT, and its function.
fn compiled<D: Driver>(
    jit: Result<D, impl std::fmt::Debug>,
    text: &str,
) -> (Kaleidoscope<D>, Bench) {
    let mut program = Kaleidoscope::new(jit.expect("memory"));
    program.run(text).expect("a valid program");
    let bench = program.jit.function("bench").expect("it is defined");
    (program, bench)
}

/// The machine's C compiler.
struct Compiler {
    command: &'static str,
    version: String,
    directory: tempfile::TempDir,
}

impl Compiler {
    fn find() -> Compiler {
        let version = |command: &&'static str| {
            let output =
                Command::new(command).arg("--version").output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            Some((*command, text.lines().next()?.to_owned()))
        };
        let found = ["clang", "gcc", "cc"].iter().find_map(version);
        let (command, version) = found.expect("there is a C compiler");
        let directory = tempfile::tempdir().expect("a directory");
        Compiler { command, version, directory }
    }

    fn compile(&self, source: &Path, options: &[&str]) -> Library {
        let stem = source.file_stem().expect("a file").to_string_lossy();
        let name = format!("{stem}{}.so", options.concat());
        let library = self.directory.path().join(name);
        let status = Command::new(self.command)
            .args(options)
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .status();
        assert!(status.expect("it starts").success(), "{source:?}");
        Library::load(library)
    }
}

/// A library with a function `bench`. It stays loaded.
struct Library {
    bench: extern "C" fn(f64) -> f64,
}

impl Library {
    fn load(path: PathBuf) -> Library {
        let path = CString::new(path.as_os_str().as_bytes()).expect("no zero");
        // SAFETY: both are strings of C. The library has been compiled from
        // our own source, and loading it runs nothing.
        let bench = unsafe {
            let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
            assert!(!library.is_null(), "{}", error());
            libc::dlsym(library, c"bench".as_ptr())
        };
        assert!(!bench.is_null(), "it has the function");
        // SAFETY: it has this type in each of the sources.
        let bench = unsafe {
            mem::transmute::<*mut c_void, extern "C" fn(f64) -> f64>(bench)
        };
        Library { bench }
    }

    fn call(&self, n: f64) -> f64 {
        (self.bench)(n)
    }
}

/// Why loading has failed.
fn error() -> String {
    // SAFETY: asked for after a failure, so it is a string, which stays until
    // the next one.
    let text = unsafe { CStr::from_ptr(libc::dlerror()) };
    text.to_string_lossy().into_owned()
}
