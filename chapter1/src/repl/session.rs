//! A session: takes one item or command after the other from a text, and
//! answers each.

use super::command::{self, Argument};
use super::eager::Batch;
use super::emit::Stages;
use super::options::CommandLine;
use super::perf_map::PerfMap;
use super::progress::Progress;
use super::report::{self, Reporter};
use super::{Chapter, Options};
use crate::cancel::{self, Cancelled};
use crate::codegen::listing::Listing;
use crate::executor::output;
use crate::kaleidoscope::{Answer, Kaleidoscope, explain};
use crate::span::Span;
use crate::syntax::{Diagnostic, Item, Parsed, Parser, Source};
use clap::Parser as _;
use std::sync::Arc;

/// The message of whatever has been given up for an interruption.
const INTERRUPTED: &str = "interrupted";

/// By which rules items are found in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rules {
    /// An item ends where the grammar says.
    Batch,
    /// It also ends at the end of a line that completes it; and a line that
    /// begins with `:` and a letter is a command, if no item is open.
    Prompt,
}

/// A JIT that understands Kaleidoscope, and a user who gets answers.
pub struct Session<D: Chapter> {
    /// The JIT.
    pub program: Kaleidoscope<D>,
    pub(super) line: CommandLine<D::Options>,
    stages: Stages,
    perf_map: Option<Arc<PerfMap>>,
    /// The definitions that are to be compiled without being called.
    batch: Option<Batch>,
    pub(super) reporter: Reporter,
    pub(super) progress: Option<Progress>,
    /// Whether somebody has said `:quit`.
    pub(super) is_leaving: bool,
    /// Whether the user knows of the interruption that is not over yet.
    has_told: bool,
}

impl<D: Chapter> Session<D> {
    /// A session without definitions.
    ///
    /// # Errors
    /// If there can be no JIT, in words for the user.
    pub(super) fn new(
        line: CommandLine<D::Options>,
    ) -> Result<Session<D>, String> {
        let options = &line.options;
        let jit = D::new(options, &line.own)?;
        let perf_map = options.perf_map.then(PerfMap::new).transpose()?;
        let session = Session {
            program: Kaleidoscope::new(jit),
            stages: Stages::new(options),
            perf_map,
            batch: options.eager.then(Batch::default),
            line,
            reporter: Reporter::default(),
            progress: None,
            is_leaving: false,
            has_told: false,
        };
        session.observe();
        Ok(session)
    }

    /// A session as a command line would begin it.
    ///
    /// # Errors
    /// If the command line is wrong, or there can be no JIT.
    pub fn with_arguments(arguments: &[&str]) -> Result<Session<D>, String> {
        let arguments = [D::NAME].iter().chain(arguments);
        let line = CommandLine::try_parse_from(arguments);
        Session::new(line.map_err(|error| error.to_string())?)
    }

    /// Forgets everything: the JIT is made anew.
    ///
    /// # Errors
    /// If there can be no JIT, in words for the user. Nothing is forgotten
    /// then.
    pub fn reset(&mut self) -> Result<(), String> {
        let jit = D::new(&self.line.options, &self.line.own)?;
        self.program = Kaleidoscope::new(jit);
        self.batch = self.line.options.eager.then(Batch::default);
        self.observe();
        Ok(())
    }

    /// Has the JIT tell what the options want to know.
    fn observe(&self) {
        let jit = self.jit();
        if self.line.options.stats {
            jit.base().phases.switch(true);
        }
        if self.stages.asm {
            jit.observe(Box::new(|module, graph| {
                report::write(&Listing::new(graph, module).to_string());
            }));
        }
        if let Some(map) = &self.perf_map {
            jit.watch_code(map.watcher());
        }
    }

    /// The JIT.
    pub fn jit(&self) -> &D {
        &self.program.jit
    }

    /// The options that all chapters have.
    pub fn options(&self) -> &Options {
        &self.line.options
    }

    /// Whether any item was refused or failed.
    pub fn has_failed(&self) -> bool {
        self.reporter.has_failed()
    }

    /// Prints an answer to standard output.
    pub fn print(&self, text: &str) {
        output::write(text.as_bytes());
    }

    /// Handles the items in a piece of text from the byte `start` on, and
    /// returns where the last of them ends. If the piece is not the last, an
    /// item that might go on in the next one is left alone.
    pub fn run(
        &mut self,
        source: &Source<'_>,
        start: usize,
        rules: Rules,
        is_last: bool,
    ) -> usize {
        let complete = &source.text[..source.end];
        let parser = |start| match rules {
            Rules::Batch => Parser::starting_at(complete, start),
            Rules::Prompt => Parser::by_lines(complete, start),
        };
        let mut consumed = start;
        let mut items = parser(start);
        while !(self.is_leaving || cancel::is_requested()) {
            if rules == Rules::Prompt
                && let Some(line) = command::find(source, items.next_start())
            {
                self.command(source, line);
                consumed = line.end as usize;
                items = parser(consumed);
                continue;
            }
            let parsed = self.program.parse(&mut items);
            // Between two items, nothing is open.
            let is_item = !matches!(parsed, Parsed::End);
            if is_item && !is_last && items.is_open() {
                self.program.take_back();
                self.keep(source);
                return consumed;
            }
            let text = Span::new(consumed, items.consumed());
            consumed = items.consumed();
            self.stages.tokens(source, text);
            if !is_item {
                if is_last {
                    self.jit().end_module();
                }
                if is_last || rules == Rules::Prompt {
                    self.end_batch(source);
                }
                self.keep(source);
                return consumed + blank_prefix(&complete[consumed..]);
            }
            let answer = self.answer(parsed, source, text);
            self.show(answer, source);
            if rules == Rules::Prompt {
                self.jit().end_module();
            }
            if let Some(progress) = &mut self.progress {
                progress.tick(consumed);
            }
        }
        source.text.len()
    }

    /// Ends an interruption, should there be one: all that it shall stop has
    /// stopped. Returns whether there was.
    pub(super) fn take_interruption(&mut self) -> bool {
        let is_interrupted = cancel::take();
        if let (true, Some(batch)) = (is_interrupted, &mut self.batch) {
            // Compiling what has not been is part of what shall stop.
            *batch = Batch::default();
        }
        if is_interrupted && !std::mem::take(&mut self.has_told) {
            self.reporter.fail(Cancelled);
        }
        is_interrupted
    }

    fn command(&mut self, source: &Source<'_>, line: Span) {
        self.end_batch(source);
        if let Err(diagnostic) = command::run(self, source, line) {
            self.reporter.show(&diagnostic, source);
        }
    }

    /// Evaluates an expression that a command is given; none if it has been
    /// refused, and the user knows it.
    ///
    /// # Errors
    /// If the text is not one expression.
    pub fn evaluate(
        &mut self,
        argument: &Argument<'_>,
    ) -> Result<Option<f64>, Diagnostic> {
        let (source, span) = (argument.source, argument.span);
        let text = &source.text[..span.end as usize];
        let mut parser = Parser::starting_at(text, span.start as usize);
        let parsed = self.program.parse(&mut parser);
        let is_alone = parser.next_start() == text.len();
        let is_expression = match &parsed {
            Parsed::Item(item) => matches!(item, Item::Expression { .. }),
            other => matches!(other, Parsed::Refused(_)),
        };
        if !(is_alone && is_expression) {
            self.program.take_back();
            return Err(argument.error("this is not one expression"));
        }
        match self.answer(parsed, source, span) {
            Answer::Value(value) => Ok(Some(value)),
            answer => {
                self.show(answer, source);
                Ok(None)
            }
        }
    }

    fn answer(
        &mut self,
        parsed: Parsed,
        source: &Source<'_>,
        text: Span,
    ) -> Answer {
        match parsed {
            Parsed::End => unreachable!("an end needs no answer"),
            Parsed::Ignored(warning) => Answer::Ignored(warning),
            Parsed::Refused(error) => Answer::Refused(vec![error.diagnostic()]),
            Parsed::Item(item) => self.item(&item, source, text),
        }
    }

    fn item(&mut self, item: &Item, source: &Source<'_>, text: Span) -> Answer {
        let stages = self.stages;
        stages.ast(&self.program.ast, item);
        if let Item::Expression { .. } = item {
            self.end_batch(source);
            self.clear_progress();
        }
        let text = &source.text[text.range()];
        let answer = self.program.accept(item, text, |ir| stages.ir(ir));
        if let (Some(batch), Item::Definition { prototype, .. }) =
            (&mut self.batch, item)
            && let Answer::Defined(name) = &answer
        {
            batch.add(name.clone(), prototype.span);
        }
        answer
    }

    /// Compiles the definitions of a batch, if they are not to wait until
    /// they are called.
    fn end_batch(&mut self, source: &Source<'_>) {
        let Some(batch) = &mut self.batch else { return };
        let batch = std::mem::take(batch);
        batch.end(source, |(name, span), source| {
            if !cancel::is_requested()
                && let Err(error) = self.program.jit.compile(&name)
            {
                let diagnostic = explain(&error, span, None);
                self.show(Answer::Refused(vec![diagnostic]), source);
            }
        });
    }

    fn keep(&mut self, source: &Source<'_>) {
        if let Some(batch) = &mut self.batch {
            batch.keep(source);
        }
    }

    fn clear_progress(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.clear();
        }
    }

    /// Tells the user what became of an item.
    fn show(&mut self, answer: Answer, source: &Source<'_>) {
        match answer {
            Answer::Declared | Answer::Defined(_) => {}
            Answer::Value(value) => {
                let text = output::format_number(value);
                self.print(&format!("Evaluated to {text}\n"));
            }
            Answer::Ignored(warning) => {
                self.clear_progress();
                self.reporter.show(&warning, source);
            }
            Answer::Refused(refusal) => {
                self.clear_progress();
                for diagnostic in refusal {
                    self.has_told |= diagnostic.title == INTERRUPTED;
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
