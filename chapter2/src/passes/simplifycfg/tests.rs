use super::SimplifyCfg;
use crate::passes::tests::{assert_unchanged, run};
use insta::assert_snapshot;

#[test]
fn blocks_that_follow_each_other_become_one() {
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = add v0, v0
            jump block1(v1, v0)
        block1(v2: f64, v3: f64):
            v4 = mul v2, v3
            jump block2(v2)
        block2(v5: f64):
            v6 = sub v4, v5
            return v6
        }"
    ));
}

#[test]
fn edges_lead_through_empty_blocks() {
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1, block2
        block1:
            jump block3(v0)
        block2:
            jump block4(v1, v0)
        block3(v3: f64):
            jump block4(v3, v1)
        block4(v4: f64, v5: f64):
            v6 = sub v4, v5
            return v6
        }"
    ));
}

#[test]
fn a_branch_with_equal_ways_is_a_jump() {
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1, block2
        block1:
            jump block3(v0)
        block2:
            jump block3(v0)
        block3(v3: f64):
            return v3
        }"
    ));
}

#[test]
fn what_is_decided_or_unreachable_goes() {
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = const 1
            v2 = const 2
            v3 = ult v2, v1
            branch v3, block1, block2
        block1:
            return v1
        block2:
            return v0
        block3(v4: f64):
            v5 = add v4, v4
            jump block3(v5)
        }"
    ));
}

#[test]
fn a_branch_asks_for_the_condition_behind_a_number() {
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            v3 = ult v1, v0
            v4 = const 0
            v5 = from_bool v2
            v6 = one v5, v4
            branch v6, block1, block2
        block1:
            v7 = from_bool v3
            v8 = ueq v7, v4
            v9 = from_bool v8
            v10 = one v9, v4
            branch v10, block2, block3
        block2:
            v11 = const 8
            v12 = select v3, v11, v4
            v13 = ult v4, v12
            branch v13, block3, block4
        block3:
            return v0
        block4:
            return v1
        }"
    ));
}

#[test]
fn a_way_that_passes_a_constant_knows_what_is_chosen() {
    // if a | b then v0 else v1, with `|` written out
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            v3 = const 0
            v4 = const 1
            v5 = one v1, v3
            branch v2, block1, block2
        block1:
            jump block5(v4)
        block2:
            branch v5, block3, block4
        block3:
            jump block5(v4)
        block4:
            jump block5(v3)
        block5(v6: f64):
            v7 = const 0
            v8 = one v6, v7
            branch v8, block6, block7
        block6:
            return v0
        block7:
            return v1
        }"
    ));
}

#[test]
fn constants_that_a_block_passes_on_are_made_anew() {
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = bconst true
            v3 = ult v0, v1
            branch v3, block1(v2), block2
        block1(v4: bool):
            v5 = const 7
            v6 = from_bool v4
            branch v4, block3(v5, v6), block4
        block2:
            v7 = ult v1, v1
            jump block1(v7)
        block3(v8: f64, v9: f64):
            v10 = sub v8, v9
            return v10
        block4:
            return v0
        }"
    ));
}

#[test]
fn a_value_that_others_look_at_keeps_its_block() {
    assert_unchanged(
        &SimplifyCfg,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = bconst true
            v3 = ult v0, v1
            branch v3, block1(v2, v0), block2
        block1(v4: bool, v5: f64):
            branch v4, block3, block4
        block2:
            v6 = ult v1, v1
            v7 = sub v0, v1
            jump block1(v6, v7)
        block3:
            return v5
        block4:
            return v0
        }",
    );
}

#[test]
fn a_loop_keeps_its_header() {
    assert_unchanged(
        &SimplifyCfg,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = bconst true
            jump block1(v1, v0)
        block1(v2: bool, v3: f64):
            branch v2, block2(v3), block3(v3)
        block2(v4: f64):
            v5 = add v4, v0
            v6 = ult v5, v0
            jump block1(v6, v5)
        block3(v7: f64):
            v8 = sub v7, v0
            v9 = ult v8, v0
            branch v9, block2(v8), block4
        block4:
            return v8
        }",
    );
}

#[test]
fn an_empty_header_gives_way_to_the_block_behind_it() {
    assert_snapshot!(run(
        &SimplifyCfg,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            jump block1(v0)
        block1(v1: f64):
            jump block2(v1)
        block2(v2: f64):
            v3 = add v2, v0
            v4 = ult v3, v0
            branch v4, block1(v3), block3
        block3:
            v5 = ult v3, v3
            branch v5, block2(v0), block4
        block4:
            return v3
        }"
    ));
}

#[test]
fn blocks_that_lead_to_each_other_for_ever_stay() {
    assert_unchanged(
        &SimplifyCfg,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = ult v0, v0
            branch v1, block1, block2
        block1:
            jump block2
        block2:
            jump block1
        }",
    );
}

#[test]
fn a_branch_on_a_number_of_any_kind_stays() {
    assert_unchanged(
        &SimplifyCfg,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = const 0
            v3 = one v0, v2
            branch v3, block1, block2
        block1:
            return v0
        block2:
            return v1
        }",
    );
}
