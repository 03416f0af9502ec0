//! What `--emit` and `--stats` show.

use super::Chapter;
use super::options::{Emit, Options};
use super::report::write;
use crate::ir::Module;
use crate::span::Span;
use crate::syntax::diagnostics::cut;
use crate::syntax::print::PrintItem;
use crate::syntax::{Ast, Item, Lexer, Source, Token};
use crate::timing::Phase;
use std::time::Duration;

/// Which stages are shown.
#[derive(Clone, Copy, Default)]
pub(super) struct Stages {
    tokens: bool,
    ast: bool,
    ir: bool,
    pub(super) asm: bool,
}

impl Stages {
    pub(super) fn new(options: &Options) -> Stages {
        let shown = |stage| options.emit.contains(&stage);
        Stages {
            tokens: shown(Emit::Tokens),
            ast: shown(Emit::Ast),
            ir: shown(Emit::Ir),
            asm: shown(Emit::Asm),
        }
    }

    /// Shows the tokens of an item's text.
    pub(super) fn tokens(self, source: &Source<'_>, text: Span) {
        if self.tokens {
            write(&tokens(source, text));
        }
    }

    pub(super) fn ast(self, ast: &Ast, item: &Item) {
        if self.ast {
            write(&format!("{}\n", PrintItem(ast, item)));
        }
    }

    pub(super) fn ir(self, module: &Module) {
        if self.ir {
            write(&module.to_string());
        }
    }
}

fn tokens(source: &Source<'_>, text: Span) -> String {
    let mut lexer = Lexer::new(&source.text[text.range()]);
    let mut lines = String::new();
    loop {
        let (token, span) = lexer.token();
        if token == Token::End {
            return lines;
        }
        let start = (text.start + span.start) as usize;
        let end = (text.start + span.end) as usize;
        let (line, column) = source.position(start);
        let place = format!("{line}:{column}");
        let name = format!("{token:?}");
        let token = cut(&source.text[start..end]);
        lines += &format!("{place:>6}  {name:<10}  {token}\n");
    }
}

/// Shows what was compiled, and how long that took.
pub(super) fn print_stats(driver: &impl Chapter) {
    let counts = driver.counts();
    let mut text = format!(
        "functions defined   {:>12}\n\
         functions compiled  {:>12}\n\
         bytes of code       {:>12}\n",
        counts.defined, counts.compiled, counts.code_bytes
    );
    for phase in Phase::ALL {
        text += &time(phase.name(), driver.base().phases.spent(phase));
    }
    write(&(text + &driver.more_stats()));
}

/// A line of a table that says how long something took.
pub fn time(what: &str, spent: Duration) -> String {
    let spent = format!("{:.1} µs", spent.as_secs_f64() * 1e6);
    format!("{what:<18}  {spent:>12}\n")
}
