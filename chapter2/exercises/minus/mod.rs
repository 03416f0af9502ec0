//! Exercise: a peephole pass for negations.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    Minus,
    "`v5 = mul v3, v3` should become `v5 = mul v0, v0`",
    "f(0.0, -0.0) is 0.0, not -0.0"
);
