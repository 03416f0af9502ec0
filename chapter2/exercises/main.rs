//! The exercises of chapter 2. They are made as those of chapter 1: for each
//! there is a directory with `starter`, `check`, `answer`, `almost` and
//! `yours`.

mod attempt;
mod clever;
mod entered;
mod forward;
mod minus;
mod strength;
mod tree;
#[path = "../../chapter1/exercises/verdict.rs"]
mod verdict;

// What chapter 1's tests have.
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../../chapter1/tests/compiled/mod.rs"]
mod compiled;
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../../chapter1/tests/differential/mod.rs"]
mod differential;
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../../chapter1/tests/program_gen/mod.rs"]
mod program_gen;
#[path = "../../chapter1/tests/property/mod.rs"]
mod property;
#[allow(dead_code, unused_imports, reason = "its tests run in chapter 1")]
#[path = "../../chapter1/tests/reference/mod.rs"]
mod reference;

use verdict::{Verdict, ensure, exercise};
