//! Functions whose allocations are changed.

use crate::ir::{Module, parse_module};

/// Two loops, one in the other, around a call; values from before the loops
/// that are needed inside, behind, and on both sides of the call.
pub(super) const LOOPS: &str = "\
function @loops(f64, f64, bool) -> f64 {
    fn0 = function @f(f64, f64) -> f64
block0(v0: f64, v1: f64, v2: bool):
    v3 = const 1.0
    v4 = add v0, v1
    jump block1(v0, v1)
block1(v5: f64, v6: f64):
    v7 = ult v5, v4
    branch v7, block2(v6, v5), block5(v5)
block2(v8: f64, v9: f64):
    v10 = call fn0(v9, v8)
    v11 = sub v10, v0
    branch v2, block3(v11), block2(v9, v11)
block3(v12: f64):
    v13 = add v12, v3
    v14 = one v13, v1
    branch v14, block2(v13, v12), block4
block4:
    jump block1(v6, v13)
block5(v15: f64):
    v16 = mul v15, v4
    v17 = add v16, v1
    return v17
}";

/// Parameters that change places around a loop, of both types, and targets
/// that differ in their arguments only.
const SWAPS: &str = "\
function @swaps(f64, f64, f64, bool, bool) -> f64 {
block0(v0: f64, v1: f64, v2: f64, v3: bool, v4: bool):
    jump block1(v0, v1, v2, v3, v4)
block1(v5: f64, v6: f64, v7: f64, v8: bool, v9: bool):
    v10 = ult v5, v6
    branch v10, block1(v6, v7, v5, v9, v8), block2
block2:
    v11 = select v9, v5, v7
    branch v8, block3(v11, v6), block3(v6, v11)
block3(v12: f64, v13: f64):
    v14 = from_bool v8
    v15 = div v12, v13
    v16 = sub v15, v14
    return v16
}";

/// Arguments on the stack, of both types and in both directions, and
/// truth values that are kept across a call.
pub(super) const CALLS: &str = "\
function @calls(f64, f64, f64, f64, f64, f64, f64, f64, f64, f64) -> f64 {
    s0 = slot f64
    s1 = slot bool
    fn0 = function @many(f64, f64, f64, f64, f64, f64, f64, f64, f64, f64, \
        f64, bool, bool, bool, bool, bool, bool, bool) -> bool
    fn1 = runtime @note(bool)
block0(v0: f64, v1: f64, v2: f64, v3: f64, v4: f64, v5: f64, v6: f64, \
       v7: f64, v8: f64, v9: f64):
    v10 = const 2.5
    v11 = bconst true
    v12 = ult v0, v9
    v13 = one v8, v10
    v14 = add v0, v8
    store v14, s0
    v15 = call fn0(v9, v8, v7, v6, v5, v4, v3, v2, v1, v14, v10, v12, v13, \
        v11, v12, v13, v11, v12)
    call fn1(v15)
    store v12, s1
    v16 = load s0
    v17 = load s1
    v18 = select v17, v16, v9
    v19 = select v15, v18, v10
    v20 = mul v19, v1
    v21 = from_bool v13
    v22 = sub v20, v21
    return v22
}";

/// Forty values that are all live at once, then summed up.
pub(super) fn crowd() -> String {
    let mut text = String::from(
        "function @crowd(f64, f64) -> f64 {\nblock0(v0: f64, v1: f64):\n",
    );
    for v in 2..42 {
        text += &format!("v{v} = mul v{}, v{}\n", v - 1, v - 2);
    }
    text += "v42 = ult v1, v0\nbranch v42, block1(v2, v3), block2\n";
    text += "block1(v43: f64, v44: f64):\nv45 = sub v43, v44\n";
    for v in 46..84 {
        text += &format!("v{v} = sub v{}, v{}\n", v - 1, v - 42);
    }
    text + "return v83\nblock2:\nv84 = div v2, v41\nreturn v84\n}"
}

/// A loop with more parameters than registers, each of which takes the value
/// of the next; half of them are needed in a call as well.
fn rotation() -> String {
    let list = |values: std::ops::Range<usize>, suffix: &str| {
        let list = values.map(|v| format!("v{v}{suffix}"));
        list.collect::<Vec<_>>().join(", ")
    };
    let mut text = format!(
        "function @rotation(f64, f64) -> f64 {{\n\
         fn0 = function @f({types}) -> f64\n\
         block0(v0: f64, v1: f64):\n\
         jump block1({first})\n\
         block1({params}):\n",
        types = ["f64"; 12].join(", "),
        first = ["v0"; 24].join(", "),
        params = list(2..26, ": f64"),
    );
    text += "v26 = ult v2, v1\nbranch v26, block2, block3\n";
    text += &format!("block2:\njump block1({}, v2)\n", list(3..26, ""));
    text += &format!("block3:\nv27 = call fn0({})\n", list(2..14, ""));
    text += "v28 = div v27, v3\nv29 = ult v28, v1\n";
    text += &format!("branch v29, block1({}, v27), ", list(2..25, ""));
    text + "block4(v3, v2)\n\
        block4(v30: f64, v31: f64):\nv32 = sub v30, v31\nreturn v32\n}"
}

pub(super) fn modules() -> [Module; 5] {
    [LOOPS, SWAPS, CALLS, &crowd(), &rotation()].map(|text| {
        parse_module(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    })
}
