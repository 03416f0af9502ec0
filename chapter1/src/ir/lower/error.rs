//! What can be wrong with a well-formed item.

use crate::cancel::Cancelled;
use crate::span::Span;
use crate::syntax::diagnostics::{Diagnostic, count, cut};
use thiserror::Error;

/// A mistake in an item, and its place.
#[derive(Clone, PartialEq, Debug, Error)]
#[error("{kind}")]
pub struct LowerError {
    /// The mistake.
    pub kind: LowerErrorKind,
    /// The expression that contains it.
    pub span: Span,
}

/// The mistakes there are.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum LowerErrorKind {
    /// A name that is no parameter, `for` or `var` variable here.
    #[error("unknown variable `{}`", cut(name))]
    UnknownVariable {
        /// The name.
        name: String,
    },
    /// A call to what has been neither defined nor declared.
    #[error("unknown function `{}`", cut(name))]
    UnknownFunction {
        /// The name.
        name: String,
        /// The number of parameters of the host function of this name.
        host: Option<usize>,
    },
    /// A call with too few or too many arguments.
    #[error(
        "`{}` takes {}, not {found}",
        cut(name),
        count(*wanted, "argument")
    )]
    WrongArguments {
        /// The function.
        name: String,
        /// The number of its parameters.
        wanted: usize,
        /// The number of arguments.
        found: usize,
    },
    /// Somebody wants everything to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl LowerError {
    /// The error as a message with its place.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut span = self.span;
        let title = self.kind.to_string();
        match &self.kind {
            LowerErrorKind::UnknownVariable { name } => {
                // An assignment begins with its variable's name.
                span.end = span.end.min(span.start + name.len() as u32);
                Diagnostic::error(title, span).label("not visible here")
            }
            LowerErrorKind::UnknownFunction { name, host } => {
                // A call begins with its function's name.
                span.end = span.end.min(span.start + name.len() as u32);
                let declare = match host {
                    Some(params) => format!(
                        "the host has it, declare it first: `extern {}`",
                        prototype(name, *params)
                    ),
                    None => "define it first, or declare it with `extern` \
                             to define it later"
                        .into(),
                };
                Diagnostic::error(title, span)
                    .label("neither defined nor declared")
                    .help(declare)
            }
            LowerErrorKind::Cancelled(_) => {
                Diagnostic::error(title, span).label("compiled so far")
            }
            LowerErrorKind::WrongArguments { found, .. } => {
                Diagnostic::error(title, span).label(count(*found, "argument"))
            }
        }
    }
}

/// `pow(a b)`: a prototype with parameters to choose other names for.
fn prototype(name: &str, params: usize) -> String {
    let params = ["x", "y", "z"].into_iter().take(params);
    format!("{name}({})", params.collect::<Vec<_>>().join(" "))
}
