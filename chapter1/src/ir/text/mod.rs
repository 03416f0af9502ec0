//! The text form of the IR, which can be printed and read back.
//!
//! [`Display`](std::fmt::Display) writes it, [`parse_module`] reads it:
//!
//! ```text
//! function @sq(f64) -> f64 {
//!     s0 = slot f64                   # what the function declares
//!     fn0 = function @"binary|"(f64, f64) -> f64
//!     fn1 = runtime @count(bool)
//! block0(v0: f64):                    # the entry
//!     store v0, s0
//!     v1 = load s0
//!     v2 = const 1.5
//!     v3 = ult v1, v2                 # ult, oge, one, ueq
//!     v4 = select v3, v1, v2
//!     v5 = add v4, v2                 # add, sub, mul, div
//!     v6 = call fn0(v5, v1)
//!     call fn1(v3)
//!     branch v3, block1(v6), block2
//! block1(v7: f64):
//!     jump block2
//! block2:
//!     return v1
//! }
//! ```
//!
//! Text is free of layout: blank space separates, `#` begins a comment. An
//! index in the text is the index in the tables, so parsing what was printed
//! restores it; what a pass has removed is not printed, and comes back as a
//! [`ValueDef::Detached`](super::ValueDef::Detached) value or an empty block.
//! Spans are not part of the text.

mod lexer;
mod operation;
mod parse;
mod print;
mod read;

#[cfg(test)]
mod tests;

pub use parse::parse_module;
pub use print::DisplayInst;
pub(super) use print::Name;
pub use read::ParseError;
