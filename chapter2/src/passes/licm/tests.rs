use super::Licm;
use crate::passes::tests::{assert_unchanged, run};
use insta::assert_snapshot;

#[test]
fn invariant_arithmetic_moves_before_the_loop_with_its_constants() {
    assert_snapshot!(run(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = const 2
            v4 = mul v0, v3
            v5 = mul v4, v1
            v6 = add v2, v5
            v7 = ult v6, v1
            branch v7, block1(v6), block2
        block2:
            return v6
        }"
    ));
}

#[test]
fn it_moves_out_of_as_many_loops_as_it_is_invariant_in() {
    assert_snapshot!(run(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            jump block2(v2)
        block2(v3: f64):
            v4 = mul v0, v1
            v5 = mul v2, v4
            v6 = add v3, v5
            v7 = ult v6, v1
            branch v7, block2(v6), block3
        block3:
            v8 = ult v2, v1
            branch v8, block1(v6), block4
        block4:
            return v6
        }"
    ));
}

#[test]
fn a_preheader_is_made_where_a_branch_leads_into_the_loop() {
    assert_snapshot!(run(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1(v0), block2(v1)
        block1(v3: f64):
            v4 = mul v0, v1
            v5 = add v3, v4
            v6 = ult v5, v1
            branch v6, block1(v5), block2(v5)
        block2(v7: f64):
            return v7
        }"
    ));
}

#[test]
fn a_preheader_of_several_ways_passes_on_what_they_pass() {
    assert_snapshot!(run(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1, block2(v1)
        block1:
            jump block2(v0)
        block2(v3: f64):
            v4 = mul v0, v1
            v5 = add v3, v4
            v6 = ult v5, v1
            branch v6, block2(v5), block3
        block3:
            return v5
        }"
    ));
}

#[test]
fn what_is_not_computed_in_each_round_moves_too() {
    assert_snapshot!(run(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = ult v2, v0
            branch v3, block2, block3(v2)
        block2:
            v4 = div v0, v1
            v5 = add v2, v4
            jump block3(v5)
        block3(v6: f64):
            v7 = ult v6, v1
            branch v7, block1(v6), block4
        block4:
            return v6
        }"
    ));
}

#[test]
fn a_comparison_moves_along_with_the_number_made_of_it() {
    assert_snapshot!(run(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = const 3
            v4 = ult v1, v3
            v5 = from_bool v4
            v6 = select v4, v0, v3
            v7 = add v2, v5
            v8 = add v7, v6
            v9 = ult v8, v1
            branch v9, block1(v8), block2
        block2:
            return v8
        }"
    ));
}

#[test]
fn constants_and_comparisons_for_branches_stay() {
    assert_unchanged(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = const 1
            v4 = add v2, v3
            v5 = ult v0, v1
            branch v5, block1(v4), block2
        block2:
            return v4
        }",
    );
}

#[test]
fn what_depends_on_the_round_stays() {
    assert_unchanged(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = mul v2, v1
            v4 = add v3, v0
            v5 = ult v4, v1
            branch v5, block1(v4), block2
        block2:
            return v4
        }",
    );
}

#[test]
fn calls_and_slots_stay() {
    assert_unchanged(
        &Licm,
        "function @f(f64) -> f64 {
        s0 = slot f64
        fn0 = function @g(f64) -> f64
        block0(v0: f64):
            store v0, s0
            jump block1
        block1:
            v1 = call fn0(v0)
            v2 = load s0
            v3 = add v1, v2
            store v3, s0
            v4 = ult v3, v0
            branch v4, block1, block2
        block2:
            return v3
        }",
    );
}

#[test]
fn what_is_after_a_loop_does_not_move_into_it() {
    assert_unchanged(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0)
        block1(v2: f64):
            v3 = add v2, v1
            v4 = ult v3, v0
            branch v4, block1(v3), block2
        block2:
            v5 = mul v0, v1
            v6 = add v5, v3
            return v6
        }",
    );
}

#[test]
fn a_cycle_with_two_entries_is_no_loop() {
    assert_unchanged(
        &Licm,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1, block2
        block1:
            v3 = mul v0, v1
            v4 = ult v3, v1
            branch v4, block2, block3
        block2:
            v5 = mul v0, v0
            v6 = ult v5, v1
            branch v6, block1, block3
        block3:
            return v0
        }",
    );
}
