//! Messages on standard error.

use super::colour;
use crate::executor::output;
use crate::syntax::{Diagnostic, Excerpt, Severity, Source};
use annotate_snippets::Renderer;
use rustix::fs::fstat;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process;

/// Writes messages, and remembers whether any was an error.
pub(super) struct Reporter {
    renderer: Renderer,
    has_failed: bool,
}

impl Default for Reporter {
    /// With colours if somebody is watching who does not mind them.
    fn default() -> Reporter {
        let renderer = match colour::wanted(&io::stderr()) {
            true => Renderer::styled(),
            false => Renderer::plain(),
        };
        Reporter { renderer, has_failed: false }
    }
}

impl Reporter {
    /// Shows a message about a place in a source.
    pub(super) fn show(
        &mut self,
        diagnostic: &Diagnostic,
        source: &Source<'_>,
    ) {
        self.show_at(diagnostic, &source.excerpt(diagnostic.span));
    }

    /// Shows a message about a place that was cut out of its source.
    pub(super) fn show_at(
        &mut self,
        diagnostic: &Diagnostic,
        excerpt: &Excerpt,
    ) {
        if diagnostic.severity == Severity::Error {
            self.note_failure();
        }
        self.line(diagnostic.render_with(excerpt, &self.renderer));
    }

    /// Shows an error that is about no place in a source.
    pub(super) fn fail(&mut self, message: impl Display) {
        self.note_failure();
        self.line(format!("error: {message}"));
    }

    /// Whether anything was refused or failed.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    fn note_failure(&mut self) {
        self.has_failed = true;
        output::note_failure();
    }

    /// Shows any text, in order with what the program prints.
    pub(super) fn line(&self, text: impl Display) {
        write(&format!("{text}\n"));
    }
}

/// Writes to standard error what comes after all that was written to
/// standard output so far.
///
/// Ends the program if nobody can read any of that any more.
pub fn write(text: &str) {
    output::flush();
    // Nobody is left to be told that standard error does not work.
    if let Err(error) = io::stderr().write_all(text.as_bytes())
        && error.kind() == ErrorKind::BrokenPipe
        && is_one_stream()
    {
        process::exit(1);
    }
}

/// Whether both outputs go to the same place, as with `2>&1`.
fn is_one_stream() -> bool {
    match (fstat(io::stdout()), fstat(io::stderr())) {
        (Ok(out), Ok(err)) => {
            (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino)
        }
        _ => false,
    }
}
