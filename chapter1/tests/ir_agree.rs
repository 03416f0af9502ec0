//! Random modules, compiled, run, and held against the IR's interpreter.

mod ir_gen;
mod ir_run;
mod property;

use chapter1::codegen::{Target, Tuning};
use chapter1::executor::memory::MappingChoice;
use ir_gen::{RunError, numbers};
use ir_run::{Case, FUEL, Machine, cases, interpret, nasty_numbers};
use property::check_many;
use proptest::strategy::Strategy;
use std::cell::{Cell, RefCell};

/// Compares the machine with the interpreter on `count` cases.
fn agree(
    name: &str,
    count: u32,
    target: Target,
    mapping: MappingChoice,
    cases: impl Strategy<Value = Case>,
) {
    if !target.runs_here() {
        println!("{name}: this processor has no {target} instructions");
        return;
    }
    agree_on(name, count, Machine::new(target, mapping), cases);
}

/// Compares this machine with the interpreter on `count` cases.
fn agree_on(
    name: &str,
    count: u32,
    machine: Machine,
    cases: impl Strategy<Value = Case>,
) {
    let machine = RefCell::new(machine);
    let (compared, given_up) = (Cell::new(0u32), Cell::new(0u32));
    check_many(name, count, cases, |Case { module, args }| {
        match interpret(&module, &args, FUEL) {
            Ok(expected) => {
                compared.set(compared.get() + 1);
                let found = machine.borrow_mut().run(&module, &args);
                match found == expected {
                    true => Ok(()),
                    false => Err(format!(
                        "expected {expected:?}\n but found {found:?}"
                    )),
                }
            }
            Err(RunError::OutOfFuel) => {
                given_up.set(given_up.get() + 1);
                Ok(())
            }
            Err(error) => Err(format!("{error:?}")),
        }
    });
    let (compared, given_up) = (compared.get(), given_up.get());
    println!("{name}: {compared} modules compared, {given_up} given up");
    assert!(given_up <= compared / 10);
}

#[test]
fn modules_mean_the_same_on_avx() {
    let auto = MappingChoice::Auto;
    agree("ir avx", 2_000, Target::AVX, auto, cases(numbers()));
}

#[test]
fn modules_mean_the_same_on_sse2() {
    let auto = MappingChoice::Auto;
    agree("ir sse2", 2_000, Target::SSE2, auto, cases(numbers()));
}

#[test]
fn modules_mean_the_same_with_all_that_optimised_code_asks_for() {
    for target in [Target::AVX, Target::SSE2] {
        if target.runs_here() {
            let name = format!("ir tuned {target}");
            let auto = MappingChoice::Auto;
            let machine = Machine::tuned(target, Tuning::ALL, auto);
            agree_on(&name, 2_000, machine, cases(numbers()));
        }
    }
}

#[test]
fn nasty_arguments_mean_the_same_on_avx() {
    let auto = MappingChoice::Auto;
    agree("ir avx nasty", 500, Target::AVX, auto, cases(nasty_numbers()));
}

#[test]
fn nasty_arguments_mean_the_same_on_sse2() {
    let auto = MappingChoice::Auto;
    agree("ir sse2 nasty", 500, Target::SSE2, auto, cases(nasty_numbers()));
}

#[test]
fn modules_mean_the_same_in_segments() {
    let segmented = MappingChoice::Segmented;
    let target = Target::host();
    agree("ir segmented", 300, target, segmented, cases(numbers()));
}

/// A comparison that misses a difference would prove nothing.
#[test]
#[should_panic = "but found"]
fn code_that_drops_a_trace_is_noticed() {
    let machine =
        RefCell::new(Machine::new(Target::host(), MappingChoice::Auto));
    property::check_from(1, 2_000, cases(numbers()), |case| {
        let Ok(mut expected) = interpret(&case.module, &case.args, FUEL) else {
            return Ok(());
        };
        expected.trace.pop();
        let found = machine.borrow_mut().run(&case.module, &case.args);
        match found == expected {
            true => Ok(()),
            false => {
                Err(format!("expected {expected:?}\n but found {found:?}"))
            }
        }
    });
}
