//! The program of this chapter, which calls the library.

use chapter1::jit::KaleidoscopeJit;
use chapter1::repl;
use std::process::ExitCode;

fn main() -> ExitCode {
    repl::main::<KaleidoscopeJit>()
}
