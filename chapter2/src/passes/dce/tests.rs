//! What is dead, and what is not.

use super::Dce;
use crate::passes::tests::{assert_unchanged, body, run};
use insta::assert_snapshot;

fn dce(text: &str) -> String {
    run(&Dce, &body(text))
}

#[test]
fn a_chain_that_nobody_reads_goes() {
    assert_snapshot!(dce("v2 = add v0, v1
         v3 = mul v2, v2
         v4 = ult v3, v2
         return v0"));
}

#[test]
fn a_parameter_that_only_feeds_itself_goes() {
    assert_snapshot!(dce("v2 = const 1
         jump block1(v0, v2)
         block1(v3: f64, v4: f64):
         v5 = add v3, v1
         v6 = mul v4, v4
         v7 = ult v5, v1
         branch v7, block1(v5, v6), block2
         block2: return v5"));
}

#[test]
fn parameters_that_only_feed_each_other_go() {
    assert_snapshot!(dce("jump block1(v0, v1)
         block1(v2: f64, v3: f64):
         v4 = ult v0, v1
         branch v4, block2(v3, v2), block3
         block2(v5: f64, v6: f64): jump block1(v5, v6)
         block3: return v0"));
}

#[test]
fn a_parameter_that_always_gets_the_same_is_replaced_by_it() {
    assert_snapshot!(dce("v2 = ult v0, v1
         branch v2, block1, block2
         block1: jump block3(v0, v0)
         block2: jump block3(v0, v1)
         block3(v3: f64, v4: f64):
         v5 = add v3, v4
         return v5"));
}

/// `v4` is replaced by `v3`, and only then `v3` always gets `v0`.
#[test]
fn a_value_carried_round_two_loops_unchanged_is_not_carried() {
    assert_snapshot!(dce("jump block1(v0)
         block1(v3: f64): jump block2(v3)
         block2(v4: f64):
         v5 = ult v4, v1
         branch v5, block2(v4), block3
         block3:
         v6 = ult v1, v4
         branch v6, block1(v4), block4
         block4: return v4"));
}

/// The first way into the loop's inner block brings the parameter itself.
#[test]
fn what_a_parameter_passes_to_itself_does_not_count() {
    assert_snapshot!(dce("jump block2(v0)
         block1: jump block2(v2)
         block2(v2: f64):
         v3 = ult v2, v1
         branch v3, block1, block3
         block3: return v2"));
}

#[test]
fn what_nobody_reaches_goes() {
    assert_snapshot!(dce("jump block2(v0)
         block1: jump block2(v1)
         block2(v2: f64): return v2"));
}

#[test]
fn a_branch_keeps_its_condition_and_its_blocks() {
    assert_unchanged(
        &Dce,
        &body(
            "v2 = ult v0, v1
             branch v2, block1, block2
             block1: jump block2
             block2: return v0",
        ),
    );
}

#[test]
fn calls_and_stores_stay() {
    assert_unchanged(
        &Dce,
        "function @f(f64) -> f64 {
         s0 = slot f64
         fn0 = function @putchard(f64) -> f64
         fn1 = runtime @count()
         block0(v0: f64):
         v1 = const 10
         v2 = call fn0(v1)
         v3 = add v0, v1
         store v3, s0
         call fn1()
         return v0
         }",
    );
}

#[test]
fn a_parameter_that_gets_two_values_stays() {
    assert_unchanged(
        &Dce,
        &body(
            "v2 = ult v0, v1
             branch v2, block1(v0), block1(v1)
             block1(v3: f64): return v3",
        ),
    );
}

#[test]
fn a_function_keeps_its_own_parameters() {
    assert_unchanged(&Dce, &body("return v1"));
}

/// Each block of a long ladder passes on what it got. None of its parameters
/// is looked at more often than it has arguments.
#[test]
fn ten_thousand_parameters_of_one_value_are_seen_through() {
    let mut text = String::from("jump block1(v0)\n");
    for n in 1..10_000 {
        let (param, next) = (n + 1, n + 1);
        text +=
            &format!("block{n}(v{param}: f64): jump block{next}(v{param})\n");
    }
    text += "block10000(v10001: f64): return v10001";
    let after = run(&Dce, &body(&text));
    assert!(after.ends_with("block10000:\n    return v0\n}\n"));
}
