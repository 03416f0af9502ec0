//! Exercise: a dylib whose functions are stubs of another one's.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    facade,
    "`area` is not found in the facade",
    "`area` was called 3 times, and asked for 3 times, not once"
);
