//! Operators between two operands, and the truth of an expression.

use super::Lowerer;
use crate::ir::{FloatCondition, Value};
use crate::span::Span;
use crate::syntax::ast::BinaryKind;
use crate::syntax::{Expr, ExprData};
use smallvec::SmallVec;

impl Lowerer<'_> {
    /// Lowers a chain of operators. `a + b + c` is `(a + b) + c`: a long
    /// sum is a tree that is deep on its left, so that side is walked by a
    /// loop.
    #[inline(never)]
    // ANCHOR: operators
    pub(super) fn operators(&mut self, expr: Expr) -> Value {
        let mut chain = SmallVec::<[_; 4]>::new();
        let mut leftmost = expr;
        while let ExprData::Binary { kind, lhs, rhs } = self.ast.exprs[leftmost]
        {
            chain.push((kind, rhs, self.ast.spans[leftmost]));
            leftmost = lhs;
        }
        let mut value = self.expr(leftmost);
        while let Some((kind, rhs, span)) = chain.pop() {
            let rhs = self.expr(rhs);
            value = self.binary(kind, value, rhs, span);
        }
        value
    }
    // ANCHOR_END: operators

    // ANCHOR: binary
    fn binary(
        &mut self,
        kind: BinaryKind,
        lhs: Value,
        rhs: Value,
        span: Span,
    ) -> Value {
        match kind {
            BinaryKind::Arithmetic(op) => self.at(span).binary(op, lhs, rhs),
            BinaryKind::Less => {
                let b = self.at(span);
                let less = b.compare(FloatCondition::Ult, lhs, rhs);
                b.from_bool(less)
            }
            BinaryKind::User(callee) => self.call(callee, &[lhs, rhs], span),
        }
    }
    // ANCHOR_END: binary

    /// Lowers an expression of which only the truth is wanted. `a < b`
    /// yields a truth value to begin with.
    // ANCHOR: condition
    pub(super) fn condition(&mut self, expr: Expr) -> Value {
        let span = self.ast.spans[expr];
        if let ExprData::Binary { kind: BinaryKind::Less, lhs, rhs } =
            self.ast.exprs[expr]
        {
            let lhs = self.expr(lhs);
            let rhs = self.expr(rhs);
            return self.at(span).compare(FloatCondition::Ult, lhs, rhs);
        }
        let value = self.expr(expr);
        let b = self.at(span);
        let zero = b.constant(0.0);
        b.compare(FloatCondition::One, value, zero)
    }
    // ANCHOR_END: condition
}
