//! The command line of chapter 1, which this chapter's program has too: the
//! same tests, and the same recorded output.
//!
//! What shows IR and machine code is not among them, nor how symbols come
//! into being: there the chapters differ. And here a second definition is no
//! error.

#[path = "../../../chapter1/tests/common/mod.rs"]
mod common;

#[path = "../../../chapter1/tests/cli/conversations.rs"]
mod conversations;
#[path = "../../../chapter1/tests/cli/interrupt.rs"]
mod interrupt;
#[path = "../../../chapter1/tests/cli/limits.rs"]
mod limits;
#[path = "../../../chapter1/tests/cli/options.rs"]
mod options;
#[path = "../../../chapter1/tests/cli/pieces.rs"]
mod pieces;
#[path = "../../../chapter1/tests/cli/sources.rs"]
mod sources;
#[path = "../../../chapter1/tests/cli/streams.rs"]
mod streams;
