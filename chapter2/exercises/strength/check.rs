//! What is exact is done, what is not is left, and no program can tell.

use crate::attempt::{agree, body, passed, same_values, unchanged};
use crate::{Verdict, ensure};
use chapter2::passes::Pass;

/// Numbers whose inverses are numbers, too.
const EXACT: [&str; 8] = [
    "2",
    "-8",
    "0.25",
    "1024",
    "4.450147717014403e-308",
    // The smallest and the largest that have one. The inverse of the latter
    // is below the normal numbers.
    "1.1125369292536007e-308",
    "8.98846567431158e307",
    "-1.1125369292536007e-308",
];

/// Numbers whose inverses are rounded, or no numbers.
const INEXACT: [&str; 8] =
    ["3", "10", "0.1", "-5", "0", "-0", "inf", "5.562684646268003e-309"];

/// Tries constants one by one, then random programs.
pub(super) fn check<P: Pass + Clone + 'static>(pass: P) -> Verdict {
    for (text, old, new) in [
        ("v2 = const 2\nv3 = mul v0, v2", "mul", "add v0, v0"),
        ("v2 = const 2\nv3 = mul v2, v1", "mul", "add v1, v1"),
        ("v2 = const -1\nv3 = mul v0, v2", "mul", "sub v"),
        ("v2 = const -1\nv3 = div v0, v2", "div", "sub v"),
    ] {
        becomes(&pass, text, old, new)?;
    }
    for number in EXACT {
        let text = format!("v2 = const {number}\nv3 = div v0, v2");
        becomes(&pass, &text, "div", "mul v0, v")?;
    }
    for number in INEXACT {
        let text = format!("v2 = const {number}\nv3 = div v0, v2\nreturn v3");
        same_values(&pass, &body(&text))?;
        unchanged(&pass, &[&text])?;
    }
    unchanged(
        &pass,
        &[
            "v2 = const 2\nv3 = div v2, v0\nreturn v3",
            "v2 = const 3\nv3 = mul v0, v2\nreturn v3",
            "v2 = const -1\nv3 = div v2, v0\nreturn v3",
        ],
    )?;
    agree(&pass, &["mem2reg"], 400)
}

/// An operation is replaced by another one that yields the same.
fn becomes<P: Pass + Clone + 'static>(
    pass: &P,
    text: &str,
    old: &str,
    new: &str,
) -> Verdict {
    let text = body(&format!("{text}\nreturn v3"));
    let found = passed(pass, &text)?.to_string();
    let is_done = !found.contains(&format!(" = {old} ")) && found.contains(new);
    ensure(is_done, || format!("`{old}` should become `{new}…` in\n{found}"))?;
    same_values(pass, &text)
}
