//! The commands of the prompt: what one looks like, the table of all, and
//! who is called for a line.
//!
//! | file | what it does |
//! |---|---|
//! | `inspect` | `:ast`, `:ir`, `:asm`, `:symbols`, `:uses` |
//! | `act` | `:load`, `:time`, `:undef`, `:reset`, `:quit`, `:help` |

mod act;
mod inspect;

pub use inspect::module;

use super::nearest::nearest;
use super::{Chapter, Session};
use crate::span::Span;
use crate::syntax::diagnostics::cut;
use crate::syntax::{Diagnostic, Source};

/// A command of the prompt: `:name argument`.
///
/// Commands are rows of a table, from which `:help` and completion are made
/// too. [`Chapter::commands`] adds rows.
pub struct Command<D: Chapter> {
    /// Its name, without the `:`.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it does, in a few words for `:help`.
    pub help: &'static str,
    /// Does it. Prints to standard output; what goes wrong is said by a
    /// message about the line.
    pub run: fn(&mut Session<D>, &Argument<'_>) -> Result<(), Diagnostic>,
}

/// What a command takes: how `:help` calls it, and how it is completed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// Nothing at all.
    Nothing,
    /// The name of a function. A blank in it does not count, so that
    /// `binary |` names an operator's function.
    Name,
    /// A file's path: the rest of the line, blanks included.
    File,
    /// An expression, up to the end of the line.
    Expression,
}

impl Takes {
    /// What to call it; nothing if there is nothing.
    pub fn placeholder(self) -> &'static str {
        match self {
            Takes::Nothing => "",
            Takes::Name => "NAME",
            Takes::File => "FILE",
            Takes::Expression => "EXPR",
        }
    }
}

/// What stands behind a command's name, and where.
pub struct Argument<'s> {
    /// The text that the line is part of.
    pub source: &'s Source<'s>,
    /// The argument, without blanks around it.
    pub span: Span,
}

impl Argument<'_> {
    /// The argument's text.
    pub fn text(&self) -> &str {
        &self.source.text[self.span.range()]
    }

    /// The text as a function's name: `binary |` is `binary|`.
    pub fn name(&self) -> String {
        let text = self.text();
        match text.split_once(char::is_whitespace) {
            Some((kind @ ("binary" | "unary"), operator)) => {
                format!("{kind}{}", operator.trim_start())
            }
            _ => text.to_owned(),
        }
    }

    /// An error about it.
    pub fn error(&self, title: impl Into<String>) -> Diagnostic {
        Diagnostic::error(title, self.span)
    }
}

struct Table<D>(std::marker::PhantomData<D>);

impl<D: Chapter> Table<D> {
    const COMMANDS: &'static [Command<D>] = &[
        Command {
            name: "help",
            takes: Takes::Nothing,
            help: "list the commands",
            run: act::help,
        },
        Command {
            name: "ast",
            takes: Takes::Name,
            help: "the tree of a definition",
            run: inspect::ast,
        },
        Command {
            name: "ir",
            takes: Takes::Name,
            help: "its intermediate representation",
            run: inspect::ir,
        },
        Command {
            name: "asm",
            takes: Takes::Name,
            help: "its machine code",
            run: inspect::asm,
        },
        Command {
            name: "symbols",
            takes: Takes::Nothing,
            help: "what is defined and declared",
            run: inspect::symbols,
        },
        Command {
            name: "uses",
            takes: Takes::Name,
            help: "who calls a function, and whom it calls",
            run: inspect::uses,
        },
        Command {
            name: "load",
            takes: Takes::File,
            help: "run a program, in this session",
            run: act::load,
        },
        Command {
            name: "time",
            takes: Takes::Expression,
            help: "evaluate, and say how long each phase took",
            run: act::time,
        },
        Command {
            name: "undef",
            takes: Takes::Name,
            help: "remove a definition that nobody uses",
            run: act::undef,
        },
        Command {
            name: "reset",
            takes: Takes::Nothing,
            help: "forget everything",
            run: act::reset,
        },
        Command {
            name: "quit",
            takes: Takes::Nothing,
            help: "leave, as Ctrl-D does",
            run: act::quit,
        },
    ];
}

/// All commands of a chapter.
pub(super) fn all<D: Chapter>() -> impl Iterator<Item = &'static Command<D>> {
    let own = D::commands();
    let is_replaced = |name| own.iter().any(|command| command.name == name);
    let common = Table::<D>::COMMANDS.iter();
    common.filter(move |command| !is_replaced(command.name)).chain(own)
}

/// The command line that begins at an offset, if one does.
pub(super) fn find(source: &Source<'_>, at: usize) -> Option<Span> {
    let text = &source.text[..source.end];
    let [b':', letter, ..] = text.as_bytes()[at..] else { return None };
    if !letter.is_ascii_alphabetic() || source.position(at).1 != 1 {
        return None;
    }
    let length = text[at..].find('\n').unwrap_or(text.len() - at);
    Some(Span::new(at, at + length))
}

/// Does what a line says.
pub(super) fn run<D: Chapter>(
    session: &mut Session<D>,
    source: &Source<'_>,
    line: Span,
) -> Result<(), Diagnostic> {
    let (name, argument) = split(source.text, line);
    let text = &source.text[name.range()][1..];
    let Some(command) = all::<D>().find(|command| command.name == text) else {
        return Err(unknown::<D>(text, name));
    };
    let argument = Argument { source, span: argument };
    let is_given = !argument.text().is_empty();
    match command.takes {
        Takes::Nothing if is_given => {
            let title = format!("`:{}` takes no argument", command.name);
            Err(argument.error(title).label("not needed"))
        }
        Takes::Nothing => (command.run)(session, &argument),
        _ if is_given => (command.run)(session, &argument),
        takes => {
            let title = format!("`:{}` needs an argument", command.name);
            let usage = format!("`:{} {}`", command.name, takes.placeholder());
            Err(Diagnostic::error(title, name).label("of what?").help(usage))
        }
    }
}

/// The name, with its `:`, and the argument of a command line.
fn split(text: &str, line: Span) -> (Span, Span) {
    let start = line.start as usize;
    let line = &text[line.range()];
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let rest = &line[end..];
    let argument = start + end + rest.len() - rest.trim_start().len();
    let length = rest.trim().len();
    (Span::new(start, start + end), Span::new(argument, argument + length))
}

fn unknown<D: Chapter>(name: &str, span: Span) -> Diagnostic {
    let title = format!("unknown command `:{}`", cut(name));
    let names = all::<D>().map(|command| command.name);
    Diagnostic::error(title, span).label("no such command").help(match nearest(
        name, names,
    ) {
        Some(near) => format!("did you mean `:{near}`?"),
        None => "`:help` lists the commands".into(),
    })
}
