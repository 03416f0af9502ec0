//! Messages that point at the text they are about.

use crate::span::Span;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use std::cell::Cell;
use std::ops::Range;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// The item is refused.
    Error,
    /// The item is accepted.
    Warning,
}

/// A message about a place in a source.
#[derive(Clone, PartialEq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub title: String,
    /// The text that it is about.
    pub span: Span,
    /// What to say right under that text.
    pub label: String,
    /// Further lines: facts.
    pub notes: Vec<String>,
    /// A last line: what to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error about the text at `span`.
    pub fn error(title: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            title: title.into(),
            span,
            label: String::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// A warning about the text at `span`.
    pub fn warning(title: impl Into<String>, span: Span) -> Diagnostic {
        let severity = Severity::Warning;
        Diagnostic { severity, ..Diagnostic::error(title, span) }
    }

    /// Says this right under the text.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// Adds a fact.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The message as lines of text, with the source line that it is about.
    pub fn render(&self, source: &Source<'_>, renderer: &Renderer) -> String {
        self.render_with(&source.excerpt(self.span), renderer)
    }

    /// The same, with a line that was cut out before.
    pub fn render_with(
        &self,
        excerpt: &Excerpt,
        renderer: &Renderer,
    ) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let origin = Origin::path(excerpt.source.as_str())
            .line(excerpt.line)
            .char_column(excerpt.column);
        let annotation = AnnotationKind::Primary
            .span(excerpt.marked.clone())
            .label(self.label.as_str());
        let snippet = Snippet::source(excerpt.text.as_str())
            .line_start(excerpt.line)
            .annotation(annotation);
        let title = level.primary_title(self.title.as_str());
        let mut group = title.element(origin).element(snippet);
        for note in &self.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        without_continuation_mark(&renderer.render(&[group]))
    }
}

/// The renderer cannot know that a snippet with a location of its own is the
/// first: it puts `:::` between the two. A line of source always has a `|`.
fn without_continuation_mark(rendered: &str) -> String {
    let lines = rendered
        .lines()
        .filter(|line| !line.contains(":::") || line.contains('|'));
    lines.collect::<Vec<_>>().join("\n")
}

/// A text with a name, or a piece of one.
pub struct Source<'s> {
    /// What to call it: a file's path, `<stdin>`.
    pub name: &'s str,
    /// The text.
    pub text: &'s str,
    /// How much of the text is known to consist of whole tokens.
    pub end: usize,
    /// The line and column, both from 1, at which the piece begins.
    start: (usize, usize),
    /// The last position computed: offset, line, column. Messages come
    /// mostly in the order of the text, so that all of them together cost
    /// one walk over it.
    last: Cell<(usize, usize, usize)>,
}

impl<'s> Source<'s> {
    /// A whole text.
    pub fn new(name: &'s str, text: &'s str) -> Source<'s> {
        Source::piece(name, text, (1, 1))
    }

    /// A piece of a text that begins at this line and column.
    pub fn piece(
        name: &'s str,
        text: &'s str,
        start: (usize, usize),
    ) -> Source<'s> {
        let last = Cell::new((0, start.0, start.1));
        Source { name, text, end: text.len(), start, last }
    }

    /// The line and column of a byte offset, both counted from 1; columns
    /// in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let (mut from, mut line, mut column) = self.last.get();
        if offset < from {
            (from, line, column) = (0, self.start.0, self.start.1);
        }
        let skipped = &self.text[from..offset];
        match skipped.rfind('\n') {
            None => column += skipped.chars().count(),
            Some(end) => {
                line += skipped.bytes().filter(|&b| b == b'\n').count();
                column = 1 + skipped[end + 1..].chars().count();
            }
        }
        self.last.set((offset, line, column));
        (line, column)
    }

    /// The line and column at which it begins.
    pub fn start(&self) -> (usize, usize) {
        self.start
    }

    /// Cuts out the line around the beginning of `span`.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        let (line, column) = self.position(span.start as usize);
        let (text, marked) = cut_line(self.text, span);
        Excerpt { source: self.name.to_owned(), line, column, text, marked }
    }
}

/// A line of a source with something to point at; it outlives the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// The source's name.
    pub source: String,
    /// The line's number, from 1.
    pub line: usize,
    /// The column of what is marked, in characters, from 1.
    pub column: usize,
    /// The line, or as much of it as is shown.
    pub text: String,
    /// What is marked, as a range of `text`.
    pub marked: Range<usize>,
}

/// How many bytes of a line are shown before and after what is marked, and
/// how many of that itself.
const SHOWN: usize = 60;

/// A text for a message: its beginning, if it is long.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `1 argument`, `2 arguments`.
pub fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// The part of a line around the beginning of `span`, and the range of it
/// that is marked. A text may be a single line of many megabytes: only the
/// bytes near the span are looked at.
fn cut_line(text: &str, span: Span) -> (String, Range<usize>) {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary(span.end as usize).max(start);
    let left = text.floor_char_boundary(start.saturating_sub(SHOWN));
    let line_start =
        text[left..start].rfind('\n').map(|newline| left + newline + 1);
    let limit = text.floor_char_boundary(start.saturating_add(SHOWN));
    let marked_end = text[start..end.min(limit)]
        .find(['\n', '\r'])
        .map_or(end.min(limit), |newline| start + newline);
    let right = text.floor_char_boundary(marked_end + SHOWN);
    let line_end = text[marked_end..right].find('\n').map(|at| marked_end + at);
    let mut shown = String::new();
    if line_start.is_none() && left > 0 {
        shown.push('…');
    }
    let from = line_start.unwrap_or(left);
    let to = line_end.unwrap_or(right);
    let offset = shown.len();
    shown.push_str(text[from..to].trim_end_matches('\r'));
    let whole = shown.len();
    if line_end.is_none() && right < text.len() {
        shown.push('…');
    }
    let mark = |at: usize| (at - from + offset).min(whole);
    let marked = mark(start)..mark(marked_end);
    (shown, marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, span: Span) -> String {
        Diagnostic::error("wrong", span)
            .label("this")
            .help("right it")
            .render(&Source::new("a.ks", text), &Renderer::plain())
    }

    #[test]
    fn a_message_shows_line_column_and_label() {
        insta::assert_snapshot!(render(
            "def f(x)\n  x + y;\n",
            Span::new(15, 16)
        ));
    }

    #[test]
    fn the_end_of_the_text_can_be_marked() {
        insta::assert_snapshot!(render("def f(x)", Span::new(8, 8)));
    }

    #[test]
    fn an_empty_text_can_be_marked() {
        insta::assert_snapshot!(render("", Span::new(0, 0)));
    }

    #[test]
    fn a_long_line_is_cut_around_the_label() {
        let text = format!("{}oops{}", "a".repeat(500), "b".repeat(500));
        insta::assert_snapshot!(render(&text, Span::new(500, 504)));
    }

    #[test]
    fn a_long_label_is_cut_too() {
        let text = "a".repeat(1_000_000);
        insta::assert_snapshot!(render(&text, Span::new(0, text.len())));
    }

    #[test]
    fn control_characters_are_made_visible() {
        insta::assert_snapshot!(render(
            "a\t\0b\u{1b}[31m \u{7f}\r\n",
            Span::new(2, 3)
        ));
    }

    #[test]
    fn positions_count_lines_and_characters_in_any_order() {
        let source = Source::new("a.ks", "äb\ncd\r\n\nef");
        assert_eq!(source.position(3), (1, 3));
        assert_eq!(source.position(10), (4, 2));
        assert_eq!(source.position(4), (2, 1));
        assert_eq!(source.position(0), (1, 1));
        let piece = Source::piece("a.ks", "b\nc", (7, 5));
        assert_eq!(piece.position(1), (7, 6));
        assert_eq!(piece.position(2), (8, 1));
    }
}
