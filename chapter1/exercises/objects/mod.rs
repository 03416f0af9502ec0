//! Exercise: an object file of one's own.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    load,
    "`square` is not found",
    "nothing of a file that is refused may be defined"
);
