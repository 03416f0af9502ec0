//! The prompt: its commands, by script, and line editing, in a terminal.

#[path = "../common/mod.rs"]
mod common;

mod commands;
mod editing;
mod interrupt;
mod lines;
mod readme;
mod terminal;
