//! The pass manager, modules of several functions, and what is taken for
//! granted: from the command line and from the library.

#[path = "../../../chapter1/tests/common/mod.rs"]
mod common;

mod options;
mod parts;
mod prompt;
mod purity;
