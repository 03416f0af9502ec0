//! A cursor over the tokens of a text, and errors that name a place in it.

use super::lexer::Token;
use crate::ir::entities::{Block, Callee, Slot, Value};
use crate::ir::instruction::Type;
use crate::symbol::Symbol;
use logos::{Lexer, Logos};

/// A text is not a module's text form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct ParseError {
    /// What is wrong there.
    pub message: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted in characters from 1.
    pub column: usize,
}

/// The tokens of a text, of which one is looked at.
pub(super) struct Reader<'t> {
    lexer: Lexer<'t, Token<'t>>,
    current: Option<Token<'t>>,
}

impl<'t> Reader<'t> {
    /// Looks at the first token.
    pub(super) fn new(text: &'t str) -> Result<Reader<'t>, ParseError> {
        let lexer = Token::lexer(text);
        let mut reader = Reader { lexer, current: None };
        reader.advance()?;
        Ok(reader)
    }

    /// The token looked at; `None` at the end.
    pub(super) fn current(&self) -> Option<&Token<'t>> {
        self.current.as_ref()
    }

    /// Where the token looked at begins.
    pub(super) fn offset(&self) -> usize {
        self.lexer.span().start
    }

    /// Goes on to the next token.
    pub(super) fn advance(&mut self) -> Result<(), ParseError> {
        loop {
            self.current = match self.lexer.next() {
                Some(Ok(Token::Comment)) => continue,
                Some(Ok(token)) => Some(token),
                Some(Err(error)) => {
                    let offset = self.offset();
                    return Err(self.error_at(offset, error.to_string()));
                }
                None => None,
            };
            return Ok(());
        }
    }

    /// Passes the token if it is this one.
    pub(super) fn eat(&mut self, token: Token<'_>) -> Result<bool, ParseError> {
        let found = self.current.as_ref() == Some(&token);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Passes this token.
    pub(super) fn expect(
        &mut self,
        token: Token<'_>,
    ) -> Result<(), ParseError> {
        match self.eat(token.clone())? {
            true => Ok(()),
            false => Err(self.expected(&token.to_string())),
        }
    }

    /// Within parentheses: whether another item follows. Passes the comma
    /// before it, or the closing parenthesis.
    pub(super) fn another(&mut self, first: bool) -> Result<bool, ParseError> {
        if self.eat(Token::Close)? {
            return Ok(false);
        }
        if !first && !self.eat(Token::Comma)? {
            return Err(self.expected("`,` or `)`"));
        }
        Ok(true)
    }

    /// Passes a token from which `pick` makes something.
    fn pick<T>(
        &mut self,
        what: &str,
        pick: impl FnOnce(&Token<'t>) -> Option<T>,
    ) -> Result<T, ParseError> {
        let picked = self.current.as_ref().and_then(pick);
        let picked = picked.ok_or_else(|| self.expected(what))?;
        self.advance()?;
        Ok(picked)
    }

    pub(super) fn word(&mut self, what: &str) -> Result<&'t str, ParseError> {
        self.pick(what, |token| match token {
            Token::Word(word) => Some(*word),
            _ => None,
        })
    }

    pub(super) fn ty(&mut self) -> Result<Type, ParseError> {
        self.pick("a type", |token| match token {
            Token::Word("f64") => Some(Type::F64),
            Token::Word("bool") => Some(Type::Bool),
            _ => None,
        })
    }

    pub(super) fn truth(&mut self) -> Result<bool, ParseError> {
        self.pick("`true` or `false`", |token| match token {
            Token::Word("true") => Some(true),
            Token::Word("false") => Some(false),
            _ => None,
        })
    }

    pub(super) fn name(&mut self) -> Result<Symbol, ParseError> {
        self.pick("a name such as `@f`", |token| match token {
            Token::Name(name) => Some(Symbol::new(name)),
            _ => None,
        })
    }

    pub(super) fn number(&mut self) -> Result<f64, ParseError> {
        self.pick("a number", |token| match token {
            Token::Number(number) => Some(*number),
            _ => None,
        })
    }

    pub(super) fn value(&mut self) -> Result<Value, ParseError> {
        self.pick("a value such as `v0`", |token| match token {
            Token::Value(value) => Some(*value),
            _ => None,
        })
    }

    pub(super) fn block(&mut self) -> Result<Block, ParseError> {
        self.pick("a block such as `block0`", |token| match token {
            Token::Block(block) => Some(*block),
            _ => None,
        })
    }

    pub(super) fn slot(&mut self) -> Result<Slot, ParseError> {
        self.pick("a slot such as `s0`", |token| match token {
            Token::Slot(slot) => Some(*slot),
            _ => None,
        })
    }

    pub(super) fn callee(&mut self) -> Result<Callee, ParseError> {
        self.pick("a callee such as `fn0`", |token| match token {
            Token::Callee(callee) => Some(*callee),
            _ => None,
        })
    }

    /// That something else than the token looked at should stand here.
    pub(super) fn expected(&self, what: &str) -> ParseError {
        let found = match &self.current {
            Some(token) => token.to_string(),
            None => "the end".to_owned(),
        };
        let message = format!("expected {what}, found {found}");
        self.error_at(self.offset(), message)
    }

    /// An error at a byte of the text.
    pub(super) fn error_at(
        &self,
        offset: usize,
        message: impl Into<String>,
    ) -> ParseError {
        let before = &self.lexer.source()[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ParseError {
            message: message.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}
