//! Expressions: operators, `if`, `for`, `var`, calls.

use super::{ItemParser, MAX_NESTING, Parse, error_at};
use crate::cancel;
use crate::recursion;
use crate::span::Span;
use crate::syntax::ast::{BinaryKind, Binding, Expr, ExprData};
use crate::syntax::error::SyntaxErrorKind;
use crate::syntax::lexer::Token;
use crate::syntax::names::Name;
use crate::syntax::operators::{BinaryOperator, Meaning};
use cranelift_entity::EntityList;

impl ItemParser<'_, '_> {
    /// An expression inside another: the one place where nesting is counted
    /// and the native stack is looked after.
    // ANCHOR: expression
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        self.nested(|parser| parser.climb(1))
    }
    // ANCHOR_END: expression

    /// An expression that does not end the item that it is in: something
    /// must follow.
    fn inner_expression(&mut self) -> Parse<Expr> {
        self.p.unclosed += 1;
        let result = self.expression();
        self.p.unclosed -= 1;
        result
    }

    // ANCHOR: nested
    fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Parse<T>,
    ) -> Parse<T> {
        if self.p.depth == MAX_NESTING {
            return Err(self.error(SyntaxErrorKind::TooDeep));
        }
        self.p.depth += 1;
        let result = recursion::guarded(|| parse(self));
        self.p.depth -= 1;
        result
    }
    // ANCHOR_END: nested

    /// Operands joined by operators that bind at least as tightly as
    /// `weakest`. To the right of an operator stands whatever binds tighter
    /// than it; what binds equally belongs to this loop, so that operators
    /// group to the left.
    // ANCHOR: climb
    fn climb(&mut self, weakest: u8) -> Parse<Expr> {
        cancel::check().map_err(|cancelled| self.error(cancelled.into()))?;
        let mut lhs = self.unary()?;
        while let Some((op, operator)) = self.peek_binary(weakest) {
            if operator.meaning == Meaning::Assign {
                lhs = self.assignment(lhs, operator.precedence)?;
                continue;
            }
            self.p.advance();
            let rhs = self.climb(operator.precedence + 1)?;
            let kind = self.binary_kind(op, operator.meaning);
            let start = self.ast.spans[lhs];
            lhs = self.finish(start, ExprData::Binary { kind, lhs, rhs });
        }
        Ok(lhs)
    }
    // ANCHOR_END: climb

    /// `target = value`, at the `=`. The only operator that groups to the
    /// right: the value may be an assignment itself.
    // ANCHOR: assignment
    fn assignment(&mut self, lhs: Expr, precedence: u8) -> Parse<Expr> {
        let target = self.target(lhs)?;
        self.p.advance();
        let value = self.nested(|parser| {
            let value = parser.climb(precedence + 1)?;
            match parser.at_assign() && !parser.p.ends_with_line() {
                true => parser.assignment(value, precedence),
                false => Ok(value),
            }
        })?;
        let start = self.ast.spans[lhs];
        Ok(self.finish(start, ExprData::Assign { target, value }))
    }
    // ANCHOR_END: assignment

    #[inline]
    // ANCHOR: peek_binary
    fn peek_binary(&self, weakest: u8) -> Option<(u8, BinaryOperator)> {
        if self.p.token != Token::Operator || self.p.ends_with_line() {
            return None;
        }
        let op = self.p.text.as_bytes()[self.p.span.start as usize];
        let operator = self.operators.binary(op)?;
        (operator.precedence >= weakest).then_some((op, operator))
    }
    // ANCHOR_END: peek_binary

    fn binary_kind(&mut self, op: u8, meaning: Meaning) -> BinaryKind {
        BinaryKind::new(meaning, || self.operator_function("binary", op))
            .expect("assignment is no binary expression")
    }

    /// The variable that an assignment writes.
    fn target(&self, lhs: Expr) -> Parse<Name> {
        match self.ast.exprs[lhs] {
            ExprData::Variable(name) => Ok(name),
            _ => Err(error_at(
                SyntaxErrorKind::AssignToNonVariable,
                self.ast.spans[lhs],
            )),
        }
    }

    // ANCHOR: unary
    fn unary(&mut self) -> Parse<Expr> {
        if self.p.token != Token::Operator {
            return self.primary();
        }
        let start = self.p.span;
        let op = self.operator("an expression")?;
        if !self.operators.is_unary(op) {
            let kind = SyntaxErrorKind::UndefinedUnary(op as char);
            return Err(self.error(kind));
        }
        self.p.advance();
        let operand = self.nested(Self::unary)?;
        let callee = self.operator_function("unary", op);
        let span = start.to(self.ast.spans[operand]);
        Ok(self.ast.push(ExprData::Unary { callee, operand }, span))
    }
    // ANCHOR_END: unary

    fn primary(&mut self) -> Parse<Expr> {
        match self.p.token {
            Token::Number => {
                let data = ExprData::Number(self.number_value());
                let expr = self.ast.push(data, self.p.span);
                self.p.advance();
                Ok(expr)
            }
            Token::Identifier => self.variable_or_call(),
            Token::LeftParen => {
                self.p.advance();
                let inner = self.inner_expression()?;
                self.expect(Token::RightParen, "`)` or an operator")?;
                Ok(inner)
            }
            Token::If => self.if_expression(),
            Token::For => self.for_expression(),
            Token::Var => self.var_expression(),
            _ => Err(self.expected("an expression")),
        }
    }

    fn variable_or_call(&mut self) -> Parse<Expr> {
        let start = self.p.span;
        let name = self.name("a name")?;
        if self.p.token != Token::LeftParen || self.p.ends_with_line() {
            return Ok(self.ast.push(ExprData::Variable(name), start));
        }
        self.p.advance();
        let mut args = EntityList::new();
        while self.p.token != Token::RightParen {
            if !args.is_empty() {
                self.expect(Token::Comma, "`,` or `)`")?;
            }
            let arg = self.inner_expression()?;
            args.push(arg, &mut self.ast.lists);
        }
        self.p.advance();
        Ok(self.finish(start, ExprData::Call { callee: name, args }))
    }

    #[inline(never)]
    fn if_expression(&mut self) -> Parse<Expr> {
        let start = self.p.span;
        self.p.advance();
        let condition = self.inner_expression()?;
        self.expect(Token::Then, "`then`")?;
        let then = self.inner_expression()?;
        self.expect(Token::Else, "`else`")?;
        let otherwise = self.expression()?;
        let data = ExprData::If { condition, then, otherwise };
        Ok(self.finish(start, data))
    }

    #[inline(never)]
    fn for_expression(&mut self) -> Parse<Expr> {
        let opening = self.p.span;
        self.p.advance();
        let variable = self.name("the loop variable's name")?;
        self.expect_assign("`=` and the first value")?;
        let start = self.inner_expression()?;
        self.expect(Token::Comma, "`,` and the condition")?;
        let condition = self.inner_expression()?;
        let step = match self.p.token {
            Token::Comma => {
                self.p.advance();
                Some(self.inner_expression()?)
            }
            _ => None,
        };
        self.expect(Token::In, "`in` and the loop's body")?;
        let body = self.expression()?;
        let data = ExprData::For { variable, start, condition, step, body };
        Ok(self.finish(opening, data))
    }

    #[inline(never)]
    fn var_expression(&mut self) -> Parse<Expr> {
        let start = self.p.span;
        let mut bindings = Vec::new();
        while bindings.is_empty() || self.p.token == Token::Comma {
            self.p.advance();
            let name = self.name("a variable's name")?;
            let value = match self.at_assign() {
                true => {
                    self.p.advance();
                    Some(self.inner_expression()?)
                }
                false => None,
            };
            bindings.push(Binding { name, value });
        }
        self.expect(Token::In, "`,` or `in`")?;
        let body = self.expression()?;
        let first = self.ast.bindings.len() as u32;
        let count = bindings.len() as u32;
        self.ast.bindings.extend(bindings);
        Ok(self.finish(start, ExprData::Var { first, count, body }))
    }

    /// Adds an expression that reaches from `start` to the last token.
    fn finish(&mut self, start: Span, data: ExprData) -> Expr {
        let span = Span { end: self.p.previous_end, ..start };
        self.ast.push(data, span)
    }
}
