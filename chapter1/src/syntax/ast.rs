//! The tree: expressions in an arena, children before their parents.

use super::names::{Name, Names};
use super::operators::Meaning;
use crate::ir::BinaryOp;
use crate::span::Span;
use cranelift_entity::{EntityList, ListPool, PrimaryMap, entity_impl};
use std::ops::Range;

/// An expression in the arena.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expr(u32);
entity_impl!(Expr, "expr");

/// What an operator between two operands does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum BinaryKind {
    /// `<`
    Less,
    /// `+ - * /`
    Arithmetic(BinaryOp),
    /// Calls this function.
    User(Name),
}

/// An expression. Parentheses leave no trace.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ExprData {
    /// `1.5`
    Number(f64),
    /// `x`
    Variable(Name),
    /// `target = value`
    Assign {
        /// The variable.
        target: Name,
        /// Its new value.
        value: Expr,
    },
    /// `!operand`
    Unary {
        /// The function that the operator calls.
        callee: Name,
        /// Its argument.
        operand: Expr,
    },
    /// `lhs + rhs`
    Binary {
        /// The operator.
        kind: BinaryKind,
        /// The left operand, evaluated first.
        lhs: Expr,
        /// The right operand.
        rhs: Expr,
    },
    /// `callee(args)`
    Call {
        /// The function.
        callee: Name,
        /// Its arguments.
        args: EntityList<Expr>,
    },
    /// `if condition then then else otherwise`
    If {
        /// What decides.
        condition: Expr,
        /// The value if true.
        then: Expr,
        /// The value if false.
        otherwise: Expr,
    },
    /// `for variable = start, condition, step in body`
    For {
        /// The loop variable.
        variable: Name,
        /// Its first value.
        start: Expr,
        /// Whether to go on.
        condition: Expr,
        /// What is added each time, `1.0` if absent.
        step: Option<Expr>,
        /// What is repeated.
        body: Expr,
    },
    /// `var a = x, b in body`
    Var {
        /// The first of the variables in [`Ast::bindings`].
        first: u32,
        /// How many there are.
        count: u32,
        /// Where they are visible.
        body: Expr,
    },
}

/// One variable of a `var`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Binding {
    /// Its name.
    pub name: Name,
    /// Its first value, `0.0` if absent.
    pub value: Option<Expr>,
}

/// A parameter of a prototype.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub span: Span,
}

/// How a function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrototypeKind {
    /// By its name.
    Function,
    /// As a prefix operator.
    Unary(u8),
    /// As an operator between two operands.
    Binary(u8),
}

/// The name and parameters of a function.
#[derive(Clone, PartialEq, Debug)]
pub struct Prototype {
    /// The function's name; `unary!` or `binary|` for an operator.
    pub name: Name,
    /// How it is called.
    pub kind: PrototypeKind,
    /// The parameters, as a range of [`Ast::params`].
    pub params: Range<usize>,
    /// Where the name stands.
    pub span: Span,
}

/// What a program is a sequence of.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    /// `def prototype body`
    Definition {
        /// The function's name and parameters.
        prototype: Prototype,
        /// What it computes.
        body: Expr,
    },
    /// `extern prototype`
    Extern {
        /// The function that is promised.
        prototype: Prototype,
    },
    /// An expression to evaluate now.
    Expression {
        /// The expression.
        body: Expr,
    },
}

/// The arena. It may hold one item or many.
#[derive(Clone, Default, Debug)]
// ANCHOR: Ast
pub struct Ast {
    /// The names that the tree mentions.
    pub names: Names,
    /// The expressions.
    pub exprs: PrimaryMap<Expr, ExprData>,
    /// Where each expression stands.
    pub spans: PrimaryMap<Expr, Span>,
    /// The variables of every `var`.
    pub bindings: Vec<Binding>,
    /// The parameters of every prototype.
    pub params: Vec<Param>,
    /// The arguments of every call.
    pub lists: ListPool<Expr>,
}
// ANCHOR_END: Ast

impl Ast {
    /// Forgets all expressions, and keeps names and allocations.
    pub fn clear(&mut self) {
        self.exprs.clear();
        self.spans.clear();
        self.bindings.clear();
        self.params.clear();
        self.lists.clear();
    }

    /// Adds an expression.
    pub fn push(&mut self, data: ExprData, span: Span) -> Expr {
        self.spans.push(span);
        self.exprs.push(data)
    }

    /// The parameters of a prototype.
    pub fn params(&self, prototype: &Prototype) -> &[Param] {
        &self.params[prototype.params.clone()]
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }
}

impl BinaryKind {
    /// The kind that an operator's meaning stands for; `user` names the
    /// function of a user-defined one.
    pub(super) fn new(
        meaning: Meaning,
        user: impl FnOnce() -> Name,
    ) -> Option<BinaryKind> {
        match meaning {
            Meaning::Assign => None,
            Meaning::Less => Some(BinaryKind::Less),
            Meaning::Arithmetic(op) => Some(BinaryKind::Arithmetic(op)),
            Meaning::User => Some(BinaryKind::User(user())),
        }
    }
}
