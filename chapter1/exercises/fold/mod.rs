//! Exercise: arithmetic that the compiler can do.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(
    check::check,
    fold,
    "still has `v3 = mul v1, v2`, whose operands are constants",
    "`nothing(0 - 1)` should be -0.0, not 0.0"
);
