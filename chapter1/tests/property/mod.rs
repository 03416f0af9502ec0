//! Properties of random cases, found again by their seed.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use std::env;
use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};

/// How many cases a property is tested on, unless `KS_CASES` says.
const CASES: u32 = 2_000;

/// Tests a property on `KS_CASES` random cases. They are the same in every
/// run, so that a change is to blame for a failure; `KS_SEED=random` makes up
/// others, and `KS_SEED` and the number that a failure names these again.
///
/// # Panics
///
/// With the smallest case found for which it does not hold, and the seed.
pub(crate) fn check<S: Strategy>(
    name: &str,
    cases: S,
    property: impl Fn(S::Value) -> Result<(), String>,
) where
    S::Value: Debug,
{
    check_many(name, CASES, cases, property);
}

/// [`check`], on another number of cases unless `KS_CASES` says.
pub(crate) fn check_many<S: Strategy>(
    name: &str,
    count: u32,
    cases: S,
    property: impl Fn(S::Value) -> Result<(), String>,
) where
    S::Value: Debug,
{
    let seed = match env::var("KS_SEED").as_deref() {
        Ok("random") => RandomState::new().hash_one(name),
        _ => variable("KS_SEED").unwrap_or_else(|| seed_of(name)),
    };
    let count = variable("KS_CASES").map_or(count, |n| n as u32);
    println!("{name}: {count} cases from KS_SEED={seed}");
    check_from(seed, count, cases, property);
}

/// [`check`], with everything decided.
pub(crate) fn check_from<S: Strategy>(
    seed: u64,
    count: u32,
    cases: S,
    property: impl Fn(S::Value) -> Result<(), String>,
) where
    S::Value: Debug,
{
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    // The seed is enough to find a failure again.
    let config =
        Config { cases: count, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new_with_rng(config, rng)
        .run(&cases, |case| property(case).map_err(TestCaseError::fail));
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => {
            panic!("KS_SEED={seed}\n{case:?}\n{why}")
        }
        Err(abort) => panic!("KS_SEED={seed}: {abort}"),
    }
}

/// A seed for each name (FNV-1a).
fn seed_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    match value.parse() {
        Ok(number) => Some(number),
        Err(_) => panic!("{name}={value} is not a number"),
    }
}
