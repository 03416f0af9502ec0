//! The tokens of the text form.

use crate::ir::entities::{Block, Callee, Slot, Value};
use cranelift_entity::EntityRef;
use logos::{Lexer, Logos};
use std::borrow::Cow;
use std::fmt;

/// Indices in a text stay below this, so that a short text cannot ask for
/// tables of many gigabytes.
pub(super) const INDEX_LIMIT: usize = 1 << 22;

/// Why some text is no token.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, thiserror::Error)]
pub(super) enum LexError {
    #[default]
    #[error("unknown character or unfinished name")]
    Unknown,
    #[error("index too large: the limit is {INDEX_LIMIT}")]
    Index,
    #[error("not a number")]
    Number,
    #[error("bad escape in a name: known are `\\\"`, `\\\\` and `\\u{{…}}`")]
    Escape,
}

/// A token. Numbers outrank words so that `inf` is one; indices outrank words
/// so that `v1` is one.
#[derive(Clone, PartialEq, Debug, Logos)]
#[logos(error = LexError, skip r"[ \t\r\n]+")]
pub(super) enum Token<'t> {
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token("=")]
    Equals,
    #[token("->")]
    Arrow,
    #[regex("v(0|[1-9][0-9]*)", index, priority = 9)]
    Value(Value),
    #[regex("block(0|[1-9][0-9]*)", index, priority = 9)]
    Block(Block),
    #[regex("s(0|[1-9][0-9]*)", index, priority = 9)]
    Slot(Slot),
    #[regex("fn(0|[1-9][0-9]*)", index, priority = 9)]
    Callee(Callee),
    #[regex("@[A-Za-z_][A-Za-z0-9_]*", word)]
    #[regex(r#"@"([^"\\\n]|\\[^\n])*""#, unescape)]
    Name(Cow<'t, str>),
    #[regex("-?[0-9]([0-9A-Za-z_.]|[eE][+-])*", number)]
    #[regex("-?inf|nan", number, priority = 9)]
    Number(f64),
    #[regex("[A-Za-z_][A-Za-z0-9_]*", priority = 5)]
    Word(&'t str),
    /// Passed over by the reader, in a loop: for logos, to skip is to recurse.
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Comment,
}

/// What a message calls the token.
impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Token::Open => "(",
            Token::Close => ")",
            Token::OpenBrace => "{",
            Token::CloseBrace => "}",
            Token::Comma => ",",
            Token::Colon => ":",
            Token::Equals => "=",
            Token::Comment => "a comment",
            Token::Arrow => "->",
            Token::Value(value) => return write!(f, "`{value}`"),
            Token::Block(block) => return write!(f, "`{block}`"),
            Token::Slot(slot) => return write!(f, "`{slot}`"),
            Token::Callee(callee) => return write!(f, "`{callee}`"),
            Token::Name(_) => return f.write_str("a name"),
            Token::Number(_) => return f.write_str("a number"),
            Token::Word(word) => word,
        };
        write!(f, "`{text}`")
    }
}

fn index<'t, K: EntityRef>(
    lexer: &Lexer<'t, Token<'t>>,
) -> Result<K, LexError> {
    let digits = lexer.slice().trim_start_matches(char::is_alphabetic);
    match digits.parse() {
        Ok(index) if index < INDEX_LIMIT => Ok(K::new(index)),
        _ => Err(LexError::Index),
    }
}

fn word<'t>(lexer: &Lexer<'t, Token<'t>>) -> Cow<'t, str> {
    Cow::Borrowed(&lexer.slice()[1..])
}

fn number<'t>(lexer: &Lexer<'t, Token<'t>>) -> Result<f64, LexError> {
    lexer.slice().parse().map_err(|_| LexError::Number)
}

fn unescape<'t>(
    lexer: &Lexer<'t, Token<'t>>,
) -> Result<Cow<'t, str>, LexError> {
    let quoted = lexer.slice();
    let mut rest = &quoted[2..quoted.len() - 1];
    if !rest.contains('\\') {
        return Ok(Cow::Borrowed(rest));
    }
    let mut name = String::new();
    while let Some((plain, escape)) = rest.split_once('\\') {
        name.push_str(plain);
        let (c, after) = escaped(escape).ok_or(LexError::Escape)?;
        name.push(c);
        rest = after;
    }
    name.push_str(rest);
    Ok(Cow::Owned(name))
}

/// The character that an escape stands for, and the text after it.
fn escaped(text: &str) -> Option<(char, &str)> {
    if let Some(digits) = text.strip_prefix("u{") {
        let (digits, after) = digits.split_once('}')?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        return Some((char::from_u32(code)?, after));
    }
    let c = text.chars().next().filter(|c| matches!(c, '"' | '\\'))?;
    Some((c, &text[1..]))
}
