use super::Gvn;
use crate::passes::tests::{assert_unchanged, run};
use insta::assert_snapshot;

#[test]
fn what_a_dominating_block_has_computed_is_used_again() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = mul v0, v1
            v3 = ult v0, v1
            branch v3, block1, block2
        block1:
            v4 = mul v0, v1
            v5 = add v4, v2
            return v5
        block2:
            v6 = mul v0, v1
            v7 = add v6, v2
            return v7
        }"
    ));
}

#[test]
fn factors_and_terms_may_change_places() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = mul v0, v1
            v3 = mul v1, v0
            v4 = add v2, v0
            v5 = add v0, v3
            v6 = sub v4, v5
            return v6
        }"
    ));
}

#[test]
fn equal_operands_make_equal_results() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = const 2
            v2 = const 2
            v3 = div v0, v1
            v4 = div v0, v2
            v5 = ult v3, v0
            v6 = ult v4, v0
            v7 = from_bool v5
            v8 = from_bool v6
            v9 = select v5, v7, v3
            v10 = select v6, v8, v4
            v11 = add v9, v10
            return v11
        }"
    ));
}

#[test]
fn a_parameter_that_is_always_passed_the_same_goes() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            v3 = add v0, v1
            branch v2, block1, block2
        block1:
            v4 = add v0, v1
            jump block3(v4, v0)
        block2:
            jump block3(v3, v1)
        block3(v5: f64, v6: f64):
            v7 = add v5, v6
            return v7
        }"
    ));
}

#[test]
fn a_parameter_that_a_loop_passes_to_itself_goes() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0, v1)
        block1(v2: f64, v3: f64):
            v4 = add v2, v3
            v5 = ult v4, v3
            branch v5, block1(v4, v3), block2
        block2:
            return v4
        }"
    ));
}

#[test]
fn a_condition_that_has_been_decided_is_not_asked_again() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1, block2
        block1:
            v3 = ult v0, v1
            v4 = from_bool v3
            return v4
        block2:
            v5 = oge v0, v1
            branch v5, block3, block4
        block3:
            v6 = select v2, v0, v1
            return v6
        block4:
            return v0
        }"
    ));
}

#[test]
fn zero_and_minus_zero_are_two_numbers_but_all_nans_are_one() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64) -> f64 {
        block0(v0: f64):
            v1 = const 0
            v2 = const -0
            v3 = const nan
            v4 = const nan
            v5 = div v0, v1
            v6 = div v0, v2
            v7 = mul v5, v3
            v8 = mul v6, v4
            v9 = sub v7, v8
            return v9
        }"
    ));
}

#[test]
fn differences_and_quotients_may_not_change_places() {
    assert_unchanged(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = sub v0, v1
            v3 = sub v1, v0
            v4 = div v2, v3
            v5 = div v3, v2
            v6 = add v4, v5
            return v6
        }",
    );
}

#[test]
fn what_one_branch_computes_is_unknown_in_the_other_and_after_both() {
    assert_unchanged(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1, block2
        block1:
            v3 = mul v0, v1
            jump block3(v3)
        block2:
            v4 = mul v0, v1
            jump block3(v4)
        block3(v5: f64):
            v6 = mul v0, v1
            v7 = add v5, v6
            return v7
        }",
    );
}

#[test]
fn calls_and_slots_are_not_numbered() {
    assert_unchanged(
        &Gvn,
        "function @f(f64) -> f64 {
        s0 = slot f64
        fn0 = function @g(f64) -> f64
        block0(v0: f64):
            store v0, s0
            v1 = call fn0(v0)
            v2 = load s0
            v3 = call fn0(v0)
            store v3, s0
            v4 = load s0
            v5 = add v1, v3
            v6 = add v2, v4
            v7 = add v5, v6
            return v7
        }",
    );
}

#[test]
fn a_comparison_that_only_its_branch_looks_at_stays() {
    assert_unchanged(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1(v0), block1(v1)
        block1(v3: f64):
            v4 = ult v0, v1
            branch v4, block2, block3
        block2:
            return v0
        block3:
            return v3
        }",
    );
}

#[test]
fn a_parameter_that_a_loop_changes_stays() {
    assert_unchanged(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0, v0)
        block1(v2: f64, v3: f64):
            v4 = ult v2, v3
            branch v4, block1(v3, v2), block2
        block2:
            return v2
        }",
    );
}

#[test]
fn of_parameters_that_are_passed_the_same_one_stays() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = ult v0, v1
            branch v2, block1, block2
        block1:
            v3 = mul v0, v1
            v4 = mul v1, v0
            jump block3(v3, v0, v4)
        block2:
            jump block3(v1, v0, v1)
        block3(v5: f64, v6: f64, v7: f64):
            v8 = add v5, v6
            v9 = add v7, v0
            v10 = sub v8, v9
            return v10
        }"
    ));
}

#[test]
fn parameters_that_a_loop_changes_alike_are_one() {
    assert_snapshot!(run(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            jump block1(v0, v0, v0, v0)
        block1(v2: f64, v3: f64, v4: f64, v5: f64):
            v6 = add v2, v3
            v7 = add v4, v5
            v8 = ult v6, v7
            branch v8, block1(v6, v6, v4, v5), block2
        block2:
            return v7
        }"
    ));
}

#[test]
fn parameters_that_differ_in_a_sign_or_along_one_way_stay() {
    assert_unchanged(
        &Gvn,
        "function @f(f64, f64) -> f64 {
        block0(v0: f64, v1: f64):
            v2 = const 0
            v3 = const -0
            v4 = ult v0, v1
            branch v4, block1(v2, v3), block1(v1, v1)
        block1(v5: f64, v6: f64):
            v7 = div v0, v5
            v8 = div v7, v6
            jump block2(v8, v8)
        block2(v9: f64, v10: f64):
            v11 = add v9, v0
            v12 = add v10, v1
            v13 = ult v11, v12
            branch v13, block2(v11, v12), block3
        block3:
            return v9
        }",
    );
}
