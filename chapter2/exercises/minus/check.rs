//! The rules that hold are applied, the others are not, and no program can
//! tell.

use crate::attempt::{agree, body, passed, same_values, unchanged};
use crate::{Verdict, ensure};
use chapter1::ir::{Function, InstData};
use chapter2::passes::Pass;

/// Tries rules one by one, then random programs.
pub(super) fn check<P: Pass + Clone + 'static>(pass: P) -> Verdict {
    let negations = "v2 = const 0
        v3 = sub v2, v0
        v4 = sub v2, v1\n";
    for (rule, expected) in [
        ("v5 = mul v3, v3", "v5 = mul v0, v0"),
        ("v5 = div v3, v3", "v5 = div v0, v0"),
        ("v6 = ult v3, v4\nv5 = from_bool v6", "v6 = ult v1, v0"),
        ("v6 = oge v3, v4\nv5 = from_bool v6", "v6 = oge v1, v0"),
        ("v6 = sub v2, v3\nv5 = mul v6, v6", "v5 = mul v0, v0"),
    ] {
        let text = body(&format!("{negations}{rule}\nreturn v5"));
        let found = passed(&pass, &text)?;
        ensure(is_in(&found, expected), || {
            let rule = rule.lines().next().unwrap_or_default();
            format!("`{rule}` should become `{expected}`, in\n{found}")
        })?;
        same_values(&pass, &text)?;
    }
    for text in [
        "v5 = mul v3, v4",
        "v6 = sub v0, v1\nv5 = sub v2, v6",
        "v6 = sub v3, v1\nv5 = sub v2, v6",
        "v5 = sub v2, v3",
        "v6 = ult v3, v1\nv5 = from_bool v6",
    ] {
        same_values(&pass, &body(&format!("{negations}{text}\nreturn v5")))?;
    }
    unchanged(
        &pass,
        &[
            "v2 = sub v1, v0\nv3 = mul v2, v2\nreturn v3",
            "v2 = const -0\nv3 = sub v2, v0\nreturn v3",
        ],
    )?;
    agree(&pass, &["mem2reg", "gvn"], 400)
}

fn is_in(function: &Function, expected: &str) -> bool {
    let mut insts = function.blocks.values().flat_map(|block| &block.insts);
    insts.any(|&inst| {
        let is_constant = matches!(function.insts[inst], InstData::Const(_));
        !is_constant && function.display_inst(inst).to_string() == expected
    })
}
