//! Exercise: a pass that is too clever.

mod almost;
mod answer;
mod check;
mod starter;
mod yours;

crate::exercise!(check::check, Clever, SMALLEST.trim(), "is NaN, not 0.0");

/// What the check says of the starter.
// ANCHOR: SMALLEST
const SMALLEST: &str = r#"
item 1: expected Value(NaN) (0xfff8000000000000), output ""
 but found Value(inf) (0x7ff0000000000000), output "", in
def unary!(a)a-a+a;
!(1/0)
"#;
// ANCHOR_END: SMALLEST
