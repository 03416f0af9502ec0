//! Definitions, declarations and their prototypes.

use super::{ItemParser, Parse, Parsed, error_at};
use crate::span::Span;
use crate::syntax::ast::{Item, Param, Prototype, PrototypeKind};
use crate::syntax::diagnostics::{Diagnostic, cut};
use crate::syntax::error::SyntaxErrorKind;
use crate::syntax::lexer::Token;
use crate::syntax::names::Name;
use crate::syntax::operators::{DEFAULT_PRECEDENCE, MAX_PRECEDENCE, Operators};

impl ItemParser<'_, '_> {
    /// An item with all that belongs to it, the `;` included.
    pub(super) fn item(&mut self) -> Parse<Parsed> {
        let parsed = match self.p.token {
            Token::Def => self.definition()?,
            Token::Extern => self.external()?,
            _ => {
                let body = self.expression()?;
                Parsed::Item(Item::Expression { body })
            }
        };
        self.end_of_item()?;
        Ok(parsed)
    }

    // ANCHOR: definition
    fn definition(&mut self) -> Parse<Parsed> {
        let start = self.p.span;
        self.p.advance();
        let (prototype, precedence) = self.prototype()?;
        let ignored = self.declare(&prototype, precedence);
        let body = self.expression()?;
        if ignored {
            return Ok(self.ignored(&prototype, start));
        }
        Ok(Parsed::Item(Item::Definition { prototype, body }))
    }
    // ANCHOR_END: definition

    fn external(&mut self) -> Parse<Parsed> {
        let start = self.p.span;
        self.p.advance();
        let (prototype, precedence) = self.prototype()?;
        if self.declare(&prototype, precedence) {
            return Ok(self.ignored(&prototype, start));
        }
        Ok(Parsed::Item(Item::Extern { prototype }))
    }

    /// Makes an operator known, from the end of its prototype on; true if
    /// it is one that cannot be redefined.
    fn declare(&mut self, prototype: &Prototype, precedence: u8) -> bool {
        match prototype.kind {
            PrototypeKind::Function => {}
            PrototypeKind::Unary(op) => self.operators.define_unary(op),
            PrototypeKind::Binary(op) if Operators::is_fixed(op) => {
                return true;
            }
            PrototypeKind::Binary(op) => {
                self.operators.define_binary(op, precedence);
            }
        }
        false
    }

    fn ignored(&self, prototype: &Prototype, start: Span) -> Parsed {
        let PrototypeKind::Binary(op) = prototype.kind else {
            unreachable!("only binary operators are fixed")
        };
        let title =
            format!("`{}` is built in and keeps its meaning", op as char);
        Parsed::Ignored(
            Diagnostic::warning(title, start.to(prototype.span))
                .label("this has no effect"),
        )
    }

    /// `name(a b)`, `unary!(a)` or `binary| 5 (a b)`; with the precedence.
    fn prototype(&mut self) -> Parse<(Prototype, u8)> {
        let start = self.p.span;
        let (kind, name) = match self.p.token {
            Token::Identifier => {
                let name = self.name("a function's name")?;
                (PrototypeKind::Function, name)
            }
            Token::Unary => {
                let (op, name) = self.operator_name()?;
                (PrototypeKind::Unary(op), name)
            }
            Token::Binary => {
                let (op, name) = self.operator_name()?;
                (PrototypeKind::Binary(op), name)
            }
            _ => return Err(self.expected("a function's name")),
        };
        let span = Span { end: self.p.previous_end, ..start };
        let precedence = match kind {
            PrototypeKind::Binary(_) => self.precedence()?,
            _ => DEFAULT_PRECEDENCE,
        };
        let params = self.params()?;
        let prototype = Prototype { name, kind, params, span };
        self.check_operator_params(&prototype)?;
        Ok((prototype, precedence))
    }

    /// `unary!` or `binary|`: the operator, and the function's name.
    fn operator_name(&mut self) -> Parse<(u8, Name)> {
        let prefix = match self.p.token {
            Token::Unary => "unary",
            _ => "binary",
        };
        self.p.advance();
        let op = self.operator("an operator character")?;
        self.p.advance();
        Ok((op, self.operator_function(prefix, op)))
    }

    fn precedence(&mut self) -> Parse<u8> {
        if self.p.token != Token::Number {
            return Ok(DEFAULT_PRECEDENCE);
        }
        let value = self.number_value();
        if value.fract() != 0.0
            || !(1.0..=f64::from(MAX_PRECEDENCE)).contains(&value)
        {
            return Err(self.error(SyntaxErrorKind::Precedence));
        }
        self.p.advance();
        Ok(value as u8)
    }

    fn params(&mut self) -> Parse<std::ops::Range<usize>> {
        self.expect(Token::LeftParen, "`(` and the parameters")?;
        self.p.prototypes += 1;
        let first = self.ast.params.len();
        while self.p.token != Token::RightParen {
            if self.ast.params.len() > first && self.p.token == Token::Comma {
                self.p.advance();
            }
            let span = self.p.span;
            let name = self.name("a parameter's name or `)`")?;
            if self.p.param_of[name] == self.p.prototypes {
                let text = cut(self.ast.text(name));
                let kind = SyntaxErrorKind::DuplicateParameter(text);
                return Err(error_at(kind, span));
            }
            self.p.param_of[name] = self.p.prototypes;
            self.ast.params.push(Param { name, span });
        }
        self.p.advance();
        Ok(first..self.ast.params.len())
    }

    fn check_operator_params(&self, prototype: &Prototype) -> Parse<()> {
        let found = prototype.params.len();
        let (kind, wanted) = match prototype.kind {
            PrototypeKind::Unary(_) if found != 1 => ("unary", "one parameter"),
            PrototypeKind::Binary(_) if found != 2 => {
                ("binary", "two parameters")
            }
            _ => return Ok(()),
        };
        let kind = SyntaxErrorKind::OperatorParameters { kind, wanted, found };
        Err(error_at(kind, prototype.span))
    }

    /// What follows an item must end it, or begin another.
    fn end_of_item(&mut self) -> Parse<()> {
        if self.p.ends_with_line() {
            return Ok(());
        }
        match self.p.token {
            Token::Semicolon => self.p.advance(),
            Token::Operator => {
                let op = self.operator("an operator")?;
                if !self.operators.is_unary(op) {
                    let kind = match self.operators.binary(op) {
                        Some(_) => SyntaxErrorKind::Trailing(self.p.found()),
                        None => SyntaxErrorKind::UndefinedBinary(op as char),
                    };
                    return Err(self.error(kind));
                }
            }
            Token::RightParen
            | Token::Comma
            | Token::Then
            | Token::Else
            | Token::In
            | Token::Binary
            | Token::Unary => {
                let kind = SyntaxErrorKind::Trailing(self.p.found());
                return Err(self.error(kind));
            }
            Token::BadNumber | Token::Unknown => {
                return Err(self.expected("the end of the item"));
            }
            _ => {}
        }
        Ok(())
    }
}
