//! Exercise: what has just been stored need not be loaded.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    Forward,
    "what s0 holds is known at `v2 = load s0`",
    "s0 is read once in each round"
);
