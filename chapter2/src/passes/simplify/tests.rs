//! What may be simplified, and what only looks like it.

use super::{Simplify, exact_inverse};
use crate::passes::tests::{assert_unchanged, body, run};
use insta::assert_snapshot;

fn simplify(text: &str) -> String {
    run(&Simplify, &body(text))
}

fn stays(text: &str) {
    assert_unchanged(&Simplify, &body(text));
}

#[test]
fn what_leaves_every_number_as_it_is_goes() {
    assert_snapshot!(simplify(
        "v2 = const 1
         v3 = mul v0, v2
         v4 = mul v2, v3
         v5 = div v4, v2
         v6 = const 0
         v7 = sub v5, v6
         v8 = const -0
         v9 = add v7, v8
         v10 = add v8, v9
         return v10"
    ));
}

#[test]
fn twice_a_number_is_a_sum() {
    assert_snapshot!(simplify(
        "v2 = const 2
         v3 = mul v0, v2
         v4 = mul v2, v1
         v5 = add v3, v4
         return v5"
    ));
}

#[test]
fn a_quotient_by_a_power_of_two_is_a_product() {
    assert_snapshot!(simplify(
        "v2 = const -8
         v3 = div v0, v2
         v4 = const 0.25
         v5 = div v3, v4
         return v5"
    ));
}

#[test]
fn zero_may_be_added_to_what_is_not_negative_zero() {
    assert_snapshot!(simplify(
        "v2 = const 0
         v3 = mul v0, v0
         v4 = add v3, v2
         v5 = sub v4, v1
         v6 = add v2, v5
         return v6"
    ));
}

/// `--x` is not `x`, since `-0` becomes `0`; but `---x` is `-x`.
#[test]
fn the_third_negation_undoes_the_second() {
    assert_snapshot!(simplify(
        "v2 = const 0
         v3 = sub v2, v0
         v4 = sub v2, v3
         v5 = sub v2, v4
         return v5"
    ));
}

#[test]
fn to_add_a_negation_is_to_subtract() {
    assert_snapshot!(simplify(
        "v2 = const 0
         v3 = sub v2, v0
         v4 = const 5
         v5 = add v4, v3
         v6 = add v3, v5
         v7 = sub v6, v3
         return v7"
    ));
}

/// `if a < b`, with an operator of the user's in between that yields what it
/// is given.
#[test]
fn a_truth_value_that_was_a_number_is_a_truth_value() {
    assert_snapshot!(simplify(
        "v2 = ult v0, v1
         v3 = from_bool v2
         v4 = const 0
         v5 = one v3, v4
         v6 = from_bool v5
         v7 = ueq v4, v6
         v8 = select v7, v0, v1
         return v8"
    ));
}

/// `!!(a < b)`.
#[test]
fn a_negated_comparison_is_another_comparison() {
    assert_snapshot!(simplify(
        "v2 = const 0
         v3 = const 1
         v4 = ult v0, v1
         v5 = select v4, v2, v3
         v6 = one v5, v2
         v7 = select v6, v2, v3
         return v7"
    ));
}

#[test]
fn a_truth_value_is_below_two() {
    assert_snapshot!(simplify(
        "v2 = const 2
         v3 = ult v0, v1
         v4 = from_bool v3
         v5 = ult v4, v2
         branch v5, block1(v0), block1(v1)
         block1(v6: f64): return v6"
    ));
}

#[test]
fn a_choice_between_the_same_is_none() {
    assert_snapshot!(simplify(
        "v2 = ult v0, v1
         v3 = select v2, v0, v0
         v4 = const 3
         v5 = const 3
         v6 = select v2, v4, v5
         v7 = bconst false
         v8 = select v7, v3, v6
         v9 = add v3, v8
         return v9"
    ));
}

#[test]
fn a_number_does_not_differ_from_itself() {
    assert_snapshot!(simplify(
        "v2 = one v0, v0
         v3 = ueq v0, v0
         v4 = from_bool v2
         v5 = from_bool v3
         v6 = sub v4, v5
         return v6"
    ));
}

#[test]
fn what_comes_round_a_loop_is_replaced_as_well() {
    assert_snapshot!(simplify(
        "v2 = const 1
         jump block1(v0)
         block1(v3: f64):
         v4 = add v3, v1
         v5 = mul v4, v2
         v6 = ult v5, v1
         branch v6, block1(v5), block2
         block2: return v5"
    ));
}

#[test]
fn a_comparison_does_not_ask_for_the_sign_of_a_zero() {
    assert_snapshot!(simplify(
        "v2 = const 0
         v3 = add v2, v0
         v4 = add v1, v2
         v5 = ult v3, v4
         v6 = from_bool v5
         return v6"
    ));
}

#[test]
fn negative_zero_plus_zero_is_zero() {
    stays("v2 = const 0 v3 = add v0, v2 v4 = mul v3, v1 return v4");
}

/// `--x` is `0 + x`, which is not `x`.
#[test]
fn two_negations_make_a_zero_positive() {
    assert_snapshot!(simplify(
        "v2 = const 0
         v3 = sub v2, v0
         v4 = sub v2, v3
         return v4"
    ));
}

#[test]
fn negative_zero_minus_a_negation_is_not_its_operand() {
    stays(
        "v2 = const 0
         v3 = mul v0, v0
         v4 = sub v2, v3
         v5 = const -0
         v6 = sub v5, v4
         return v6",
    );
}

#[test]
fn nothing_is_known_of_a_product_with_zero_or_of_a_difference() {
    stays(
        "v2 = const 0
         v3 = mul v0, v2
         v4 = sub v0, v0
         v5 = div v0, v0
         v6 = div v2, v0
         v7 = add v3, v4
         v8 = add v5, v6
         v9 = add v7, v8
         return v9",
    );
}

#[test]
fn nan_is_less_than_itself() {
    stays(
        "v2 = ult v0, v0 v3 = oge v1, v1 v4 = select v2, v0, v1
           v5 = select v3, v4, v0 return v5",
    );
}

#[test]
fn a_third_has_no_exact_inverse() {
    stays("v2 = const 3 v3 = div v0, v2 return v3");
}

#[test]
fn a_sum_of_sums_is_not_regrouped() {
    stays("v2 = const 1 v3 = add v0, v2 v4 = add v3, v2 return v4");
}

#[test]
fn a_truth_value_that_is_no_comparison_has_no_negation() {
    assert_unchanged(
        &Simplify,
        "function @f(bool, f64) -> f64 {
         block0(v0: bool, v1: f64):
         v2 = const 0
         v3 = from_bool v0
         v4 = ueq v3, v2
         v5 = select v4, v1, v2
         return v5
         }",
    );
}

#[test]
fn exact_inverses_are_those_of_normal_powers_of_two() {
    let power = |exponent: i32| 2f64.powi(exponent);
    for exponent in -1022..=1022 {
        let expected = Some(power(-exponent));
        assert_eq!(exact_inverse(power(exponent)), expected, "{exponent}");
        let expected = expected.map(|inverse| -inverse);
        assert_eq!(exact_inverse(-power(exponent)), expected, "{exponent}");
    }
    let smallest = f64::MIN_POSITIVE;
    for none in [0.0, -0.0, 3.0, power(1023), smallest / 2.0, f64::INFINITY] {
        assert_eq!(exact_inverse(none), None, "{none}");
    }
}
