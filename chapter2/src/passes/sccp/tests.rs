//! What is constant, and what only looks like it.

use super::Sccp;
use crate::passes::tests::{assert_unchanged, body, run};
use insta::assert_snapshot;

fn sccp(text: &str) -> String {
    run(&Sccp, &body(text))
}

#[test]
fn arithmetic_on_constants_is_worked_out() {
    assert_snapshot!(sccp(
        "v2 = const 1
         v3 = const 3
         v4 = div v2, v3
         v5 = mul v4, v3
         v6 = add v5, v0
         return v6"
    ));
}

#[test]
fn a_branch_on_a_constant_becomes_a_jump() {
    assert_snapshot!(sccp(
        "v2 = const 1
         v3 = const 2
         v4 = ult v2, v3
         branch v4, block1, block2
         block1: jump block3(v0)
         block2: jump block3(v1)
         block3(v5: f64): return v5"
    ));
}

#[test]
fn ways_that_bring_the_same_constant_make_a_constant() {
    assert_snapshot!(sccp(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = const 2
         jump block3(v3)
         block2:
         v4 = const 1
         v5 = add v4, v4
         jump block3(v5)
         block3(v6: f64):
         v7 = mul v6, v6
         return v7"
    ));
}

/// The variable of the loop is 1 if it is not changed; and it is not changed
/// if it is 1. Only who dares to assume that can find it out.
#[test]
fn a_loop_that_never_changes_its_variable_is_seen_through() {
    assert_snapshot!(sccp(
        "v2 = const 1
         jump block1(v2, v0)
         block1(v3: f64, v4: f64):
         v5 = const 0
         v6 = one v3, v5
         branch v6, block3(v3), block2
         block2:
         v7 = const 7
         jump block3(v7)
         block3(v8: f64):
         v9 = add v4, v8
         v10 = ult v9, v1
         branch v10, block1(v8, v9), block4
         block4: return v9"
    ));
}

/// The parameter of block 2 is given up before the block is looked at. What
/// the block defines is not known then, and must not be passed on.
#[test]
// ANCHOR: a_block_reached_twice_at_once_passes_on_what_it_defines
fn a_block_reached_twice_at_once_passes_on_what_it_defines() {
    assert_unchanged(
        &Sccp,
        &body(
            "v2 = ult v0, v1
             v3 = bconst true
             v4 = bconst false
             v5 = const 1
             branch v2, block1, block3(v5)
             block1:
             v6 = ult v1, v0
             branch v6, block2(v3), block2(v4)
             block2(v7: bool):
             v8 = const 0
             branch v7, block1, block3(v8)
             block3(v9: f64): return v9",
        ),
    );
}
// ANCHOR_END: a_block_reached_twice_at_once_passes_on_what_it_defines

#[test]
fn truth_values_are_constants_too() {
    assert_snapshot!(sccp(
        "v2 = bconst true
         v3 = from_bool v2
         v4 = select v2, v3, v0
         v5 = select v2, v1, v0
         v6 = add v4, v5
         return v6"
    ));
}

#[test]
fn zeros_keep_their_signs() {
    assert_snapshot!(sccp(
        "v2 = const 0
         v3 = const -1
         v4 = mul v2, v3
         v5 = div v3, v4
         return v5"
    ));
}

#[test]
fn two_zeros_of_different_sign_are_two_values() {
    assert_unchanged(
        &Sccp,
        &body(
            "v2 = ult v0, v1
             v3 = const 0
             v4 = const -0
             branch v2, block1(v3), block1(v4)
             block1(v5: f64):
             v6 = div v0, v5
             return v6",
        ),
    );
}

#[test]
fn what_is_nan_is_left_to_the_processor() {
    assert_unchanged(
        &Sccp,
        &body(
            "v2 = const 0
             v3 = div v2, v2
             v4 = const inf
             v5 = sub v4, v4
             v6 = add v3, v5
             return v6",
        ),
    );
}

#[test]
fn a_product_with_zero_is_not_always_zero() {
    assert_unchanged(
        &Sccp,
        &body(
            "v2 = const 0
             v3 = mul v0, v2
             return v3",
        ),
    );
}

#[test]
fn a_variable_that_changes_on_the_way_round_is_not_constant() {
    assert_unchanged(
        &Sccp,
        &body(
            "v2 = const 1
             jump block1(v2)
             block1(v3: f64):
             v4 = add v3, v2
             v5 = ult v4, v0
             branch v5, block1(v4), block2
             block2: return v4",
        ),
    );
}

#[test]
fn calls_are_never_worked_out() {
    assert_unchanged(
        &Sccp,
        "function @f() -> f64 {
         fn0 = function @sin(f64) -> f64
         block0:
         v0 = const 0
         v1 = call fn0(v0)
         return v1
         }",
    );
}
