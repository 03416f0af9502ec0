//! What can be wrong with a text, and what to do about it.

use super::diagnostics::Diagnostic;
use super::operators::MAX_PRECEDENCE;
use super::parser::MAX_NESTING;
use crate::cancel::Cancelled;
use crate::span::Span;
use thiserror::Error;

/// What is found where there is no more text.
pub(super) const END: &str = "the end of the input";

/// A mistake in a text, and its place.
#[derive(Clone, PartialEq, Debug, Error)]
#[error("{kind}")]
pub struct SyntaxError {
    /// The mistake.
    pub kind: SyntaxErrorKind,
    /// The offending text.
    pub span: Span,
}

/// The mistakes there are. Texts quoted in them are cut when long.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum SyntaxErrorKind {
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What should stand here.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// Digits and points that make no number.
    #[error("malformed number `{0}`")]
    MalformedNumber(String),
    /// A character that no program contains outside comments.
    #[error("unexpected character {0}")]
    UnexpectedCharacter(String),
    /// A prefix operator that is not defined.
    #[error("`{0}` is not a unary operator")]
    UndefinedUnary(char),
    /// After an expression, an operator that is not defined.
    #[error("`{0}` is not a binary operator")]
    UndefinedBinary(char),
    /// After a complete item, something that cannot begin another.
    #[error("expected the end of the item, found {0}")]
    Trailing(String),
    /// `1 = 2`.
    #[error("the left side of `=` must be a variable")]
    AssignToNonVariable,
    /// A precedence that is not a whole number from 1 to 100.
    #[error("a precedence is a whole number from 1 to {MAX_PRECEDENCE}")]
    Precedence,
    /// A unary operator with two parameters, a binary one with three.
    #[error("a {kind} operator takes {wanted}, not {found}")]
    OperatorParameters {
        /// `unary` or `binary`.
        kind: &'static str,
        /// How many parameters it takes, in words.
        wanted: &'static str,
        /// How many are there.
        found: usize,
    },
    /// Two parameters with one name.
    #[error("duplicate parameter `{0}`")]
    DuplicateParameter(String),
    /// Parentheses, operators or statements in each other without end.
    #[error("this is nested more than {MAX_NESTING} levels deep")]
    TooDeep,
    /// Somebody wants everything to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl SyntaxError {
    /// The error as a message with its place.
    pub fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.kind.to_string(), self.span)
            .label(self.kind.label());
        match self.kind.help() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

impl SyntaxErrorKind {
    fn label(&self) -> &'static str {
        match self {
            SyntaxErrorKind::Expected { found, .. } if found == END => {
                "it ends here"
            }
            SyntaxErrorKind::Expected { .. } => "unexpected here",
            SyntaxErrorKind::MalformedNumber(_) => "not a number",
            SyntaxErrorKind::UnexpectedCharacter(_) => "not part of any token",
            SyntaxErrorKind::UndefinedUnary(_)
            | SyntaxErrorKind::UndefinedBinary(_) => "not defined",
            SyntaxErrorKind::Trailing(_) => "cannot begin an item",
            SyntaxErrorKind::AssignToNonVariable => "not a variable",
            SyntaxErrorKind::Precedence => "out of range",
            SyntaxErrorKind::OperatorParameters { .. } => {
                "wrong number of parameters"
            }
            SyntaxErrorKind::DuplicateParameter(_) => "second of this name",
            SyntaxErrorKind::TooDeep => "one level too many",
            SyntaxErrorKind::Cancelled(_) => "read so far",
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            SyntaxErrorKind::MalformedNumber(_) => {
                "write digits with at most one point, and an exponent if \
                 need be: `1`, `.5`, `1.25`, `2.5e-3`"
                    .into()
            }
            SyntaxErrorKind::UndefinedUnary(op) => {
                format!("define it first: `def unary{op}(x) …`")
            }
            SyntaxErrorKind::UndefinedBinary(op) => format!(
                "define it first, `def binary{op} 30 (a b) …`, or end the \
                 item with `;`"
            ),
            SyntaxErrorKind::Trailing(_) => {
                "end an item with `;` before something else begins".into()
            }
            SyntaxErrorKind::TooDeep => {
                "give the inner part a function of its own".into()
            }
            _ => return None,
        })
    }
}
