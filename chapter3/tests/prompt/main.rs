//! The prompt of chapter 1, which this chapter's program has too: the same
//! tests, and the same recorded output. Commands that show code are not among
//! them.

#[path = "../../../chapter1/tests/common/mod.rs"]
mod common;

#[path = "../../../chapter1/tests/prompt/editing.rs"]
mod editing;
#[path = "../../../chapter1/tests/prompt/interrupt.rs"]
mod interrupt;
#[path = "../../../chapter1/tests/prompt/lines.rs"]
mod lines;
#[path = "../../../chapter1/tests/prompt/readme.rs"]
mod readme;
#[path = "../../../chapter1/tests/prompt/terminal.rs"]
mod terminal;
