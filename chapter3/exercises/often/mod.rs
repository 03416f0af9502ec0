//! Exercise: compile with a function what it calls most often.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    often,
    "with `top`, 1 more: [], not [\"twice\"]",
    "with `top`, 2 more: [\"a\", \"deep\"], not [\"a\", \"shared\"]"
);
