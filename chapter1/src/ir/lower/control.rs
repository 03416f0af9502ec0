//! `if` and `for`: expressions that are several blocks.

use super::Lowerer;
use crate::ir::{BinaryOp, Type, Value};
use crate::span::Span;
use crate::syntax::{Expr, Name};

impl Lowerer<'_> {
    #[inline(never)]
    // ANCHOR: if_expr
    pub(super) fn if_expr(
        &mut self,
        condition: Expr,
        then: Expr,
        otherwise: Expr,
    ) -> Value {
        let condition = self.condition(condition);
        let then_block = self.b.create_block();
        let else_block = self.b.create_block();
        let join = self.b.create_block();
        let result = self.b.append_param(join, Type::F64);
        self.b.branch(condition, (then_block, &[]), (else_block, &[]));
        for (block, expr) in [(then_block, then), (else_block, otherwise)] {
            self.b.switch_to(block);
            let value = self.expr(expr);
            self.b.jump(join, &[value]);
        }
        self.b.switch_to(join);
        result
    }
    // ANCHOR_END: if_expr

    /// Lowers a loop. The condition comes last and sees the old value of
    /// the variable, which the body may have assigned.
    #[inline(never)]
    // ANCHOR: for_expr
    pub(super) fn for_expr(
        &mut self,
        variable: Name,
        start: Value,
        (condition, step, body): (Expr, Option<Expr>, Expr),
        span: Span,
    ) -> Value {
        self.b.set_span(span);
        let (slot, outer) = self.bind(variable, start);
        let again = self.b.create_block();
        let after = self.b.create_block();
        self.b.jump(again, &[]);
        self.b.switch_to(again);
        self.expr(body);
        let step = match step {
            Some(step) => self.expr(step),
            None => self.at(span).constant(1.0),
        };
        let condition = self.condition(condition);
        let current = self.at(span).load(slot);
        let next = self.b.binary(BinaryOp::Add, current, step);
        self.b.store(slot, next);
        self.b.branch(condition, (again, &[]), (after, &[]));
        self.b.switch_to(after);
        self.slots[variable] = outer;
        self.b.constant(0.0)
    }
    // ANCHOR_END: for_expr
}
