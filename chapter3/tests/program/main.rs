//! What the program of this chapter shows that others do not.

#[path = "../../../chapter1/tests/common/mod.rs"]
mod common;

mod options;
mod prompt;
mod trace;
