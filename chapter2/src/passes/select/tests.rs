//! Which branches become instructions, and which stay.

use super::Select;
use crate::passes::tests::{assert_unchanged, body, run};
use insta::assert_snapshot;

fn select(text: &str) -> String {
    run(&Select, &body(text))
}

fn stays(text: &str) {
    assert_unchanged(&Select, &body(text));
}

#[test]
fn a_branch_between_two_values_becomes_a_select() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1: jump block3(v0)
         block2: jump block3(v1)
         block3(v3: f64): return v3"
    ));
}

#[test]
fn one_cheap_instruction_may_be_executed_without_need() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         branch v2, block1, block2(v0)
         block1:
         v3 = add v0, v1
         jump block2(v3)
         block2(v4: f64): return v4"
    ));
}

#[test]
fn a_branch_with_both_ways_to_one_block_needs_no_blocks() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         branch v2, block1(v0, v1), block1(v1, v1)
         block1(v3: f64, v4: f64):
         v5 = sub v3, v4
         return v5"
    ));
}

#[test]
fn a_choice_between_one_and_zero_is_the_condition_itself() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = const 1
         jump block3(v3)
         block2:
         v4 = const 0
         jump block3(v4)
         block3(v5: f64): return v5"
    ));
}

#[test]
fn a_choice_between_zero_and_one_is_the_opposite_condition() {
    assert_snapshot!(select(
        "v2 = one v0, v1
         v3 = const 0
         v4 = const 1
         branch v2, block1(v3), block1(v4)
         block1(v5: f64): return v5"
    ));
}

#[test]
fn a_choice_between_no_and_yes_is_a_comparison() {
    assert_snapshot!(select(
        "v2 = bconst false
         v3 = bconst true
         v4 = ult v0, v1
         branch v4, block1(v2), block1(v3)
         block1(v5: bool):
         v6 = select v5, v0, v1
         return v6"
    ));
}

#[test]
fn a_branch_that_makes_no_difference_goes() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1: jump block2
         block2: return v0"
    ));
}

/// `block6` can still be entered from elsewhere, so it keeps its parameter.
#[test]
fn others_may_come_to_the_same_place() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = add v0, v0
         v4 = add v3, v1
         jump block6(v4)
         block2:
         v5 = one v0, v1
         branch v5, block3, block4
         block3: jump block6(v0)
         block4: jump block6(v1)
         block6(v6: f64): return v6"
    ));
}

#[test]
fn two_branches_one_after_the_other_become_two_selects() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         branch v2, block1(v0), block1(v1)
         block1(v3: f64):
         v4 = one v3, v1
         branch v4, block2, block3(v3)
         block2:
         v5 = mul v3, v3
         jump block3(v5)
         block3(v6: f64): return v6"
    ));
}

#[test]
fn the_back_edges_of_a_loop_may_be_chosen_between() {
    assert_snapshot!(select(
        "jump block1(v0)
         block1(v2: f64):
         v3 = ult v2, v1
         branch v3, block2, block3
         block2:
         v4 = one v2, v1
         branch v4, block1(v1), block1(v0)
         block3: return v2"
    ));
}

/// In `block1` the comparison has another name, by which others know it too.
#[test]
fn a_comparison_that_others_read_is_not_made_its_opposite() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         v3 = const 0
         v4 = const 1
         jump block1(v2)
         block1(v5: bool):
         branch v5, block2(v3), block2(v4)
         block2(v6: f64):
         v7 = select v5, v6, v0
         return v7"
    ));
}

#[test]
fn a_comparison_stays_next_to_its_only_use() {
    assert_snapshot!(select(
        "v2 = ult v0, v1
         v3 = const 2
         branch v2, block1, block2(v1)
         block1:
         v4 = mul v0, v3
         jump block2(v4)
         block2(v5: f64): return v5"
    ));
}

#[test]
fn two_values_are_chosen_by_one_branch() {
    stays(
        "v2 = ult v0, v1
         branch v2, block1(v0, v1), block1(v1, v0)
         block1(v3: f64, v4: f64):
         v5 = sub v3, v4
         return v5",
    );
}

#[test]
fn two_instructions_are_too_many() {
    stays(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = add v0, v1
         jump block3(v3)
         block2:
         v4 = mul v0, v1
         jump block3(v4)
         block3(v5: f64): return v5",
    );
}

#[test]
fn a_division_is_too_dear() {
    stays(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = div v0, v1
         jump block3(v3)
         block2: jump block3(v1)
         block3(v5: f64): return v5",
    );
}

#[test]
fn a_call_is_only_made_where_it_was_asked_for() {
    assert_unchanged(
        &Select,
        "function @f(f64, f64) -> f64 {
         fn0 = function @sin(f64) -> f64
         block0(v0: f64, v1: f64):
         v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = call fn0(v0)
         jump block3(v3)
         block2: jump block3(v1)
         block3(v4: f64): return v4
         }",
    );
}

#[test]
fn ways_that_do_not_meet_stay() {
    stays(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1: return v0
         block2: return v1",
    );
}

#[test]
fn an_arm_that_others_enter_stays() {
    stays(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = one v0, v1
         branch v3, block3, block4
         block2: 
         v4 = div v0, v1
         jump block3
         block3: 
         v5 = div v1, v0
         jump block5(v0)
         block4: jump block5(v1)
         block5(v6: f64): return v6",
    );
}
