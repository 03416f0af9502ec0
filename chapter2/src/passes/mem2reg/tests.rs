//! Where a variable's value comes from.

use super::Mem2Reg;
use crate::passes::tests::{assert_unchanged, body, run};
use insta::assert_snapshot;

/// A function of two numbers with one slot.
fn promote(text: &str) -> String {
    promote_slots("s0 = slot f64", text)
}

fn promote_slots(slots: &str, text: &str) -> String {
    let text = body(text).replacen('\n', &format!("\n{slots}\n"), 1);
    run(&Mem2Reg, &text)
}

#[test]
fn a_load_yields_what_was_stored() {
    assert_snapshot!(promote(
        "store v0, s0
         v2 = load s0
         v3 = add v2, v1
         store v3, s0
         v4 = load s0
         v5 = mul v4, v2
         return v5"
    ));
}

#[test]
fn where_two_ways_meet_a_parameter_is_born() {
    assert_snapshot!(promote(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         store v0, s0
         jump block3
         block2:
         store v1, s0
         jump block3
         block3:
         v3 = load s0
         return v3"
    ));
}

#[test]
fn a_loop_carries_its_variable() {
    assert_snapshot!(promote(
        "store v0, s0
         jump block1
         block1:
         v2 = load s0
         v3 = add v2, v2
         store v3, s0
         v4 = ult v3, v1
         branch v4, block1, block2
         block2:
         v5 = load s0
         return v5"
    ));
}

#[test]
fn a_slot_that_nobody_reads_needs_no_parameter() {
    assert_snapshot!(promote(
        "store v0, s0
         v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         store v1, s0
         jump block2
         block2: return v0"
    ));
}

#[test]
fn a_slot_that_nothing_was_stored_to_holds_zero() {
    assert_snapshot!(promote_slots(
        "s0 = slot f64 s1 = slot bool",
        "jump block1
         block1:
         v2 = load s0
         v3 = load s1
         v4 = select v3, v2, v0
         store v1, s0
         v5 = ult v4, v1
         branch v5, block1, block2
         block2: return v4"
    ));
}

#[test]
fn a_slot_may_hold_a_truth_value() {
    assert_snapshot!(promote_slots(
        "s0 = slot bool",
        "v2 = ult v0, v1
         store v2, s0
         branch v2, block1, block2
         block1:
         v3 = one v0, v1
         store v3, s0
         jump block2
         block2:
         v4 = load s0
         v5 = from_bool v4
         return v5"
    ));
}

#[test]
fn each_of_two_nested_loops_carries_what_changes_in_it() {
    assert_snapshot!(promote_slots(
        "s0 = slot f64 s1 = slot f64",
        "store v0, s0
         jump block1
         block1:
         store v1, s1
         jump block2
         block2:
         v2 = load s1
         v3 = add v2, v0
         store v3, s1
         v4 = ult v3, v1
         branch v4, block2, block3
         block3:
         v5 = load s0
         v6 = add v5, v3
         store v6, s0
         v7 = ult v6, v1
         branch v7, block1, block4
         block4:
         v8 = load s0
         return v8"
    ));
}

/// `s` is stored to in `block2` alone. Its parameter in `block3` is one more
/// value, which meets the first one in `block1`.
#[test]
fn what_one_branch_changes_is_a_parameter_twice() {
    assert_snapshot!(promote_slots(
        "s0 = slot f64 s1 = slot f64",
        "v2 = const 0
         store v2, s0
         v3 = const 1
         store v3, s1
         jump block1
         block1:
         v4 = load s1
         v5 = ult v4, v1
         branch v5, block2, block3
         block2:
         v6 = load s0
         v7 = load s1
         v8 = add v6, v7
         store v8, s0
         jump block3
         block3:
         v9 = load s1
         v10 = add v9, v3
         store v10, s1
         v11 = ult v9, v0
         branch v11, block1, block4
         block4:
         v12 = load s0
         return v12"
    ));
}

#[test]
fn what_nobody_reaches_goes() {
    assert_snapshot!(promote(
        "store v0, s0
         jump block2
         block1:
         v2 = load s0
         store v1, s0
         jump block2
         block2:
         v3 = load s0
         return v3"
    ));
}

/// In `block3` two stores meet, but it stores again before anybody reads.
#[test]
fn a_parameter_is_only_where_somebody_will_read_it() {
    assert_snapshot!(promote(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         store v0, s0
         v3 = load s0
         jump block3(v3)
         block2:
         store v1, s0
         v4 = load s0
         jump block3(v4)
         block3(v5: f64):
         store v5, s0
         jump block4
         block4:
         v6 = load s0
         return v6"
    ));
}

/// The value stored in the loop is what was loaded before it: a chain of
/// replacements.
#[test]
fn a_value_moves_from_slot_to_slot() {
    assert_snapshot!(promote_slots(
        "s0 = slot f64 s1 = slot f64",
        "store v0, s0
         v2 = load s0
         store v2, s1
         v3 = load s1
         store v3, s0
         v4 = load s0
         return v4"
    ));
}

#[test]
fn without_slots_nothing_happens() {
    assert_unchanged(&Mem2Reg, &body("v2 = add v0, v1 return v2"));
}
