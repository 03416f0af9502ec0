//! What the JIT objects to, as messages that point at the text.

use super::Refusal;
use crate::definitions::PrototypeMismatch;
use crate::driver::{JitError, Path};
use crate::ir::lower::LowerError;
use crate::orc::InUse;
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::Diagnostic;
use crate::syntax::diagnostics::{count, cut};

pub(super) fn explain_all(errors: &[LowerError]) -> Refusal {
    errors.iter().map(LowerError::diagnostic).collect()
}

/// Says what the JIT objects to, at the call in `calls` that leads to it or
/// at `span`.
pub fn explain(
    error: &JitError,
    span: Span,
    calls: Option<&[(Symbol, Span)]>,
) -> Diagnostic {
    let title = cut_title(error);
    match error {
        JitError::Duplicate { is_host, .. } => {
            let diagnostic = Diagnostic::error(title, span);
            match is_host {
                true => diagnostic
                    .label("callers are bound to the host's function")
                    .help("define it before anything calls it"),
                false => diagnostic
                    .label("already defined")
                    .note("the first definition stays"),
            }
        }
        JitError::Missing { path } => along(title, path, span, calls)
            .help(format!("define it: `def {}(…) …`", cut(path.end()))),
        JitError::NotAllowed { path } => along(title, path, span, calls)
            .note(
                "it is a symbol of this process that may have other \
                 parameters than numbers: a wrong call would corrupt it",
            )
            .help(format!(
                "if you know that it takes and returns doubles, run with \
                 `--allow-symbol {}`",
                cut(path.end())
            )),
        JitError::Prototype { path, .. } => along(title, path, span, calls),
        JitError::Mismatch(mismatch) => explain_mismatch(mismatch, span),
        JitError::InUse(in_use) => explain_use(title, in_use, span),
        JitError::Undefined(_) | JitError::Arity { .. } => {
            Diagnostic::error(title, span).label("named here")
        }
        JitError::Codegen(_) | JitError::Failed(_) | JitError::Lookup(_) => {
            Diagnostic::error(title, span).label("cannot be compiled")
        }
        JitError::Unresolved { error, active } => {
            let diagnostic = explain(error, span, calls);
            match &active.names[..] {
                // The expression and what it calls: that has been said.
                [] | [_] | [_, _] => diagnostic,
                _ => diagnostic.note(active.to_string()),
            }
        }
        JitError::Stopped { active, .. } => {
            let diagnostic = Diagnostic::error(title, span);
            let diagnostic = diagnostic.label("has no value");
            match &active.names[..] {
                // Nothing but the expression itself.
                [] | [_] => diagnostic,
                _ => diagnostic.note(active.to_string()),
            }
        }
        JitError::Executor(_) => {
            Diagnostic::error(title, span).label("cannot be run")
        }
    }
}

fn cut_title(error: &JitError) -> String {
    let title = error.to_string();
    match title.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title,
    }
}

/// A message about the end of a chain of calls that begins in an expression.
fn along(
    title: String,
    path: &Path,
    span: Span,
    calls: Option<&[(Symbol, Span)]>,
) -> Diagnostic {
    let first = path.0.get(1);
    let place = calls
        .into_iter()
        .flatten()
        .find(|(name, _)| Some(name) == first)
        .map_or(span, |&(_, span)| span);
    let diagnostic = Diagnostic::error(title, place);
    match &path.0[..] {
        [] | [_] | [_, _] => diagnostic.label("needed here"),
        [_, first, _] => {
            let first = cut(first);
            diagnostic.label(format!("`{first}`, called here, needs it"))
        }
        [_, first, .., last, _] => diagnostic
            .label(format!("`{}` is called here", cut(first)))
            .note(format!(
                "`{}`, {} further on, needs it",
                cut(last),
                count(path.0.len() - 3, "call")
            )),
    }
}

fn explain_mismatch(mismatch: &PrototypeMismatch, span: Span) -> Diagnostic {
    let title = format!(
        "`{}` has {}, not {}",
        cut(&mismatch.name),
        count(mismatch.known, "parameter"),
        mismatch.found
    );
    let diagnostic = Diagnostic::error(title, span)
        .label("differs in the number of parameters");
    if mismatch.is_defined {
        return diagnostic.note("it has been defined");
    }
    diagnostic.note(format!("it is called by {}", some(&mismatch.callers)))
}

fn explain_use(title: String, in_use: &InUse, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(title, span).label("in use");
    match &in_use.users[..] {
        [] => diagnostic.note("the host program holds it"),
        users => diagnostic.note(format!("it is called by {}", some(users))),
    }
}

/// The first of some names.
fn some(names: &[Symbol]) -> String {
    let shown = names.iter().take(5);
    let mut shown: Vec<String> =
        shown.map(|name| format!("`{}`", cut(name))).collect();
    if names.len() > shown.len() {
        shown.push(format!("{} more", names.len() - shown.len()));
    }
    shown.join(", ")
}
