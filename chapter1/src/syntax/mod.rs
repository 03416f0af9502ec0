//! Text to tree: the lexer, the parser, the tree itself and the messages
//! for what is neither.
//!
//! The parser knows nothing of files, and nothing of what functions exist:
//! it turns one text into items and leaves their meaning to
//! [`lower`](crate::ir::lower).

pub mod ast;
pub mod diagnostics;
pub mod error;
pub mod lexer;
pub mod names;
pub mod operators;
pub mod parser;
pub mod print;

pub use ast::{Ast, Expr, ExprData, Item, Prototype, PrototypeKind};
pub use diagnostics::{Diagnostic, Excerpt, Severity, Source};
pub use error::{SyntaxError, SyntaxErrorKind};
pub use lexer::{Lexer, Token};
pub use names::{Name, Names};
pub use operators::Operators;
pub use parser::{Parsed, Parser};
