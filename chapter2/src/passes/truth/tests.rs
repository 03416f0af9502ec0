//! Which numbers are truth values.

use super::Truth;
use crate::passes::tests::{assert_unchanged, body, run};
use insta::assert_snapshot;

fn truth(text: &str) -> String {
    run(&Truth, &body(text))
}

fn stays(text: &str) {
    assert_unchanged(&Truth, &body(text));
}

/// `if if a < b then 0 else 1 then a else b`.
#[test]
fn the_condition_of_a_condition_is_a_truth_value() {
    assert_snapshot!(truth(
        "v2 = ult v0, v1
         branch v2, block1, block2
         block1:
         v3 = const 0
         jump block3(v3)
         block2:
         v4 = const 1
         jump block3(v4)
         block3(v5: f64):
         v6 = const 0
         v7 = one v5, v6
         branch v7, block4, block5
         block4: return v0
         block5: return v1"
    ));
}

#[test]
fn what_was_a_truth_value_is_one_again() {
    assert_snapshot!(truth(
        "v2 = ult v0, v1
         v3 = from_bool v2
         v4 = const -7
         branch v2, block1(v3), block1(v4)
         block1(v5: f64):
         v6 = const -0
         v7 = one v6, v5
         v8 = select v7, v0, v1
         return v8"
    ));
}

#[test]
fn nan_is_not_true() {
    assert_snapshot!(truth(
        "v2 = ult v0, v1
         v3 = const nan
         v4 = const inf
         branch v2, block1(v3), block1(v4)
         block1(v5: f64):
         v6 = const 0
         v7 = one v5, v6
         v8 = select v7, v0, v1
         return v8"
    ));
}

#[test]
fn truth_goes_round_a_loop_and_from_block_to_block() {
    assert_snapshot!(truth(
        "v2 = const 0
         jump block1(v2, v0)
         block1(v3: f64, v4: f64):
         v5 = ult v4, v1
         v6 = from_bool v5
         branch v5, block2(v6), block2(v3)
         block2(v7: f64):
         v8 = one v7, v2
         v9 = add v4, v4
         branch v8, block1(v7, v9), block3
         block3: return v9"
    ));
}

#[test]
fn who_returns_the_number_wants_a_number() {
    stays(
        "v2 = ult v0, v1
         v3 = const 0
         v4 = const 1
         branch v2, block1(v3), block1(v4)
         block1(v5: f64):
         v6 = one v5, v3
         branch v6, block2, block3
         block2: return v0
         block3: return v5",
    );
}

#[test]
fn a_number_that_was_worked_out_is_a_number() {
    stays(
        "v2 = ult v0, v1
         v3 = const 0
         branch v2, block1(v3), block1(v0)
         block1(v4: f64):
         v5 = one v4, v3
         v6 = select v5, v0, v1
         return v6",
    );
}

/// `v5` is a number, and is passed for `v7`: so that is one too, and with it
/// `v6`, which is passed for `v7` as well.
#[test]
fn numbers_keep_company() {
    stays(
        "v2 = ult v0, v1
         v3 = const 0
         branch v2, block1(v0), block2(v3)
         block1(v5: f64): jump block3(v5)
         block2(v6: f64): jump block3(v6)
         block3(v7: f64):
         v8 = one v7, v3
         v9 = select v8, v0, v1
         return v9",
    );
}

#[test]
fn other_questions_than_for_truth_are_about_numbers() {
    stays(
        "v2 = ult v0, v1
         v3 = const 0
         v4 = const 1
         branch v2, block1(v3), block1(v4)
         block1(v5: f64):
         v6 = one v5, v4
         v7 = ueq v5, v3
         v8 = select v6, v0, v1
         v9 = select v7, v0, v8
         return v9",
    );
}

#[test]
fn a_function_keeps_the_types_of_its_parameters() {
    stays(
        "v2 = const 0
         v3 = one v0, v2
         v4 = select v3, v1, v2
         return v4",
    );
}
