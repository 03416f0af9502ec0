use super::TailCall;
use crate::passes::tests::{assert_unchanged, run};
use insta::assert_snapshot;

#[test]
fn a_call_that_is_returned_at_once_becomes_a_jump() {
    assert_snapshot!(run(
        &TailCall,
        "function @f(f64, f64) -> f64 {
        fn0 = function @f(f64, f64) -> f64
        block0(v0: f64, v1: f64):
            v2 = const 1
            v3 = ult v0, v2
            branch v3, block1, block2
        block1:
            return v1
        block2:
            v4 = sub v0, v2
            v5 = add v1, v0
            v6 = call fn0(v4, v5)
            return v6
        }"
    ));
}

#[test]
fn a_result_that_blocks_pass_on_is_returned() {
    assert_snapshot!(run(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @f(f64) -> f64
        block0(v0: f64):
            v1 = const 1
            v2 = ult v0, v1
            branch v2, block1, block2
        block1:
            jump block4(v1, v0)
        block2:
            v3 = sub v0, v1
            v4 = call fn0(v3)
            jump block3(v4)
        block3(v5: f64):
            jump block4(v0, v5)
        block4(v6: f64, v7: f64):
            return v7
        }"
    ));
}

#[test]
fn a_block_that_returns_a_value_from_before_it_passes_it_on() {
    assert_snapshot!(run(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @f(f64) -> f64
        block0(v0: f64):
            v1 = call fn0(v0)
            jump block1
        block1:
            jump block2
        block2:
            return v1
        }"
    ));
}

#[test]
fn stack_slots_stay_and_are_stored_to_anew() {
    assert_snapshot!(run(
        &TailCall,
        "function @f(f64) -> f64 {
        s0 = slot f64
        fn0 = function @f(f64) -> f64
        block0(v0: f64):
            store v0, s0
            v1 = load s0
            v2 = ult v1, v1
            branch v2, block1, block2
        block1:
            v3 = load s0
            v4 = call fn0(v3)
            jump block3(v4)
        block2:
            v5 = load s0
            jump block3(v5)
        block3(v6: f64):
            return v6
        }"
    ));
}

#[test]
fn only_the_call_in_the_last_place_is_a_jump() {
    assert_snapshot!(run(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @f(f64) -> f64
        block0(v0: f64):
            v1 = call fn0(v0)
            v2 = call fn0(v1)
            v3 = const 1
            return v2
        }"
    ));
}

#[test]
fn a_call_whose_result_is_changed_stays() {
    assert_unchanged(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @f(f64) -> f64
        block0(v0: f64):
            v1 = call fn0(v0)
            v2 = add v1, v0
            return v2
        }",
    );
}

#[test]
fn a_call_whose_result_is_not_what_is_returned_stays() {
    assert_unchanged(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @f(f64) -> f64
        block0(v0: f64):
            v1 = call fn0(v0)
            return v0
        }",
    );
}

#[test]
fn a_call_before_another_one_stays() {
    assert_unchanged(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @f(f64) -> f64
        fn1 = function @g(f64) -> f64
        block0(v0: f64):
            v1 = call fn0(v0)
            v2 = call fn1(v0)
            return v1
        }",
    );
}

#[test]
fn a_call_of_another_function_or_of_the_runtime_stays() {
    assert_unchanged(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @g(f64) -> f64
        fn1 = runtime @f(f64) -> f64
        block0(v0: f64):
            v1 = ult v0, v0
            branch v1, block1, block2
        block1:
            v2 = call fn0(v0)
            return v2
        block2:
            v3 = call fn1(v0)
            return v3
        }",
    );
}

#[test]
fn blocks_that_only_lead_to_each_other_return_nothing() {
    assert_unchanged(
        &TailCall,
        "function @f(f64) -> f64 {
        fn0 = function @f(f64) -> f64
        block0(v0: f64):
            v1 = call fn0(v0)
            jump block1(v1)
        block1(v2: f64):
            jump block2(v2)
        block2(v3: f64):
            jump block1(v3)
        }",
    );
}
