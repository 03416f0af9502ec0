//! A session: takes one item after the other from a text, and answers each.

use super::emit::{Stages, show};
use super::options::Options;
use super::report::Reporter;
use crate::codegen::listing::Listing;
use crate::driver::Driver;
use crate::executor::output;
use crate::kaleidoscope::{Answer, Kaleidoscope, explain};
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::{Item, Parsed, Parser, Source};

/// A JIT that understands Kaleidoscope, and a user who gets answers.
pub struct Session<D> {
    /// The JIT.
    pub program: Kaleidoscope<D>,
    stages: Stages,
    /// Whether definitions are compiled before they are called.
    is_eager: bool,
    /// The definitions of the present batch, to be compiled at its end: those
    /// of earlier pieces of text, and those of the present piece.
    batch: Vec<Piece>,
    defined: Vec<(Symbol, Span)>,
    pub(super) reporter: Reporter,
}

/// A piece of text, kept for messages about its definitions.
struct Piece {
    name: String,
    text: String,
    start: (usize, usize),
    defined: Vec<(Symbol, Span)>,
}

impl<D: Driver> Session<D> {
    /// A session without definitions.
    pub fn new(jit: D, options: &Options) -> Session<D> {
        let stages = Stages::new(options);
        if stages.asm {
            jit.observe(Box::new(|module, graph| {
                show(Listing::new(graph, module).to_string());
            }));
        }
        Session {
            program: Kaleidoscope::new(jit),
            stages,
            is_eager: options.eager,
            batch: Vec::new(),
            defined: Vec::new(),
            reporter: Reporter::default(),
        }
    }

    /// The JIT.
    pub fn jit(&self) -> &D {
        &self.program.jit
    }

    /// Whether any item was refused or failed.
    pub fn has_failed(&self) -> bool {
        self.reporter.has_failed()
    }

    /// Handles the items in a piece of text from the byte `start` on, and
    /// returns where the last of them ends. If the piece is not the last, an
    /// item that might go on in the next one is left alone.
    pub fn run(
        &mut self,
        source: &Source<'_>,
        start: usize,
        is_last: bool,
    ) -> usize {
        self.run_with(source, start, is_last, |session, answer| {
            session.show(answer, source);
        })
    }

    /// The same, but `show` gets the answers instead of the user.
    pub fn run_with(
        &mut self,
        source: &Source<'_>,
        start: usize,
        is_last: bool,
        mut show: impl FnMut(&mut Session<D>, Answer),
    ) -> usize {
        let complete = &source.text[..source.end];
        let mut parser = Parser::starting_at(complete, start);
        let mut consumed = start;
        loop {
            let parsed = self.program.parse(&mut parser);
            // Between two items, nothing is open.
            let is_item = !matches!(parsed, Parsed::End);
            if is_item && !is_last && parser.is_open() {
                self.program.take_back();
                self.keep(source);
                return consumed;
            }
            let text = Span::new(consumed, parser.consumed());
            consumed = parser.consumed();
            self.stages.tokens(source, text);
            let answer = match parsed {
                Parsed::End => {
                    if is_last {
                        self.end_batch(source);
                    }
                    self.keep(source);
                    return consumed + blank_prefix(&complete[consumed..]);
                }
                Parsed::Ignored(warning) => Answer::Ignored(warning),
                Parsed::Refused(error) => {
                    Answer::Refused(vec![error.diagnostic()])
                }
                Parsed::Item(item) => self.item(&item, source, text),
            };
            show(self, answer);
        }
    }

    fn item(&mut self, item: &Item, source: &Source<'_>, text: Span) -> Answer {
        let stages = self.stages;
        stages.ast(&self.program.ast, item);
        if let Item::Expression { .. } = item {
            self.end_batch(source);
        }
        let text = &source.text[text.range()];
        let answer = self.program.accept(item, text, |ir| stages.ir(ir));
        if self.is_eager
            && let Item::Definition { prototype, .. } = item
            && let Answer::Defined(name) = &answer
        {
            self.defined.push((name.clone(), prototype.span));
        }
        answer
    }

    /// Keeps a piece of text whose definitions are still to be compiled.
    fn keep(&mut self, source: &Source<'_>) {
        if !self.defined.is_empty() {
            self.batch.push(Piece {
                name: source.name.to_owned(),
                text: source.text.to_owned(),
                start: source.start(),
                defined: std::mem::take(&mut self.defined),
            });
        }
    }

    /// Compiles the definitions of a batch, the last of which are in
    /// `source`.
    fn end_batch(&mut self, source: &Source<'_>) {
        for piece in std::mem::take(&mut self.batch) {
            let Piece { name, text, start, defined } = piece;
            self.compile(defined, &Source::piece(&name, &text, start));
        }
        let defined = std::mem::take(&mut self.defined);
        self.compile(defined, source);
    }

    fn compile(&mut self, defined: Vec<(Symbol, Span)>, source: &Source<'_>) {
        for (name, span) in defined {
            if let Err(error) = self.program.jit.lookup(&name) {
                let diagnostic = explain(&error, span, None);
                self.reporter.show(&diagnostic, source);
            }
        }
    }

    /// Tells the user what became of an item.
    fn show(&mut self, answer: Answer, source: &Source<'_>) {
        match answer {
            Answer::Declared | Answer::Defined(_) => {}
            Answer::Value(value) => {
                let text = output::format_number(value);
                output::write(format!("Evaluated to {text}\n").as_bytes());
            }
            Answer::Ignored(warning) => self.reporter.show(&warning, source),
            Answer::Refused(refusal) => {
                for diagnostic in refusal {
                    self.reporter.show(&diagnostic, source);
                }
            }
        }
    }
}

/// How much of a text of only blanks and comments need not be seen again: a
/// comment may go on until its line ends.
fn blank_prefix(text: &str) -> usize {
    let last_line = text.rfind('\n').map_or(0, |newline| newline + 1);
    match text[last_line..].contains('#') {
        true => last_line,
        false => text.len(),
    }
}
