//! Tokens to tree: recursive descent for statements, precedence climbing
//! for operators.
//!
//! The parser yields one item at a time, because an item can change how the
//! next one reads: it may define an operator. A mistake refuses the item it
//! is in, and the next call goes on after it.

use super::ast::{
    Ast, BinaryKind, Binding, Expr, ExprData, Item, Param, Prototype,
    PrototypeKind,
};
use super::diagnostics::Diagnostic;
use super::error::{END, SyntaxError, SyntaxErrorKind};
use super::lexer::{Lexer, Token};
use super::names::Name;
use super::operators::{
    BinaryOperator, DEFAULT_PRECEDENCE, MAX_PRECEDENCE, Meaning, Operators,
};
use crate::recursion;
use crate::span::Span;
use cranelift_entity::{EntityList, SecondaryMap};

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
            param_of: SecondaryMap::new(),
            prototypes: 0,
        }
    }

    /// Parses the next item into `ast`. An operator that the item defines
    /// is entered in `operators`, unless the item is refused.
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
        let before = *operators;
        self.depth = 0;
        let mut item = ItemParser { p: self, operators, ast };
        let parsed = item.item().and_then(|parsed| {
            item.end_of_item()?;
            Ok(parsed)
        });
        parsed.unwrap_or_else(|error| {
            *operators = before;
            self.recover();
            Parsed::Refused(*error)
        })
    }

    /// Whether the last item might have gone on if there were more text:
    /// nothing that ends it has been seen.
    pub fn is_open(&self) -> bool {
        self.token == Token::End
            && !self.text[..self.previous_end as usize].ends_with(';')
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

    /// Skips to where the next item can begin: after a `;`, or at a `def`
    /// or `extern` that begins a line.
    fn recover(&mut self) {
        loop {
            match self.token {
                Token::End => return,
                Token::Semicolon => return self.advance(),
                Token::Def | Token::Extern if self.begins_line() => return,
                _ => self.advance(),
            }
        }
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
    fn item(&mut self) -> Parse<Parsed> {
        match self.p.token {
            Token::Def => self.definition(),
            Token::Extern => self.external(),
            _ => {
                let body = self.expression()?;
                Ok(Parsed::Item(Item::Expression { body }))
            }
        }
    }

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
        match self.p.token {
            Token::Semicolon => self.p.advance(),
            Token::Operator => {
                let op = self.operator("an operator")?;
                if !self.operators.is_unary(op) {
                    let kind = SyntaxErrorKind::UndefinedBinary(op as char);
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

    /// An expression inside another: the one place where nesting is counted
    /// and the native stack is looked after.
    fn expression(&mut self) -> Parse<Expr> {
        self.nested(|parser| parser.climb(1))
    }

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

    /// Operands joined by operators that bind at least as tightly as
    /// `weakest`. To the right of an operator stands whatever binds tighter
    /// than it; what binds equally belongs to this loop, so that operators
    /// group to the left.
    fn climb(&mut self, weakest: u8) -> Parse<Expr> {
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

    /// `target = value`, at the `=`. The only operator that groups to the
    /// right: the value may be an assignment itself.
    fn assignment(&mut self, lhs: Expr, precedence: u8) -> Parse<Expr> {
        let target = self.target(lhs)?;
        self.p.advance();
        let value = self.nested(|parser| {
            let value = parser.climb(precedence + 1)?;
            match parser.at_assign() {
                true => parser.assignment(value, precedence),
                false => Ok(value),
            }
        })?;
        let start = self.ast.spans[lhs];
        Ok(self.finish(start, ExprData::Assign { target, value }))
    }

    #[inline]
    fn peek_binary(&self, weakest: u8) -> Option<(u8, BinaryOperator)> {
        if self.p.token != Token::Operator {
            return None;
        }
        let op = self.p.text.as_bytes()[self.p.span.start as usize];
        let operator = self.operators.binary(op)?;
        (operator.precedence >= weakest).then_some((op, operator))
    }

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
                let inner = self.expression()?;
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
        if self.p.token != Token::LeftParen {
            return Ok(self.ast.push(ExprData::Variable(name), start));
        }
        self.p.advance();
        let mut args = EntityList::new();
        while self.p.token != Token::RightParen {
            if !args.is_empty() {
                self.expect(Token::Comma, "`,` or `)`")?;
            }
            let arg = self.expression()?;
            args.push(arg, &mut self.ast.lists);
        }
        self.p.advance();
        Ok(self.finish(start, ExprData::Call { callee: name, args }))
    }

    fn if_expression(&mut self) -> Parse<Expr> {
        let start = self.p.span;
        self.p.advance();
        let condition = self.expression()?;
        self.expect(Token::Then, "`then`")?;
        let then = self.expression()?;
        self.expect(Token::Else, "`else`")?;
        let otherwise = self.expression()?;
        let data = ExprData::If { condition, then, otherwise };
        Ok(self.finish(start, data))
    }

    fn for_expression(&mut self) -> Parse<Expr> {
        let opening = self.p.span;
        self.p.advance();
        let variable = self.name("the loop variable's name")?;
        self.expect_assign("`=` and the first value")?;
        let start = self.expression()?;
        self.expect(Token::Comma, "`,` and the condition")?;
        let condition = self.expression()?;
        let step = match self.p.token {
            Token::Comma => {
                self.p.advance();
                Some(self.expression()?)
            }
            _ => None,
        };
        self.expect(Token::In, "`in` and the loop's body")?;
        let body = self.expression()?;
        let data = ExprData::For { variable, start, condition, step, body };
        Ok(self.finish(opening, data))
    }

    fn var_expression(&mut self) -> Parse<Expr> {
        let start = self.p.span;
        let mut bindings = Vec::new();
        while bindings.is_empty() || self.p.token == Token::Comma {
            self.p.advance();
            let name = self.name("a variable's name")?;
            let value = match self.at_assign() {
                true => {
                    self.p.advance();
                    Some(self.expression()?)
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

/// A text for a message: its beginning, if it is long.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
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
