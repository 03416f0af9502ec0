//! The exercises of chapter 1.
//!
//! Each has a directory:
//!
//! | file | what it has |
//! |---|---|
//! | `check` | what is asked for, as a test of an attempt |
//! | `starter` | what there is to begin with; the check refuses it |
//! | `answer` | an attempt that the check accepts |
//! | `almost` | one that it refuses, for a mistake that is easily made |
//! | `yours` | yours; as long as you have not begun, the starter |

mod cache;
mod constants;
mod fold;
mod loops;
mod objects;
mod pool;
mod reach;
mod stack;

// What the crate's tests have.
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../tests/differential/mod.rs"]
mod differential;
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../tests/program_gen/mod.rs"]
mod program_gen;
#[path = "../tests/property/mod.rs"]
mod property;
#[path = "../tests/reference/mod.rs"]
mod reference;
#[allow(dead_code, reason = "the exercises use a part")]
#[path = "../tests/orc/support.rs"]
mod support;

/// What a check finds: nothing to object to, or what is wrong.
pub(crate) type Verdict = Result<(), String>;

/// Objects, unless something holds.
pub(crate) fn ensure(
    holds: bool,
    objection: impl FnOnce() -> String,
) -> Verdict {
    if holds { Ok(()) } else { Err(objection()) }
}

/// The tests of an exercise. `$check` is called with the item `$attempt` of
/// each attempt, and says something with `$starter` and `$almost` in it of
/// those that shall fail.
macro_rules! exercise {
    ($check:path, $attempt:ident, $starter:literal, $almost:literal) => {
        #[test]
        fn the_answer_passes() {
            $check(answer::$attempt).unwrap_or_else(|why| panic!("{why}"));
        }

        #[test]
        fn the_starter_fails() {
            let why = $check(starter::$attempt).unwrap_err();
            assert!(why.contains($starter), "{why}");
        }

        #[test]
        fn what_is_almost_right_fails() {
            let why = $check(almost::$attempt).unwrap_err();
            assert!(why.contains($almost), "{why}");
        }

        #[test]
        #[ignore = "this one is yours to solve"]
        fn yours() {
            $check(yours::$attempt).unwrap_or_else(|why| panic!("{why}"));
        }
    };
}
use exercise;
