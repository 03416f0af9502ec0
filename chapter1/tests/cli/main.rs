//! The command line: options, bad input of every kind, limits, listings.

#[path = "../common/mod.rs"]
mod common;

mod conversations;
mod duplicates;
mod interrupt;
mod limits;
mod listings;
mod options;
mod pieces;
mod sources;
mod streams;
mod trace;
