//! Random valid modules, and an interpreter to say what they mean: what a
//! test of the code generator needs besides the code generator.
//!
//! [`modules`] is a proptest strategy of [`recipe::ModuleRecipe`]s; a recipe
//! is plain data that [`build`](recipe::ModuleRecipe::build) turns into a
//! valid module *whatever it contains*, so that proptest can shrink it freely.

// Each integration test is a crate that uses a part of this module.
#![allow(dead_code, unreachable_pub)]

pub mod build;
pub mod census;
pub mod interpreter;
mod plan;
pub mod recipe;
mod steps;

pub use interpreter::{RunError, run};
pub use recipe::{ModuleRecipe, Options, modules, numbers};

/// The host functions that generated modules call.
pub const HOST: [(&str, usize); 3] = [("sin", 1), ("fmod", 2), ("pow", 2)];

/// Calls one of [`HOST`].
pub fn host(name: &str, args: &[f64]) -> Option<f64> {
    match (name, args) {
        ("sin", [x]) => Some(x.sin()),
        ("fmod", [x, y]) => Some(x % y),
        ("pow", [x, y]) => Some(x.powf(*y)),
        _ => None,
    }
}
