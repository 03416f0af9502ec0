//! Exercise: cheaper operations, and when they are the same.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    Strength,
    "`mul` should become `add v0, v0…`",
    "f(5.0, 0.0) is 1.6666666666666667, not 1.6666666666666665"
);
