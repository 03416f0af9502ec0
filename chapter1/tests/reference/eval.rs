//! The value of an expression, and the order of its effects.

use super::{Code, host};
use chapter1::ir::BinaryOp;
use chapter1::recursion;
use chapter1::syntax::ast::BinaryKind;
use chapter1::syntax::{Expr, ExprData, Name};
use std::collections::HashMap;
use std::rc::Rc;

/// Why there is no value.
pub(super) enum Stop {
    OutOfFuel,
    TooDeep,
}

/// The variables of one activation, the innermost last.
type Scope = Vec<(Name, f64)>;

/// An evaluation under way.
pub(super) struct Machine<'m> {
    pub(super) definitions: &'m HashMap<String, Rc<Code>>,
    pub(super) fuel: &'m mut u64,
    /// How many more calls may be entered without leaving one.
    pub(super) depth: u32,
    pub(super) output: &'m mut Vec<u8>,
}

impl Machine<'_> {
    /// The value of `expr`, which is part of `code`.
    pub(super) fn eval(
        &mut self,
        code: &Code,
        scope: &mut Scope,
        expr: Expr,
    ) -> Result<f64, Stop> {
        if *self.fuel == 0 {
            return Err(Stop::OutOfFuel);
        }
        *self.fuel -= 1;
        recursion::guarded(|| match code.ast.exprs[expr] {
            ExprData::Number(value) => Ok(value),
            ExprData::Variable(name) => Ok(*find(scope, name)),
            ExprData::Assign { target, value } => {
                let value = self.eval(code, scope, value)?;
                *find(scope, target) = value;
                Ok(value)
            }
            ExprData::Unary { callee, operand } => {
                self.call(code, scope, callee, &[operand])
            }
            ExprData::Binary { kind: BinaryKind::User(name), lhs, rhs } => {
                self.call(code, scope, name, &[lhs, rhs])
            }
            // ANCHOR: binary
            ExprData::Binary { kind, lhs, rhs } => {
                let lhs = self.eval(code, scope, lhs)?;
                let rhs = self.eval(code, scope, rhs)?;
                Ok(built_in(kind, lhs, rhs))
            }
            // ANCHOR_END: binary
            ExprData::Call { callee, args } => {
                let args = args.as_slice(&code.ast.lists);
                self.call(code, scope, callee, args)
            }
            ExprData::If { condition, then, otherwise } => {
                let condition = self.eval(code, scope, condition)?;
                let branch = if truth(condition) { then } else { otherwise };
                self.eval(code, scope, branch)
            }
            ExprData::For { variable, start, condition, step, body } => {
                let start = self.eval(code, scope, start)?;
                scope.push((variable, start));
                let parts = Loop { variable, condition, step, body };
                let result = self.repeat(code, scope, parts);
                scope.pop();
                result
            }
            ExprData::Var { first, count, body } => {
                let outer = scope.len();
                let range = first as usize..(first + count) as usize;
                for binding in &code.ast.bindings[range] {
                    let value = match binding.value {
                        Some(value) => self.eval(code, scope, value)?,
                        None => 0.0,
                    };
                    scope.push((binding.name, value));
                }
                let result = self.eval(code, scope, body);
                scope.truncate(outer);
                result
            }
        })
    }

    fn repeat(
        &mut self,
        code: &Code,
        scope: &mut Scope,
        parts: Loop,
    ) -> Result<f64, Stop> {
        loop {
            self.eval(code, scope, parts.body)?;
            let step = match parts.step {
                Some(step) => self.eval(code, scope, step)?,
                None => 1.0,
            };
            let condition = self.eval(code, scope, parts.condition)?;
            *find(scope, parts.variable) += step;
            if !truth(condition) {
                return Ok(0.0);
            }
        }
    }

    fn call(
        &mut self,
        code: &Code,
        scope: &mut Scope,
        callee: Name,
        args: &[Expr],
    ) -> Result<f64, Stop> {
        let mut values = Vec::new();
        for &arg in args {
            values.push(self.eval(code, scope, arg)?);
        }
        let name = code.ast.text(callee);
        let Some(callee) = self.definitions.get(name) else {
            return Ok(host::call(name, &values, self.output));
        };
        if self.depth == 0 {
            return Err(Stop::TooDeep);
        }
        self.depth -= 1;
        let mut scope = callee.params.iter().copied().zip(values).collect();
        let result = self.eval(callee, &mut scope, callee.body);
        self.depth += 1;
        result
    }
}

/// The parts of a `for` that are evaluated again and again.
struct Loop {
    variable: Name,
    condition: Expr,
    step: Option<Expr>,
    body: Expr,
}

/// The innermost variable of this name.
// ANCHOR: find
fn find(scope: &mut Scope, name: Name) -> &mut f64 {
    let found = scope.iter_mut().rev().find(|(known, _)| *known == name);
    &mut found.expect("checked: every name is in scope").1
}
// ANCHOR_END: find

/// Ordered and not equal to zero.
fn truth(value: f64) -> bool {
    !value.is_nan() && value != 0.0
}

fn built_in(kind: BinaryKind, lhs: f64, rhs: f64) -> f64 {
    match kind {
        // Less or unordered: a NaN on either side makes it true.
        BinaryKind::Less => {
            let less = lhs < rhs || lhs.is_nan() || rhs.is_nan();
            if less { 1.0 } else { 0.0 }
        }
        BinaryKind::Arithmetic(BinaryOp::Add) => lhs + rhs,
        BinaryKind::Arithmetic(BinaryOp::Sub) => lhs - rhs,
        BinaryKind::Arithmetic(BinaryOp::Mul) => lhs * rhs,
        BinaryKind::Arithmetic(BinaryOp::Div) => lhs / rhs,
        BinaryKind::User(_) => unreachable!("called, not built in"),
    }
}
