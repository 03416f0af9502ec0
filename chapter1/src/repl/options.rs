//! The command line.

use super::{Chapter, help};
use crate::codegen::Target;
use crate::executor::memory::{MappingChoice, MemoryConfig};
use crate::executor::{Host, InProcess};
use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use clap_complete::aot::{Bash, Fish, Zsh, generate};
use std::path::PathBuf;
use std::sync::Arc;

/// A just-in-time compiler for Kaleidoscope.
///
/// Evaluates the expressions in each FILE, one session for all of them, and
/// prints what they yield. Without a FILE, reads standard input: a terminal
/// gets a prompt with line editing and commands (`:help` lists them).
#[derive(Parser)]
#[command(max_term_width = 90)]
pub(super) struct CommandLine<E: Args> {
    #[command(flatten)]
    pub(super) options: Options,
    #[command(flatten)]
    pub(super) own: E,
}

/// The options of all chapters.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Kaleidoscope programs
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    /// Read standard input by the rules of the prompt, after the FILEs
    ///
    /// A line that completes an item ends it, commands work, errors do not
    /// change the exit status. Line editing is for terminals: this is for
    /// scripts.
    #[arg(long, short)]
    pub interactive: bool,

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

    /// Name the compiled functions in /tmp/perf-PID.map, for `perf report`
    ///
    /// Try `perf record --call-graph fp` with this. Code is then placed in
    /// pages of its own, since `perf` looks for names of anonymous memory
    /// only: compiling takes longer, running does not.
    #[arg(long)]
    pub perf_map: bool,

    /// Print what a shell needs to complete these options, and end
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,
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

/// A shell that can complete options.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shell {
    /// `source <(… --completions bash)`
    Bash,
    /// A file `_NAME` in a directory of `fpath`
    Zsh,
    /// `… --completions fish | source`
    Fish,
}

impl Options {
    /// The executor that the options ask for: this process.
    ///
    /// # Errors
    /// If there can be none, in words for the user.
    pub fn executor(&self) -> Result<Arc<InProcess>, String> {
        let target = self.target_features;
        if !target.runs_here() {
            return Err(format!("this processor has no {target} instructions"));
        }
        let mut host = Host::default();
        for name in &self.allow_symbol {
            host.allow(name).map_err(|error| error.to_string())?;
        }
        let mut memory = MemoryConfig::default();
        if self.perf_map {
            // Code in a mapped file, `perf` thinks, has its names there.
            memory.mapping = MappingChoice::Segmented;
        }
        let executor = InProcess::new(target, host, &memory);
        executor.map(Arc::new).map_err(|error| error.to_string())
    }
}

/// Reads the command line. Does not return if it is wrong, or asks for help.
pub(super) fn parse<D: Chapter>() -> CommandLine<D::Options> {
    let matches = command::<D>().get_matches();
    let line = CommandLine::from_arg_matches(&matches);
    line.unwrap_or_else(|error| error.exit())
}

fn command<D: Chapter>() -> clap::Command {
    CommandLine::<D::Options>::command()
        .name(D::NAME)
        .version(D::VERSION)
        .after_help(help::SHORT)
        .after_long_help(help::long(D::NAME))
}

/// What a shell needs to complete a chapter's options.
pub(super) fn completions<D: Chapter>(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let mut command = command::<D>();
    match shell {
        Shell::Bash => generate(Bash, &mut command, D::NAME, &mut script),
        Shell::Zsh => generate(Zsh, &mut command, D::NAME, &mut script),
        Shell::Fish => generate(Fish, &mut command, D::NAME, &mut script),
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::KaleidoscopeJit;

    #[test]
    fn the_command_line_is_well_formed() {
        command::<KaleidoscopeJit>().debug_assert();
    }
}
