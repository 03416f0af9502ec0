//! Exercise: a command of the prompt.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    REACH,
    "after `def f(x) g(x)`, `:reach f` prints \"\"",
    "`even` calls `odd`, which calls `even`"
);
