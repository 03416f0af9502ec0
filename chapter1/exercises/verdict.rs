//! What every exercise has: a verdict on an attempt, and its four tests.

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
    ($check:path, $attempt:ident, $starter:expr, $almost:expr) => {
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
pub(crate) use exercise;
