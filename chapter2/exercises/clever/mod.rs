//! Exercise: a pass that is too clever.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    Clever,
    "def unary!(a)a-a+a;\n!(1/0)",
    "is NaN, not 0.0"
);
