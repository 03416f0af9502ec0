//! Exercise: a session that compiles on several threads.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    session,
    "are not made at the same time",
    "are not made at the same time"
);
