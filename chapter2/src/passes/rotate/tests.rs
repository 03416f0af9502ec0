use super::Rotate;
use crate::passes::tests::{assert_unchanged, run};
use insta::assert_snapshot;

#[test]
fn a_loop_that_begins_with_its_test_ends_with_it() {
    assert_snapshot!(run(
        &Rotate,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0, v1)
        block1(v2: f64, v3: f64):
            v4 = const 1
            v5 = ult v2, v4
            branch v5, block2, block3
        block2:
            return v3
        block3:
            v6 = sub v2, v4
            v7 = add v3, v2
            jump block1(v6, v7)
        }"
    ));
}

#[test]
fn several_ways_in_share_one_copy() {
    assert_snapshot!(run(
        &Rotate,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1(v0), block1(v1)
        block1(v3: f64):
            v4 = ult v3, v0
            branch v4, block2, block3
        block2:
            v5 = add v3, v1
            jump block1(v5)
        block3:
            return v3
        }"
    ));
}

#[test]
fn what_follows_the_loop_sees_the_copy_that_it_came_from() {
    assert_snapshot!(run(
        &Rotate,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = mul v2, v1
            v4 = ult v3, v0
            branch v4, block2, block4(v2)
        block2:
            v5 = ult v2, v1
            branch v5, block3, block4(v1)
        block3:
            v6 = add v2, v3
            jump block1(v6)
        block4(v7: f64):
            v8 = add v7, v3
            return v8
        }"
    ));
}

#[test]
fn a_loop_around_another_one_ends_with_its_test_already() {
    assert_snapshot!(run(
        &Rotate,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = ult v2, v1
            branch v3, block2(v2), block4
        block2(v4: f64):
            v5 = ult v4, v0
            branch v5, block3, block1(v4)
        block3:
            v6 = add v4, v2
            jump block2(v6)
        block4:
            return v2
        }"
    ));
}

#[test]
fn a_loop_that_ends_with_its_test_stays() {
    assert_unchanged(
        &Rotate,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = ult v2, v1
            branch v3, block2, block3
        block2:
            v4 = add v2, v1
            v5 = ult v4, v0
            branch v5, block1(v4), block3
        block3:
            return v2
        }",
    );
}

#[test]
fn a_header_with_an_effect_stays() {
    assert_unchanged(
        &Rotate,
        "function @f(f64) -> f64 {
        fn0 = function @g(f64) -> f64
        block0(v0: f64):
            jump block1(v0)
        block1(v1: f64):
            v2 = call fn0(v1)
            v3 = ult v2, v0
            branch v3, block2, block3
        block2:
            jump block1(v2)
        block3:
            return v1
        }",
    );
}

#[test]
fn a_header_that_chooses_between_ways_inside_the_loop_stays() {
    assert_unchanged(
        &Rotate,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            jump block1(v0)
        block1(v1: f64):
            v2 = ult v1, v0
            branch v2, block2, block3
        block2:
            jump block4(v0)
        block3:
            v3 = add v1, v0
            jump block4(v3)
        block4(v4: f64):
            jump block1(v4)
        }",
    );
}

#[test]
fn a_long_header_stays() {
    assert_unchanged(
        &Rotate,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            jump block1(v0)
        block1(v1: f64):
            v2 = add v1, v0
            v3 = add v2, v0
            v4 = add v3, v0
            v5 = add v4, v0
            v6 = add v5, v0
            v7 = add v6, v0
            v8 = add v7, v0
            v9 = add v8, v0
            v10 = add v9, v0
            v11 = add v10, v0
            v12 = add v11, v0
            v13 = ult v12, v0
            branch v13, block2, block3
        block2:
            v14 = add v12, v1
            jump block1(v14)
        block3:
            return v1
        }",
    );
}
