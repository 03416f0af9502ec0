//! Chapter 3: compile what runs.
//!
//! One layer more than chapter 2 has, on top: a definition waits there until
//! it is called. And so it can change afterwards.
//!
//! ```text
//!              first call            lookup            from here on, chapter 2
//! call ──▶ stub ──▶ resolver ──▶ CompileOnDemandLayer ──▶ IrTransformLayer ──▶ …
//!            └────────────────────────▶ body        every later call
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`stubs`] | permanent addresses, byte by byte |
//! | [`table`] | whose they are, and where they lead |
//! | [`compile_on_demand`] | the layer: from a first call to a body |
//! | `reexports` | public symbols that are stubs |
//! | [`redefine`] | definitions that come, change and go |
//! | [`partition`] | what is compiled together |
//! | [`modules`] | what stands together |
//! | [`nearby`] | the optimiser, one function at a time |
//! | [`self_calls`] | recursion that stays in its version |
//! | [`jit`] | [`KaleidoscopeJit`](jit::KaleidoscopeJit) with that layer on top |
//! | [`options`], [`commands`] | what the prompt and the command line add |
//! | `trace` | what `--trace` tells of it |

pub mod commands;
pub mod compile_on_demand;
pub mod jit;
pub mod modules;
pub mod nearby;
pub mod options;
pub mod partition;
pub mod redefine;
mod reexports;
pub mod self_calls;
pub mod stubs;
pub mod table;
mod trace;
