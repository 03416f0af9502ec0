use crate::passes::Mem2Reg;
use crate::passes::testing::{assert_unchanged, run};
use insta::assert_snapshot;

#[test]
fn a_slot_that_is_stored_to_once_is_the_value_stored() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            v1 = load s0
            v2 = ult v1, v1
            branch v2, block1, block2
        block1:
            v3 = load s0
            return v3
        block2:
            return v1
        }"
    ));
}

#[test]
fn where_two_stores_meet_there_is_a_parameter() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            v1 = ult v0, v0
            branch v1, block1, block2
        block1:
            v2 = const 1
            store v2, s0
            jump block2
        block2:
            v3 = load s0
            return v3
        }"
    ));
}

#[test]
fn a_loop_of_one_block_gets_a_parameter() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            v1 = const 0
            store v1, s0
            jump block1
        block1:
            v2 = load s0
            v3 = const 1
            v4 = add v2, v3
            store v4, s0
            v5 = ult v2, v0
            branch v5, block1, block2
        block2:
            return v0
        }"
    ));
}

#[test]
fn the_variable_of_an_inner_loop_is_none_of_the_outer_one() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        s1 = slot f64
        block0(v0: f64):
            store v0, s0
            jump block1
        block1:
            store v0, s1
            jump block2
        block2:
            v1 = load s1
            v2 = add v1, v0
            store v2, s1
            v3 = ult v2, v0
            branch v3, block2, block3
        block3:
            v4 = load s0
            v5 = add v4, v0
            store v5, s0
            v6 = ult v5, v0
            branch v6, block1, block4
        block4:
            v7 = load s0
            return v7
        }"
    ));
}

#[test]
fn what_nobody_reads_any_more_is_not_passed_on() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            v1 = ult v0, v0
            branch v1, block1, block2
        block1:
            v2 = load s0
            v3 = add v2, v2
            store v3, s0
            jump block2
        block2:
            v4 = ult v0, v0
            branch v4, block3, block4
        block3:
            store v0, s0
            jump block4
        block4:
            return v0
        }"
    ));
}

#[test]
fn what_was_never_stored_is_anything() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        s1 = slot bool
        block0(v0: f64):
            v1 = load s1
            branch v1, block1, block2
        block1:
            store v0, s0
            jump block2
        block2:
            v2 = load s0
            return v2
        }"
    ));
}

#[test]
fn stores_where_nobody_comes_do_not_count() {
    assert_snapshot!(run(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        s0 = slot f64
        block0(v0: f64):
            store v0, s0
            jump block1
        block1:
            v1 = load s0
            return v1
        block2:
            v2 = const 1
            store v2, s0
            jump block1
        }"
    ));
}

#[test]
fn a_function_without_slots_stays() {
    assert_unchanged(
        &Mem2Reg,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            jump block1(v0)
        block1(v1: f64):
            return v1
        }",
    );
}
