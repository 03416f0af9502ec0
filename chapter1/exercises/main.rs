//! The exercises of chapter 1.
//!
//! Each has a directory:
//!
//! | file | what it has |
//! |---|---|
//! | `check` | what is asked for, as a test of an attempt |
//! | `starter` | what there is to begin with; the check refuses it |
//! | `answer` | an attempt that the check accepts |
//! | `almost` | one that it refuses, for a mistake that is easily made |
//! | `yours` | yours; as long as you have not begun, the starter |

mod cache;
mod constants;
mod fold;
mod loops;
mod objects;
mod pool;
mod reach;
mod stack;
mod verdict;

// What the crate's tests have.
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../tests/differential/mod.rs"]
mod differential;
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../tests/program_gen/mod.rs"]
mod program_gen;
#[path = "../tests/property/mod.rs"]
mod property;
#[path = "../tests/reference/mod.rs"]
mod reference;
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../tests/orc/support.rs"]
mod support;

use verdict::{Verdict, ensure, exercise};
