//! Chapter 1: an eager JIT for Kaleidoscope.
//!
//! The way of a program:
//!
//! ```text
//! source ──syntax──▶ AST ──lower──▶ IR Module ──codegen──▶ LinkGraph ──link──▶ executor memory ──▶ call
//! ```
//!
//! Data flows from left to right only: the parser knows nothing of the IR's
//! consumers, the code generator nothing of addresses, the linker nothing of
//! Kaleidoscope. [`orc`] decides when each arrow is taken; the arrows know
//! nothing of it.
//!
//! | module | what it does |
//! |---|---|
//! | [`syntax`] | text to tree, and messages that point at the text |
//! | [`ir`] | SSA with block parameters: lowering, text form, verifier |
//! | [`codegen`] | IR to machine code: block order, registers, emission |
//! | [`link`] | places for code, and addresses in it |
//! | [`executor`] | memory that runs, host functions, the call itself |
//! | [`orc`] | the session: which symbols there are, who produces them, who waits |
//! | [`jit`] | [`KaleidoscopeJit`](jit::KaleidoscopeJit): this chapter's layers, put together |
//! | [`driver`] | a JIT as its users see it: define, evaluate, call, remove |
//! | [`definitions`] | what the user has defined, from what, and who calls whom |
//! | [`kaleidoscope`] | source text in, values out |
//! | [`repl`] | files, pipes and the prompt, options, answers: what the binary does |
//! | [`cancel`] | the wish to stop, which everything that may take long looks at |
//! | [`symbol`], [`span`], [`recursion`], [`timing`] | what the others share |

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!(
    "this JIT emits x86-64 machine code and uses Linux system calls: \
     build it for x86_64-unknown-linux-gnu"
);

pub mod cancel;
pub mod codegen;
pub mod definitions;
pub mod driver;
pub mod executor;
pub mod ir;
pub mod jit;
pub mod kaleidoscope;
pub mod link;
pub mod orc;
pub mod recursion;
pub mod repl;
pub mod span;
pub mod symbol;
pub mod syntax;
pub mod timing;
