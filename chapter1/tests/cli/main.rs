//! The command line: options, bad input of every kind, limits, listings.

#[path = "../common/mod.rs"]
mod common;

mod limits;
mod listings;
mod options;
mod sources;
mod streams;
