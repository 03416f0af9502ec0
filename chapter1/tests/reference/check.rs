//! What is refused before it runs: names that nothing defines, calls with
//! the wrong number of arguments.

use chapter1::recursion;
use chapter1::syntax::ast::BinaryKind;
use chapter1::syntax::{Ast, Expr, ExprData, Name};
use std::collections::{BTreeSet, HashMap};

/// A walk over one body.
pub(super) struct Check<'a> {
    ast: &'a Ast,
    arities: &'a HashMap<String, usize>,
    scope: Vec<Name>,
    calls: BTreeSet<String>,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        ast: &'a Ast,
        arities: &'a HashMap<String, usize>,
    ) -> Check<'a> {
        let (scope, calls) = Default::default();
        Check { ast, arities, scope, calls }
    }

    /// The functions that a body calls; `Err` says what is wrong with it.
    pub(super) fn run(
        mut self,
        params: &[Name],
        body: Expr,
    ) -> Result<BTreeSet<String>, String> {
        self.scope.extend(params);
        self.expr(body)?;
        Ok(self.calls)
    }

    fn expr(&mut self, expr: Expr) -> Result<(), String> {
        recursion::guarded(|| match self.ast.exprs[expr] {
            ExprData::Number(_) => Ok(()),
            ExprData::Variable(name) => self.variable(name),
            ExprData::Assign { target, value } => {
                self.variable(target)?;
                self.expr(value)
            }
            ExprData::Unary { callee, operand } => {
                self.call(callee, &[operand])
            }
            ExprData::Binary { kind: BinaryKind::User(name), lhs, rhs } => {
                self.call(name, &[lhs, rhs])
            }
            ExprData::Binary { lhs, rhs, .. } => self.all(&[lhs, rhs]),
            ExprData::Call { callee, args } => {
                self.call(callee, args.as_slice(&self.ast.lists))
            }
            ExprData::If { condition, then, otherwise } => {
                self.all(&[condition, then, otherwise])
            }
            ExprData::For { variable, start, condition, step, body } => {
                self.expr(start)?;
                self.scope.push(variable);
                self.all(&[body, condition])?;
                self.all(step.as_slice())?;
                self.scope.pop();
                Ok(())
            }
            ExprData::Var { first, count, body } => {
                let outer = self.scope.len();
                let range = first as usize..(first + count) as usize;
                for binding in &self.ast.bindings[range] {
                    self.all(binding.value.as_slice())?;
                    self.scope.push(binding.name);
                }
                self.expr(body)?;
                self.scope.truncate(outer);
                Ok(())
            }
        })
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<(), String> {
        exprs.iter().try_for_each(|&expr| self.expr(expr))
    }

    fn variable(&self, name: Name) -> Result<(), String> {
        match self.scope.contains(&name) {
            true => Ok(()),
            false => Err(format!("unknown variable `{}`", self.ast.text(name))),
        }
    }

    fn call(&mut self, callee: Name, args: &[Expr]) -> Result<(), String> {
        let name = self.ast.text(callee);
        let found = args.len();
        match self.arities.get(name) {
            None => return Err(format!("unknown function `{name}`")),
            Some(&arity) if arity != found => {
                return Err(format!(
                    "`{name}` takes {arity} arguments, not {found}"
                ));
            }
            Some(_) => {}
        }
        self.calls.insert(name.to_owned());
        self.all(args)
    }
}
