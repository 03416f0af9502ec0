//! `--eager`: definitions that are compiled when their batch ends.

use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::Source;

/// The definitions of the present batch: those of earlier pieces of text, and
/// those of the present piece.
#[derive(Default)]
pub(super) struct Batch {
    pieces: Vec<Piece>,
    defined: Vec<Defined>,
}

/// A function, and its prototype's place in the text.
pub(super) type Defined = (Symbol, Span);

/// A piece of text, kept for messages about its definitions.
struct Piece {
    name: String,
    text: String,
    start: (usize, usize),
    defined: Vec<Defined>,
}

impl Batch {
    /// Adds a definition of the present piece.
    pub(super) fn add(&mut self, name: Symbol, prototype: Span) {
        self.defined.push((name, prototype));
    }

    /// Keeps the present piece of text, if it has definitions: the next one
    /// is about to come.
    pub(super) fn keep(&mut self, source: &Source<'_>) {
        if !self.defined.is_empty() {
            self.pieces.push(Piece {
                name: source.name.to_owned(),
                text: source.text.to_owned(),
                start: source.start(),
                defined: std::mem::take(&mut self.defined),
            });
        }
    }

    /// Ends the batch: calls `compile` with each of its definitions, the last
    /// of which are in `source`.
    pub(super) fn end(
        self,
        source: &Source<'_>,
        mut compile: impl FnMut(Defined, &Source<'_>),
    ) {
        for Piece { name, text, start, defined } in self.pieces {
            let source = Source::piece(&name, &text, start);
            defined.into_iter().for_each(|d| compile(d, &source));
        }
        self.defined.into_iter().for_each(|d| compile(d, source));
    }
}
