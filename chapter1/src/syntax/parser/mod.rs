//! Tokens to tree: recursive descent for statements, precedence climbing
//! for operators.
//!
//! | file | what it parses |
//! |---|---|
//! | `item` | definitions, declarations and prototypes |
//! | `expression` | expressions |
//!
//! The parser yields one item at a time, because an item can change how the
//! next one reads: it may define an operator. A mistake refuses the item it
//! is in, and the next call goes on after it.
//!
//! At a prompt, a line that completes an item ends it: nobody wants to type
//! `;` after `1 + 2`, or to wait for the next item to see the answer.

mod expression;
mod item;

use super::ast::{Ast, Item};
use super::diagnostics::{Diagnostic, cut};
use super::error::{END, SyntaxError, SyntaxErrorKind};
use super::lexer::{Lexer, Token};
use super::names::Name;
use super::operators::Operators;
use crate::cancel;
use crate::span::Span;
use cranelift_entity::SecondaryMap;

/// How deep expressions may nest. A pair of parentheses, an argument, a
/// prefix operator, an assignment and each part of `if`, `for` and `var` is
/// a level.
pub const MAX_NESTING: u32 = 50_000;

/// What comes next in a text.
#[derive(Debug)]
pub enum Parsed {
    /// An item, well formed.
    Item(Item),
    /// A definition of an operator that cannot be changed, and the warning
    /// about it.
    Ignored(Diagnostic),
    /// A mistake; the parser stands behind the item that contains it.
    Refused(SyntaxError),
    /// Nothing more.
    End,
}

type Parse<T> = Result<T, Box<SyntaxError>>;

/// A parser in the middle of a text.
pub struct Parser<'s> {
    text: &'s str,
    lexer: Lexer<'s>,
    token: Token,
    span: Span,
    /// The end of the token before the current one.
    previous_end: u32,
    depth: u32,
    /// Whether an item ends with the line that completes it.
    by_lines: bool,
    /// How many constructs want another token after the present expression.
    unclosed: u32,
    /// Whether the last item was refused since the text ends in it.
    is_unfinished: bool,
    /// The prototype (by number) that last had a parameter of this name.
    param_of: SecondaryMap<Name, u32>,
    prototypes: u32,
}

impl<'s> Parser<'s> {
    /// A parser at the start of `text`, which must be shorter than 4 GiB.
    pub fn new(text: &'s str) -> Parser<'s> {
        Parser::starting_at(text, 0)
    }

    /// A parser at the byte `start`, where a token may begin.
    pub fn starting_at(text: &'s str, start: usize) -> Parser<'s> {
        let mut lexer = Lexer::starting_at(text, start);
        let (token, span) = lexer.token();
        Parser {
            text,
            lexer,
            token,
            span,
            previous_end: start as u32,
            depth: 0,
            by_lines: false,
            unclosed: 0,
            is_unfinished: false,
            param_of: SecondaryMap::new(),
            prototypes: 0,
        }
    }

    /// The same for a text whose lines are typed at a prompt: an item also
    /// ends at the end of a line that completes it, or of the line with the
    /// mistake for which it is refused.
    pub fn by_lines(text: &'s str, start: usize) -> Parser<'s> {
        Parser { by_lines: true, ..Parser::starting_at(text, start) }
    }

    /// Parses the next item into `ast`. An operator that the item defines
    /// is entered in `operators`, unless the item is refused.
    // ANCHOR: next_item
    pub fn next_item(
        &mut self,
        operators: &mut Operators,
        ast: &mut Ast,
    ) -> Parsed {
        while self.token == Token::Semicolon {
            self.advance();
        }
        if self.token == Token::End {
            return Parsed::End;
        }
        (self.depth, self.unclosed) = (0, 0);
        self.is_unfinished = false;
        let before = *operators;
        let mut item = ItemParser { p: self, operators, ast };
        item.item().unwrap_or_else(|error| {
            *operators = before;
            self.refuse(*error)
        })
    }
    // ANCHOR_END: next_item

    /// Whether the last item might have gone on if there were more text:
    /// nothing that ends it has been seen.
    pub fn is_open(&self) -> bool {
        let has_ended = self.text[..self.previous_end as usize].ends_with(';')
            || self.by_lines && !self.is_unfinished && self.is_at_new_line();
        self.token == Token::End && !has_ended
    }

    /// Where the next token begins.
    pub fn next_start(&self) -> usize {
        self.span.start as usize
    }

    /// Up to where the text has been consumed by the items so far.
    pub fn consumed(&self) -> usize {
        self.previous_end as usize
    }

    /// The text of the current token, cut when long, for a message.
    fn found(&self) -> String {
        let quoted = quote(&self.text[self.span.range()]);
        match self.token {
            Token::End => END.into(),
            token if token.is_keyword() => format!("the keyword {quoted}"),
            _ => quoted,
        }
    }

    #[inline]
    fn advance(&mut self) {
        self.previous_end = self.span.end;
        (self.token, self.span) = self.lexer.token();
    }

    fn refuse(&mut self, error: SyntaxError) -> Parsed {
        let is_at_end = error.span == self.span;
        self.is_unfinished = self.token == Token::End && is_at_end;
        self.recover(error.span);
        Parsed::Refused(error)
    }

    /// Skips to where the next item can begin: after a `;`, or at a `def`
    /// or `extern` that begins a line; at a prompt, at the next line.
    // ANCHOR: recover
    fn recover(&mut self, mistake: Span) {
        loop {
            let is_behind = self.previous_end > mistake.start;
            if self.by_lines && is_behind && self.is_at_new_line() {
                return;
            }
            match self.token {
                Token::End => return,
                _ if cancel::is_requested() => return,
                Token::Semicolon => return self.advance(),
                Token::Def | Token::Extern if self.begins_line() => return,
                _ => self.advance(),
            }
        }
    }
    // ANCHOR_END: recover

    /// Whether an item that is complete so far ends here, at the end of its
    /// line.
    #[inline]
    fn ends_with_line(&self) -> bool {
        self.by_lines && self.unclosed == 0 && self.is_at_new_line()
    }

    /// Whether the current token stands in a later line than the one before.
    fn is_at_new_line(&self) -> bool {
        let between = self.previous_end as usize..self.span.start as usize;
        self.text[between].contains('\n')
    }

    fn begins_line(&self) -> bool {
        let before =
            self.text[..self.span.start as usize].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['\n', '\r'])
    }
}

/// The parser at work on one item.
struct ItemParser<'p, 's> {
    p: &'p mut Parser<'s>,
    operators: &'p mut Operators,
    ast: &'p mut Ast,
}

impl ItemParser<'_, '_> {
    fn name(&mut self, expected: &'static str) -> Parse<Name> {
        if self.p.token != Token::Identifier {
            return Err(self.expected(expected));
        }
        let name = self.ast.names.intern(&self.p.text[self.p.span.range()]);
        self.p.advance();
        Ok(name)
    }

    /// The name of the function that an operator calls.
    fn operator_function(&mut self, prefix: &str, op: u8) -> Name {
        let mut text = [0; 8];
        text[..prefix.len()].copy_from_slice(prefix.as_bytes());
        text[prefix.len()] = op;
        let text = std::str::from_utf8(&text[..=prefix.len()]);
        self.ast.names.intern(text.expect("operators are ASCII"))
    }

    /// The operator character at the current token.
    fn operator(&self, expected: &'static str) -> Parse<u8> {
        match self.p.token {
            Token::Operator => {
                Ok(self.p.text.as_bytes()[self.p.span.start as usize])
            }
            _ => Err(self.expected(expected)),
        }
    }

    fn number_value(&self) -> f64 {
        let text = &self.p.text[self.p.span.range()];
        // A short integer is exact, and quick to read.
        if text.len() < 16
            && let Ok(integer) = text.parse::<u64>()
        {
            return integer as f64;
        }
        text.parse().expect("the lexer lets only numbers pass")
    }

    fn at_assign(&self) -> bool {
        self.p.token == Token::Operator
            && self.p.text.as_bytes()[self.p.span.start as usize] == b'='
    }

    fn expect_assign(&mut self, expected: &'static str) -> Parse<()> {
        if !self.at_assign() {
            return Err(self.expected(expected));
        }
        self.p.advance();
        Ok(())
    }

    fn expect(&mut self, token: Token, expected: &'static str) -> Parse<()> {
        if self.p.token != token {
            return Err(self.expected(expected));
        }
        self.p.advance();
        Ok(())
    }

    /// The error for a token that should be something else. Text that is no
    /// token at all is reported as that.
    #[cold]
    fn expected(&self, expected: &'static str) -> Box<SyntaxError> {
        let text = &self.p.text[self.p.span.range()];
        self.error(match self.p.token {
            Token::BadNumber => SyntaxErrorKind::MalformedNumber(cut(text)),
            Token::Unknown => {
                SyntaxErrorKind::UnexpectedCharacter(describe(text))
            }
            _ => SyntaxErrorKind::Expected { expected, found: self.p.found() },
        })
    }

    #[cold]
    fn error(&self, kind: SyntaxErrorKind) -> Box<SyntaxError> {
        error_at(kind, self.p.span)
    }
}

#[cold]
fn error_at(kind: SyntaxErrorKind, span: Span) -> Box<SyntaxError> {
    Box::new(SyntaxError { kind, span })
}

fn quote(text: &str) -> String {
    format!("`{}`", cut(text))
}

/// A character for a message: visible, with its number.
fn describe(text: &str) -> String {
    match text.chars().next() {
        Some('\u{fffd}') => {
            "U+FFFD, perhaps from text that is not UTF-8".into()
        }
        Some(c) if c.is_control() => format!("U+{:04X}", c as u32),
        Some(c) => format!("`{c}` (U+{:04X})", c as u32),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
