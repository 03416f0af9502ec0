//! Chapter 1: an eager JIT for Kaleidoscope.

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!(
    "this JIT emits x86-64 machine code and uses Linux system calls: \
     build it for x86_64-unknown-linux-gnu"
);

pub mod codegen;
pub mod definitions;
pub mod executor;
pub mod ir;
pub mod jit;
pub mod link;
pub mod recursion;
pub mod repl;
pub mod span;
pub mod symbol;
pub mod syntax;
pub mod timing;
