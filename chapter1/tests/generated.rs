//! Random programs, through every part that can be compared with another.

mod compiled;
mod differential;
mod program_gen;
mod property;
mod reference;

use chapter1::codegen::Target;
use chapter1::executor::memory::{MappingChoice, MemoryConfig};
use chapter1::syntax::print::PrintItem;
use chapter1::syntax::{Ast, Operators, Parsed, Parser};
use compiled::Setup;
use differential::{agree, compare, gave_up};
use program_gen::{Program, damaged_programs, programs};
use property::{check, check_from};
use reference::{Limits, Outcome, Session, Step};
use std::cell::{Cell, RefCell};
use std::slice::from_ref;

fn reference(text: &str) -> Vec<Step> {
    Session::new(Limits::default()).run(text)
}

/// Each item of a text as the parser sees it.
fn parse(text: &str) -> Result<Vec<String>, String> {
    let mut parser = Parser::new(text);
    let mut operators = Operators::default();
    let mut items = Vec::new();
    loop {
        let mut ast = Ast::default();
        match parser.next_item(&mut operators, &mut ast) {
            Parsed::Item(item) => {
                items.push(PrintItem(&ast, &item).to_string());
            }
            Parsed::End => return Ok(items),
            other => return Err(format!("not accepted: {other:?}")),
        }
    }
}

#[test]
fn the_parser_builds_the_intended_tree() {
    check("parser", programs(), |program| {
        let found = parse(&program.text)?;
        match found == program.items {
            true => Ok(()),
            false => Err(format!(
                "expected\n{}\nfound\n{}",
                program.items.join("\n"),
                found.join("\n")
            )),
        }
    });
}

#[test]
fn nothing_in_a_generated_program_is_refused() {
    check("accepted", programs(), |program| {
        for step in reference(&program.text) {
            match step.outcome {
                Outcome::Value(_) | Outcome::Defined | Outcome::Declared => {}
                // What is given up has been accepted.
                Outcome::OutOfFuel | Outcome::TooDeep => {}
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(())
    });
}

#[test]
fn generated_programs_are_worth_running() {
    const COUNT: u32 = 1_000;
    let given_up = Cell::new(0);
    let sizes = RefCell::new(Vec::new());
    let (printing, varied) = (Cell::new(0), Cell::new(0));
    let count_one = |counter: &Cell<u32>| counter.set(counter.get() + 1);
    check_from(1, COUNT, programs(), |Program { text, size, .. }| {
        let steps = reference(&text);
        sizes.borrow_mut().push(size);
        if gave_up(&steps) {
            count_one(&given_up);
        }
        if steps.iter().any(|step| !step.output.is_empty()) {
            count_one(&printing);
        }
        let interesting = |step: &Step| match step.outcome {
            Outcome::Value(value) => value != 0.0 && value.is_finite(),
            _ => false,
        };
        if steps.iter().any(interesting) {
            count_one(&varied);
        }
        Ok(())
    });
    let mut sizes = sizes.into_inner();
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    let (smallest, largest) = (sizes[0], sizes[sizes.len() - 1]);
    let (given_up, printing) = (given_up.get(), printing.get());
    let varied = varied.get();
    println!(
        "{given_up} given up, {printing} print, {varied} with a finite \
         value, {smallest} to {largest} expressions, median {median}"
    );
    assert!(given_up < COUNT / 10);
    assert!(printing > COUNT / 4);
    assert!(varied > COUNT / 2);
    assert!(smallest < 10 && largest > 250 && median > 30);
}

#[test]
fn damaged_programs_meet_every_refusal() {
    let reasons = RefCell::new(Vec::new());
    check_from(1, 1_000, damaged_programs(), |program| {
        for step in reference(&program.text) {
            match step.outcome {
                Outcome::Refused(why) => reasons.borrow_mut().push(why),
                Outcome::Unresolved(_) => {
                    reasons.borrow_mut().push("unresolved".into());
                }
                _ => {}
            }
        }
        Ok(())
    });
    let reasons = reasons.into_inner();
    for expected in [
        "duplicate definition",
        "unknown function",
        "is not a unary operator",
        "is not a binary operator",
        "unresolved",
    ] {
        let count = reasons.iter().filter(|why| why.contains(expected)).count();
        assert!(count >= 10, "{expected}: {count}");
    }
}

#[test]
fn the_reference_agrees_with_itself() {
    agree("reference", 500, reference);
}

fn jit_agrees(name: &str, count: u32, target: Target, mapping: MappingChoice) {
    if !target.runs_here() {
        eprintln!("{name}: this processor has no {target} instructions");
        return;
    }
    let memory = MemoryConfig { mapping, ..MemoryConfig::default() };
    let setup = Setup { target, memory };
    agree(name, count, |text| setup.run(text));
}

#[test]
fn the_jit_agrees_with_the_reference_on_avx() {
    jit_agrees("jit avx", 10_000, Target::AVX, MappingChoice::Auto);
}

#[test]
fn the_jit_agrees_with_the_reference_on_sse2() {
    jit_agrees("jit sse2", 10_000, Target::SSE2, MappingChoice::Auto);
}

#[test]
fn the_jit_agrees_with_the_reference_in_segments() {
    let target = Target::host();
    jit_agrees("jit segmented", 500, target, MappingChoice::Segmented);
}

/// In segments each function has a page, and the host's are within reach:
/// three pages are enough for most programs, but not for all.
#[test]
fn in_scarce_memory_a_program_has_its_values_or_errors() {
    let memory = MemoryConfig {
        code_size: 3 * 4096,
        mapping: MappingChoice::Segmented,
        ..MemoryConfig::default()
    };
    let setup = Setup { target: Target::host(), memory };
    let (values, errors) = (Cell::new(0), Cell::new(0));
    check("scarce", programs(), |Program { text, .. }| {
        let expected = reference(&text);
        if gave_up(&expected) {
            return Ok(());
        }
        for (expected, found) in expected.iter().zip(setup.run(&text)) {
            match (&expected.outcome, &found.outcome) {
                (Outcome::Value(_), Outcome::Refused(why)) => {
                    if !why.contains("memory is full") {
                        return Err(why.clone());
                    }
                    errors.set(errors.get() + 1);
                }
                (Outcome::Value(_), _) => {
                    compare(from_ref(expected), &[found])?;
                    values.set(values.get() + 1);
                }
                // A function of the host that an expression could not use
                // is not bound, and can still be defined.
                _ => {}
            }
        }
        Ok(())
    });
    let (values, errors) = (values.get(), errors.get());
    println!("scarce: {values} values, {errors} errors");
    assert!(values > errors && errors > 0);
}

#[test]
#[should_panic = "expected Value"]
fn a_wrong_sign_of_zero_is_noticed() {
    check_from(1, 2_000, programs(), |Program { text, .. }| {
        let steps = reference(&text);
        let mut wrong = steps.clone();
        for step in &mut wrong {
            if let Outcome::Value(value) = &mut step.outcome {
                *value += 0.0;
            }
        }
        compare(&steps, &wrong)
    });
}

#[test]
fn every_kind_of_difference_is_noticed() {
    let step = |outcome, output: &[u8]| Step { outcome, output: output.into() };
    let value = |value| vec![step(Outcome::Value(value), b"1")];
    let nan = f64::NAN;
    assert_eq!(compare(&value(nan), &value(-nan)), Ok(()));
    assert!(compare(&value(0.0), &value(-0.0)).is_err());
    assert!(compare(&value(0.1 + 0.2), &value(0.3)).is_err());
    let quiet = [step(Outcome::Value(1.0), b"")];
    assert!(compare(&value(1.0), &quiet).is_err());
    assert!(compare(&value(1.0), &[]).is_err());
    assert!(compare(&[], &value(1.0)).is_err());
    let refused = |why: &str| [step(Outcome::Refused(why.into()), b"")];
    assert_eq!(compare(&refused("one"), &refused("another")), Ok(()));
    assert!(compare(&refused("one"), &quiet).is_err());
}
