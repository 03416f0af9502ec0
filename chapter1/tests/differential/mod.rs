//! Random programs run twice: by the reference, and by whatever is tested.

use crate::program_gen::{Program, damaged_programs, programs};
use crate::property::check_many;
use crate::reference::{Limits, Outcome, Session, Step};
use proptest::prop_oneof;
use proptest::strategy::{Just, Strategy};
use std::cell::Cell;
use std::fmt::Debug;

/// Runs random programs, some of them with mistakes, by the reference and by
/// `run`, which starts anew for each text, and compares item by item: values
/// bit for bit (all NaNs are equal), and the bytes that the host functions
/// wrote. A program that the reference gives up is not run. There are
/// `count` programs unless `KS_CASES` says.
///
/// # Panics
///
/// With the smallest program found on which the two differ.
pub(crate) fn agree(name: &str, count: u32, run: impl Fn(&str) -> Vec<Step>) {
    agree_however(name, count, Just(()), |text, ()| run(text));
}

/// [`agree`], with something else that is random: how to run the program.
pub(crate) fn agree_however<W: Strategy>(
    name: &str,
    count: u32,
    ways: W,
    run: impl Fn(&str, W::Value) -> Vec<Step>,
) where
    W::Value: Debug,
{
    let (compared, given_up) = (Cell::new(0u32), Cell::new(0u32));
    let all = prop_oneof![4 => programs(), 1 => damaged_programs()];
    check_many(name, count, (all, ways), |(Program { text, .. }, way)| {
        let expected = Session::new(Limits::default()).run(&text);
        if gave_up(&expected) {
            given_up.set(given_up.get() + 1);
            return Ok(());
        }
        compared.set(compared.get() + 1);
        compare(&expected, &run(&text, way))
    });
    let (compared, given_up) = (compared.get(), given_up.get());
    println!("{name}: {compared} programs compared, {given_up} given up");
}

/// Whether the reference did not come to the end of a program.
pub(crate) fn gave_up(steps: &[Step]) -> bool {
    let last = |step: &Step| {
        matches!(step.outcome, Outcome::OutOfFuel | Outcome::TooDeep)
    };
    steps.iter().any(last)
}

/// The first difference between what should be and what is.
pub(crate) fn compare(
    expected: &[Step],
    actual: &[Step],
) -> Result<(), String> {
    for (index, (e, a)) in expected.iter().zip(actual).enumerate() {
        if !same(&e.outcome, &a.outcome) || e.output != a.output {
            return Err(format!(
                "item {index}: expected {}\n but found {}",
                describe(e),
                describe(a)
            ));
        }
    }
    match (expected.len(), actual.len()) {
        (e, a) if e != a => Err(format!("expected {e} items, found {a}")),
        _ => Ok(()),
    }
}

fn same(expected: &Outcome, actual: &Outcome) -> bool {
    match (expected, actual) {
        (Outcome::Value(e), Outcome::Value(a)) => {
            e.to_bits() == a.to_bits() || (e.is_nan() && a.is_nan())
        }
        // Each may give its reasons in its own words.
        (Outcome::Refused(_), Outcome::Refused(_)) => true,
        // Where several functions are missing, any can be the first found.
        (Outcome::Unresolved(_), Outcome::Unresolved(_)) => true,
        _ => expected == actual,
    }
}

fn describe(step: &Step) -> String {
    let output = String::from_utf8_lossy(&step.output);
    let bits = match step.outcome {
        Outcome::Value(value) => format!(" ({:#018x})", value.to_bits()),
        _ => String::new(),
    };
    format!("{:?}{bits}, output {output:?}", step.outcome)
}
