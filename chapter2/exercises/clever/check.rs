//! Random programs, each made as small as can be that the pass gets wrong;
//! then what is left of its cleverness.

use crate::attempt::{agree, body, passed, same_values, unchanged};
use crate::{Verdict, ensure};
use chapter2::passes::Pass;

/// Tries random programs, then functions by hand.
pub(super) fn check<P: Pass + Clone + 'static>(pass: P) -> Verdict {
    agree(&pass, &["mem2reg"], 2_000)?;
    for text in [
        "v2 = const 7\nv3 = sub v2, v2\nreturn v3",
        "v2 = const -0\nv3 = sub v2, v2\nreturn v3",
        "v2 = ult v0, v1\nv3 = from_bool v2\nv4 = sub v3, v3\nreturn v4",
        "v2 = ult v0, v1
        v3 = const 3
        v4 = const 1e300
        v5 = select v2, v3, v4
        v6 = sub v5, v5
        return v6",
    ] {
        let text = body(text);
        let found = passed(&pass, &text)?.to_string();
        ensure(!found.contains(" = sub "), || {
            format!("this difference is always 0:\n{found}")
        })?;
        same_values(&pass, &text)?;
    }
    // Finite, and then too large.
    let text = "v2 = const 1e300\nv3 = mul v2, v2\nv4 = sub v3, v3\nreturn v4";
    same_values(&pass, &body(text))?;
    unchanged(
        &pass,
        &[
            "v2 = sub v0, v0\nreturn v2",
            "v2 = sub v0, v1\nreturn v2",
            "v2 = const inf\nv3 = sub v2, v2\nreturn v3",
            "v2 = mul v0, v0\nv3 = sub v2, v2\nreturn v3",
        ],
    )
}
