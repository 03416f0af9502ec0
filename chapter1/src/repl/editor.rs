//! The line editor of the prompt: rustyline, and what it has to know.
//!
//! | file | what it does |
//! |---|---|
//! | `highlight` | colours for what is typed |
//! | `complete` | the names that could stand here |
//! | `history` | where what was typed is kept |

mod complete;
mod highlight;
mod history;

use super::command;
use super::{Chapter, Session, colour};
use complete::Completion;
use highlight::Highlight;
use history::History;
use rustyline::completion::Completer;
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{
    Behavior, Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config,
    Context, Event, EventContext, EventHandler, Helper, KeyEvent, RepeatCount,
};
use std::borrow::Cow;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What somebody has done at the prompt.
pub(super) enum Typed {
    /// A line, or several that were pasted or recalled.
    Text(String),
    /// Ctrl-C, on something or on nothing.
    Interrupt { on_text: bool },
    /// Ctrl-D.
    End,
}

/// A line editor. It talks to the terminal, wherever the output goes.
pub(super) struct Editor<D> {
    inner: rustyline::Editor<Assistant, FileHistory>,
    history: History,
    /// The lines of the present item.
    item: String,
    interrupted_on_text: Arc<AtomicBool>,
    chapter: PhantomData<D>,
}

impl<D: Chapter> Editor<D> {
    /// An editor; none if the terminal will have none.
    pub(super) fn new(session: &Session<D>) -> Option<Editor<D>> {
        let has_colours = colour::wanted(&io::stdin());
        let mut config = Config::builder()
            .completion_type(CompletionType::List)
            .behavior(Behavior::PreferTerm)
            .max_history_size(history::ENTRIES)
            .ok()?;
        config.set_color_mode(match has_colours {
            true => ColorMode::Forced,
            false => ColorMode::Disabled,
        });
        let mut inner = rustyline::Editor::with_config(config.build()).ok()?;
        let interrupted_on_text = Arc::new(AtomicBool::new(false));
        let handler = OnInterrupt(interrupted_on_text.clone());
        let handler = EventHandler::Conditional(Box::new(handler));
        inner.bind_sequence(KeyEvent::ctrl('C'), handler);
        inner.set_helper(Some(Assistant {
            highlight: Highlight::new(session.program.operators()),
            completion: Completion::new(command::all::<D>()),
            has_colours,
        }));
        let history = History::open(&mut inner);
        let (item, chapter) = (String::new(), PhantomData);
        Some(Editor { inner, history, item, interrupted_on_text, chapter })
    }

    /// Waits until somebody has typed something.
    pub(super) fn read(
        &mut self,
        session: &Session<D>,
        prompt: &str,
    ) -> io::Result<Typed> {
        let assistant = self.inner.helper_mut().expect("set at the beginning");
        let definitions = &session.jit().base().definitions;
        assistant.completion.definitions = definitions.clone();
        assistant.highlight.operators = *session.program.operators();
        self.interrupted_on_text.store(false, Ordering::Relaxed);
        let styled = highlight::prompt(prompt);
        match self.inner.readline(&(prompt, styled)) {
            Ok(text) => {
                self.item += &text;
                self.item.push('\n');
                Ok(Typed::Text(text))
            }
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(ReadlineError::Io(error)) => Err(error),
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => {
                let on_text = self.interrupted_on_text.load(Ordering::Relaxed);
                Ok(Typed::Interrupt { on_text })
            }
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// The present item is complete: it becomes one entry of the history.
    pub(super) fn end_item(&mut self) {
        let item = std::mem::take(&mut self.item);
        self.history.add(&mut self.inner, item.trim_end());
    }

    /// The present item is given up.
    pub(super) fn drop_item(&mut self) {
        self.item.clear();
    }
}

/// Notes on what Ctrl-C is pressed, and leaves the rest to the editor.
struct OnInterrupt(Arc<AtomicBool>);

impl ConditionalEventHandler for OnInterrupt {
    fn handle(
        &self,
        _: &Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        self.0.store(!context.line().is_empty(), Ordering::Relaxed);
        None
    }
}

/// What the editor asks while somebody types.
struct Assistant {
    highlight: Highlight,
    completion: Completion,
    has_colours: bool,
}

impl Helper for Assistant {}
impl Hinter for Assistant {
    type Hint = String;
}
impl Validator for Assistant {}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.completion.candidates(line, at))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(self.highlight.text(line))
    }

    /// Any character may change the meaning of those around it.
    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.has_colours
    }
}
