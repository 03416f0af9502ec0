//! Exercise: symbols that nobody has defined.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    generator,
    "`pi()` should be 3.14",
    "asked for `pi` a second time"
);
