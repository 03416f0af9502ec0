//! The program of this chapter.

use chapter1::repl;
use chapter3::jit::KaleidoscopeJit;
use std::process::ExitCode;

fn main() -> ExitCode {
    repl::main::<KaleidoscopeJit>()
}
