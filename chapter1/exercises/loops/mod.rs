//! Exercise: how many loops a block is in.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    depths,
    "one loop: block1 is in 0 loops, not in 1",
    "two ways back: block1 is in 2 loops, not in 1"
);
