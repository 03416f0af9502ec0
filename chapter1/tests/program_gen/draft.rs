//! Drafts: programs whose names are still numbers, to be taken modulo the
//! number of names that there turn out to be.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Draft {
    Number(usize),
    /// A NaN, an infinity, a zero of either sign.
    Special(usize),
    Variable(usize),
    Assign(usize, Box<Draft>),
    Unary(usize, Box<Draft>),
    Binary(usize, Box<(Draft, Draft)>),
    /// `a + (b + (c + …))`: keeps all of the operands alive.
    Sum(Vec<Draft>),
    Call(usize, Vec<Draft>),
    Host(usize, Vec<Draft>),
    /// A call of the function itself, a few levels deep.
    Recurse(Box<Draft>, Vec<Draft>),
    If(Box<(Draft, Draft, Draft)>),
    /// A loop that counts to a small number.
    Count(usize, Count, Box<Draft>),
    /// A loop with anything anywhere, and a counter of its own to end it.
    Loop(usize, Box<Loop>),
    Var(Vec<(usize, Option<Draft>)>, Box<Draft>),
}

/// Where a counting loop begins, ends, and by what it steps.
#[derive(Clone, Debug)]
pub(super) struct Count {
    pub(super) start: usize,
    pub(super) limit: usize,
    pub(super) step: Option<usize>,
}

/// The parts of any other loop.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub(super) rounds: usize,
    pub(super) start: Draft,
    pub(super) condition: Draft,
    pub(super) step: Option<Draft>,
    pub(super) body: Draft,
}

/// What a definition defines.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// With so many parameters.
    Function(usize),
    Unary(usize),
    /// With this precedence, if any.
    Binary(usize, Option<u8>),
}

/// A definition.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) kind: Kind,
    /// Which name its first parameter has.
    pub(super) names: usize,
    /// Whether it may call itself.
    pub(super) recursive: bool,
    /// Whether an `extern` precedes it.
    pub(super) declared: bool,
    pub(super) body: Draft,
}

/// A program.
#[derive(Clone, Debug)]
pub(super) struct Drafts {
    pub(super) functions: Vec<Function>,
    pub(super) expressions: Vec<Draft>,
    /// What decides on parentheses, blanks and comments; 0 is plain.
    pub(super) layout: u64,
}

/// All drafts.
pub(super) fn drafts() -> impl Strategy<Value = Drafts> {
    let functions = vec(function(), 1..=4);
    let expressions = vec(expression(), 1..=4);
    let layout = prop_oneof![1 => Just(0), 4 => any::<u64>()];
    (functions, expressions, layout).prop_map(
        |(functions, expressions, layout)| Drafts {
            functions,
            expressions,
            layout,
        },
    )
}

fn function() -> impl Strategy<Value = Function> {
    let precedence = prop_oneof![
        1..=100u8,
        // On a par with a built-in operator, and next to one.
        prop::sample::select(vec![1u8, 2, 3, 10, 11, 19, 20, 40, 41, 100]),
    ];
    let kind = prop_oneof![
        4 => (0..=4usize).prop_map(Kind::Function),
        1 => (5..=12usize).prop_map(Kind::Function),
        1 => any_index().prop_map(Kind::Unary),
        2 => (any_index(), option::of(precedence))
            .prop_map(|(op, precedence)| Kind::Binary(op, precedence)),
    ];
    let flags = (prop::bool::weighted(0.4), prop::bool::weighted(0.2));
    (kind, any_index(), flags, expression()).prop_map(
        |(kind, names, (recursive, declared), body)| Function {
            kind,
            names,
            recursive,
            declared,
            body,
        },
    )
}

fn any_index() -> impl Strategy<Value = usize> {
    0..60usize
}

fn expression() -> impl Strategy<Value = Draft> {
    let leaf = prop_oneof![
        3 => any_index().prop_map(Draft::Number),
        1 => any_index().prop_map(Draft::Special),
        5 => any_index().prop_map(Draft::Variable),
    ];
    leaf.prop_recursive(7, 64, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let pair = (inner.clone(), inner.clone());
        let triple = (inner.clone(), inner.clone(), inner.clone());
        let args = |most| vec(inner.clone(), 0..=most);
        prop_oneof![
            3 => (any_index(), boxed())
                .prop_map(|(i, value)| Draft::Assign(i, value)),
            2 => (any_index(), boxed())
                .prop_map(|(op, operand)| Draft::Unary(op, operand)),
            9 => (any_index(), pair)
                .prop_map(|(op, both)| Draft::Binary(op, Box::new(both))),
            1 => args(24).prop_map(Draft::Sum),
            4 => (any_index(), args(4)).prop_map(|(i, a)| Draft::Call(i, a)),
            6 => (any_index(), args(2)).prop_map(|(i, a)| Draft::Host(i, a)),
            2 => (boxed(), args(3)).prop_map(|(b, a)| Draft::Recurse(b, a)),
            3 => triple.prop_map(|all| Draft::If(Box::new(all))),
            1 => (any_index(), count(), boxed())
                .prop_map(|(i, count, body)| Draft::Count(i, count, body)),
            2 => (any_index(), any_loop(inner.clone()))
                .prop_map(|(i, parts)| Draft::Loop(i, Box::new(parts))),
            3 => (vec((any_index(), option::of(inner.clone())), 1..4), boxed())
                .prop_map(|(bindings, body)| Draft::Var(bindings, body)),
        ]
    })
}

fn count() -> impl Strategy<Value = Count> {
    (0..3usize, 0..6usize, option::of(0..3usize))
        .prop_map(|(start, limit, step)| Count { start, limit, step })
}

fn any_loop(
    inner: impl Strategy<Value = Draft> + Clone,
) -> impl Strategy<Value = Loop> {
    let step = option::of(inner.clone());
    (1..5usize, (inner.clone(), inner.clone(), step, inner)).prop_map(
        |(rounds, (start, condition, step, body))| Loop {
            rounds,
            start,
            condition,
            step,
            body,
        },
    )
}
