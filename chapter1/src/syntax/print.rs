//! The tree as text: each item in one bracketed form, operators first.

use super::ast::{Ast, BinaryKind, Expr, ExprData, Item, Prototype};
use crate::recursion;
use std::fmt::{self, Display, Formatter};

/// Lines are indented by at most this many columns, so that the printed
/// size stays proportional to the tree's however deep it is.
const MAX_INDENT: usize = 40;

/// An item with its arena, to print.
///
/// `def f(x) if x < 1 then 2 else f(x-1)` prints as
/// ```text
/// (def f (x)
///   (if (< x 1)
///     2
///     (f (- x 1))))
/// ```
pub struct PrintItem<'a>(pub &'a Ast, pub &'a Item);

impl Display for PrintItem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let PrintItem(ast, item) = self;
        match item {
            Item::Definition { prototype, body } => {
                write_prototype(ast, "def", prototype, f)?;
                write_line(ast, *body, 2, f)?;
                f.write_str(")")
            }
            Item::Extern { prototype } => {
                write_prototype(ast, "extern", prototype, f)?;
                f.write_str(")")
            }
            Item::Expression { body } => write_expr(ast, *body, 0, f),
        }
    }
}

fn write_prototype(
    ast: &Ast,
    keyword: &str,
    prototype: &Prototype,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    write!(f, "({keyword} {} (", ast.text(prototype.name))?;
    for (index, param) in ast.params(prototype).iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        write!(f, "{space}{}", ast.text(param.name))?;
    }
    f.write_str(")")
}

/// Writes an expression on a line of its own.
fn write_line(
    ast: &Ast,
    expr: Expr,
    indent: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    write!(f, "\n{:width$}", "", width = indent.min(MAX_INDENT))?;
    write_expr(ast, expr, indent, f)
}

fn write_expr(
    ast: &Ast,
    expr: Expr,
    indent: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    recursion::guarded(|| match ast.exprs[expr] {
        ExprData::Number(value) => write!(f, "{value}"),
        ExprData::Variable(name) => f.write_str(ast.text(name)),
        ExprData::Assign { target, value } => {
            write!(f, "(= {} ", ast.text(target))?;
            write_expr(ast, value, indent, f)?;
            f.write_str(")")
        }
        ExprData::Unary { callee, operand } => {
            write!(f, "({}", ast.text(callee))?;
            write_operands(ast, &[operand], indent, f)
        }
        ExprData::Binary { kind, lhs, rhs } => {
            let name = match kind {
                BinaryKind::Less => "<",
                BinaryKind::Arithmetic(op) => op.symbol(),
                BinaryKind::User(name) => ast.text(name),
            };
            write!(f, "({name}")?;
            write_operands(ast, &[lhs, rhs], indent, f)
        }
        ExprData::Call { callee, args } => {
            write!(f, "({}", ast.text(callee))?;
            write_operands(ast, args.as_slice(&ast.lists), indent, f)
        }
        ExprData::If { condition, then, otherwise } => {
            f.write_str("(if ")?;
            write_expr(ast, condition, indent + 4, f)?;
            write_line(ast, then, indent + 2, f)?;
            write_line(ast, otherwise, indent + 2, f)?;
            f.write_str(")")
        }
        ExprData::For { variable, start, condition, step, body } => {
            write!(f, "(for (= {} ", ast.text(variable))?;
            write_expr(ast, start, indent + 2, f)?;
            f.write_str(") ")?;
            write_expr(ast, condition, indent + 2, f)?;
            if let Some(step) = step {
                f.write_str(" ")?;
                write_expr(ast, step, indent + 2, f)?;
            }
            write_line(ast, body, indent + 2, f)?;
            f.write_str(")")
        }
        ExprData::Var { first, count, body } => {
            f.write_str("(var")?;
            let first = first as usize;
            for binding in &ast.bindings[first..first + count as usize] {
                write!(f, " (= {}", ast.text(binding.name))?;
                let value = binding.value.as_slice();
                write_operands(ast, value, indent + 2, f)?;
            }
            write_line(ast, body, indent + 2, f)?;
            f.write_str(")")
        }
    })
}

/// Writes operands on the same line, and the closing parenthesis.
fn write_operands(
    ast: &Ast,
    operands: &[Expr],
    indent: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    for &operand in operands {
        f.write_str(" ")?;
        write_expr(ast, operand, indent, f)?;
    }
    f.write_str(")")
}
