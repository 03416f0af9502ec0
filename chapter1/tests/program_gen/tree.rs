//! The tree that a program is meant to be, and how it should print.

use std::fmt::{self, Display, Formatter};

/// A variable's name.
pub(super) type Variable = &'static str;

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    /// A literal, and its value.
    Number(&'static str, f64),
    Variable(Variable),
    Assign(Variable, Box<Tree>),
    Unary(char, Box<Tree>),
    Binary(Operator, Box<(Tree, Tree)>),
    Call(&'static str, Vec<Tree>),
    If(Box<(Tree, Tree, Tree)>),
    For(Variable, Box<For>),
    Var(Vec<(Variable, Option<Tree>)>, Box<Tree>),
}

/// The parts of a loop.
#[derive(Clone, Debug)]
pub(super) struct For {
    pub(super) start: Tree,
    pub(super) condition: Tree,
    pub(super) step: Option<Tree>,
    pub(super) body: Tree,
}

/// An operator between two operands, as it is where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    pub(super) symbol: char,
    pub(super) precedence: u8,
    /// Whether the program has defined it.
    pub(super) user: bool,
}

/// What a prototype names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    Function(&'static str),
    Unary(char),
    /// With the precedence that is written there, if any.
    Binary(char, Option<u8>),
}

/// A name and its parameters.
#[derive(Clone, Debug)]
pub(super) struct Prototype {
    pub(super) callee: Callee,
    pub(super) params: Vec<Variable>,
}

/// An item.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Extern(Prototype),
    Definition(Prototype, Tree),
    Expression(Tree),
}

impl Item {
    /// How many expressions it consists of.
    pub(super) fn size(&self) -> usize {
        match self {
            Item::Extern(_) => 0,
            Item::Definition(_, tree) | Item::Expression(tree) => tree.size(),
        }
    }
}

impl Tree {
    fn size(&self) -> usize {
        1 + match self {
            Tree::Number(..) | Tree::Variable(_) => 0,
            Tree::Assign(_, tree) | Tree::Unary(_, tree) => tree.size(),
            Tree::Binary(_, both) => both.0.size() + both.1.size(),
            Tree::Call(_, args) => args.iter().map(Tree::size).sum(),
            Tree::If(parts) => parts.0.size() + parts.1.size() + parts.2.size(),
            Tree::For(_, parts) => {
                parts.start.size()
                    + parts.condition.size()
                    + parts.step.as_ref().map_or(0, Tree::size)
                    + parts.body.size()
            }
            Tree::Var(bindings, body) => {
                let values = bindings.iter().flat_map(|(_, value)| value);
                values.map(Tree::size).sum::<usize>() + body.size()
            }
        }
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Item::Extern(prototype) => write!(f, "(extern {prototype})"),
            Item::Definition(prototype, body) => {
                write!(f, "(def {prototype}")?;
                on_new_line(body, 2, f)?;
                f.write_str(")")
            }
            Item::Expression(tree) => show(tree, 0, f),
        }
    }
}

impl Display for Prototype {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let params = self.params.join(" ");
        match self.callee {
            Callee::Function(name) => write!(f, "{name} ({params})"),
            Callee::Unary(op) => write!(f, "unary{op} ({params})"),
            Callee::Binary(op, _) => write!(f, "binary{op} ({params})"),
        }
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let prefix = if self.user { "binary" } else { "" };
        write!(f, "{prefix}{}", self.symbol)
    }
}

/// The tree after a line break. No line is indented by more than 40.
fn on_new_line(
    tree: &Tree,
    indent: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    write!(f, "\n{}", " ".repeat(indent.min(40)))?;
    show(tree, indent, f)
}

/// The tree where the line already is; what it breaks goes in by `indent`.
fn show(tree: &Tree, indent: usize, f: &mut Formatter<'_>) -> fmt::Result {
    match tree {
        Tree::Number(_, value) => write!(f, "{value}"),
        Tree::Variable(name) => f.write_str(name),
        Tree::Assign(name, value) => {
            write!(f, "(= {name}")?;
            rest([value.as_ref()], indent, f)
        }
        Tree::Unary(op, operand) => {
            write!(f, "(unary{op}")?;
            rest([operand.as_ref()], indent, f)
        }
        Tree::Binary(op, both) => {
            write!(f, "({op}")?;
            rest([&both.0, &both.1], indent, f)
        }
        Tree::Call(name, args) => {
            write!(f, "({name}")?;
            rest(args, indent, f)
        }
        Tree::If(parts) => {
            f.write_str("(if ")?;
            show(&parts.0, indent + 4, f)?;
            on_new_line(&parts.1, indent + 2, f)?;
            on_new_line(&parts.2, indent + 2, f)?;
            f.write_str(")")
        }
        Tree::For(name, parts) => {
            write!(f, "(for (= {name}")?;
            rest([&parts.start], indent + 2, f)?;
            f.write_str(" ")?;
            show(&parts.condition, indent + 2, f)?;
            if let Some(step) = &parts.step {
                f.write_str(" ")?;
                show(step, indent + 2, f)?;
            }
            on_new_line(&parts.body, indent + 2, f)?;
            f.write_str(")")
        }
        Tree::Var(bindings, body) => {
            f.write_str("(var")?;
            for (name, value) in bindings {
                write!(f, " (= {name}")?;
                rest(value, indent + 2, f)?;
            }
            on_new_line(body, indent + 2, f)?;
            f.write_str(")")
        }
    }
}

/// The last trees of a form, and its end.
fn rest<'t>(
    trees: impl IntoIterator<Item = &'t Tree>,
    indent: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    for tree in trees {
        f.write_str(" ")?;
        show(tree, indent, f)?;
    }
    f.write_str(")")
}
