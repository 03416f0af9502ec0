//! Chapter 2: layers compose.
//!
//! One layer more than chapter 1 has, between the user and the compiler:
//!
//! ```text
//! IR Module ──IrTransformLayer──▶ IR Module ──IrCompileLayer──▶ …
//! ```
//!
//! The layer applies a function to each module on its way down, and that
//! function is an optimiser. No program may notice: not one bit of what it
//! prints changes.
//!
//! | module | what it does |
//! |---|---|
//! | [`transform`] | the layer |
//! | [`jit`] | [`KaleidoscopeJit`](jit::KaleidoscopeJit) with that layer on top |
//! | [`optimiser`] | what becomes of a module, and what is taken for granted |
//! | [`modules`] | modules of several functions |
//! | [`parts`] | these functions as units of the session |
//! | [`pipeline`] | which passes run, in which order |
//! | [`options`], [`commands`] | what the prompt and the command line add |
//! | [`passes`] | the passes, a file each |
//! | [`analysis`] | what passes ask of a function: loops, uses |
//! | [`edit`] | how passes change one: values replaced, blocks removed |

pub mod analysis;
pub mod commands;
pub mod edit;
pub mod jit;
pub mod modules;
pub mod optimiser;
pub mod options;
pub mod parts;
pub mod passes;
pub mod pipeline;
pub mod transform;
