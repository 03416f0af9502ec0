//! The command line.

use crate::codegen::Target;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// A just-in-time compiler for Kaleidoscope.
///
/// Evaluates the expressions in each FILE, one session for all of them, and
/// prints what they yield. Without a FILE, reads standard input.
#[derive(Parser, Clone, Debug)]
#[command(version, max_term_width = 90)]
#[command(after_help = "\
Exit status: 0 if every item was accepted and run, 1 if any was refused or \
failed, 2 if the command line is wrong.")]
pub struct Options {
    /// Kaleidoscope programs
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Show stages of compilation on standard error
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    pub emit: Vec<Emit>,

    /// Show what was compiled, and how long each phase took
    #[arg(long)]
    pub stats: bool,

    /// Tell on standard error what happens to each symbol, and why
    #[arg(long)]
    pub trace: bool,

    /// Generate code for `native`, `avx` or `sse2`
    #[arg(long, value_name = "SET", default_value = "native")]
    pub target_features: Target,

    /// Compile every definition, called or not, when a batch of them ends
    #[arg(long)]
    pub eager: bool,

    /// Let `extern` reach this symbol of the process; can be repeated
    ///
    /// It must be a function of as many doubles as the program declares, and
    /// return a double: nothing can check that.
    #[arg(long, value_name = "NAME")]
    pub allow_symbol: Vec<String>,
}

/// A stage of compilation that can be shown.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Emit {
    /// What the lexer makes of the text
    Tokens,
    /// The tree of each item
    Ast,
    /// The intermediate representation of each item
    Ir,
    /// The machine code of what is compiled
    Asm,
}
