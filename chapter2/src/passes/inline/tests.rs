//! Modules in and out, and what is noted of them.

use super::*;
use crate::passes::{Body, Mem2Reg, SimplifyCfg};
use chapter1::ir::{parse_module, verify_module};
use insta::assert_snapshot;
use std::fmt::Write;
use std::sync::Arc;

/// Runs the pass over a module, which stays valid.
fn inlined(text: &str) -> (String, Surroundings) {
    let mut module = parse_module(text).unwrap();
    assert_eq!(verify_module(&module), Ok(()));
    let before: Vec<String> =
        module.functions.iter().map(Function::to_string).collect();
    let mut surroundings = Surroundings::default();
    let changes = Inline.run_on_module(&mut module, &mut surroundings).unwrap();
    assert_eq!(verify_module(&module), Ok(()), "{module}");
    for ((function, before), changed) in
        module.functions.iter().zip(before).zip(changes)
    {
        let is_same = before == function.to_string();
        assert_eq!(is_same, changed == Changed::Nothing, "{function}");
    }
    (module.to_string(), surroundings)
}

fn unchanged(text: &str) {
    let before = parse_module(text).unwrap().to_string();
    pretty_assertions::assert_eq!(inlined(text).0, before);
}

const SQUARE: &str = "
function @square(f64) -> f64 {
block0(v0: f64):
    v1 = mul v0, v0
    return v1
}
";

const LESSER: &str = "
function @lesser(f64, f64) -> f64 {
block0(v0: f64, v1: f64):
    v2 = ult v0, v1
    branch v2, block1, block2
block1:
    return v0
block2:
    return v1
}
";

#[test]
fn a_body_of_one_block_takes_the_place_of_the_call() {
    let text = "
function @f(f64) -> f64 {
    fn0 = function @square(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    v2 = call fn0(v1)
    v3 = add v1, v2
    return v3
}";
    assert_snapshot!(inlined(&(SQUARE.to_owned() + text)).0);
}

#[test]
fn returns_become_jumps_to_what_comes_after_the_call() {
    let text = "
function @f(f64, f64, f64) -> f64 {
    fn0 = function @lesser(f64, f64) -> f64
block0(v0: f64, v1: f64, v2: f64):
    v3 = call fn0(v0, v1)
    v4 = call fn0(v3, v2)
    v5 = sub v4, v3
    return v5
}";
    assert_snapshot!(inlined(&(LESSER.to_owned() + text)).0);
}

#[test]
fn a_call_in_a_loop_makes_the_loop_larger() {
    let text = "
function @f(f64) -> f64 {
    fn0 = function @lesser(f64, f64) -> f64
block0(v0: f64):
    jump block1(v0)
block1(v1: f64):
    v2 = call fn0(v1, v0)
    v3 = one v2, v0
    branch v3, block1(v2), block2
block2:
    return v1
}";
    assert_snapshot!(inlined(&(LESSER.to_owned() + text)).0);
}

#[test]
fn slots_and_callees_come_along() {
    let text = "
function @twice(f64) -> f64 {
    s0 = slot f64
    s1 = slot bool
    fn0 = function @sin(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    store v1, s0
    v2 = ult v1, v0
    store v2, s1
    v3 = load s0
    return v3
}

function @f(f64) -> f64 {
    s0 = slot f64
    fn0 = function @putchard(f64) -> f64
    fn1 = function @twice(f64) -> f64
block0(v0: f64):
    store v0, s0
    v1 = call fn1(v0)
    v2 = call fn0(v1)
    v3 = load s0
    return v3
}";
    assert_snapshot!(inlined(text).0);
}

#[test]
fn what_was_inlined_in_a_callee_comes_along_and_is_noted() {
    let text = "
function @h(f64) -> f64 {
    fn0 = function @g(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    return v1
}

function @g(f64) -> f64 {
    fn0 = function @square(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    v2 = add v1, v0
    return v2
}
";
    let (text, surroundings) = inlined(&(text.to_owned() + SQUARE));
    assert_snapshot!(text);
    let noted = |name| {
        let names = surroundings.inlined.get(&Symbol::new(name));
        let names = names.into_iter().flatten().map(Symbol::as_str);
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        [noted("h"), noted("g"), noted("square")],
        ["g square", "square", ""]
    );
}

#[test]
fn a_definition_comes_before_the_host() {
    let text = "
function @sin(f64) -> f64 {
block0(v0: f64):
    v1 = const 42
    return v1
}

function @f() -> f64 {
    fn0 = function @sin(f64) -> f64
    fn1 = function @cos(f64) -> f64
block0:
    v0 = const 1
    v1 = call fn0(v0)
    v2 = call fn1(v0)
    v3 = add v1, v2
    return v3
}";
    assert_snapshot!(inlined(text).0);
}

#[test]
fn a_body_from_elsewhere_can_be_inlined() {
    let text = "
function @f(f64) -> f64 {
    fn0 = function @square(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    return v1
}";
    unchanged(text);
    let mut module = parse_module(text).unwrap();
    let function = parse_module(SQUARE).unwrap().functions.remove(0);
    let name = function.name.clone();
    let inlined = [Symbol::new("deeper")].into_iter().collect();
    let (function, inlined) = (Arc::new(function), Arc::new(inlined));
    let mut surroundings = Surroundings::default();
    surroundings.bodies.insert(name, Body { function, inlined });
    Inline.run_on_module(&mut module, &mut surroundings).unwrap();
    assert_snapshot!(module);
    let noted = &surroundings.inlined[&Symbol::new("f")];
    let noted: Vec<&str> = noted.iter().map(Symbol::as_str).collect();
    assert_eq!(noted, ["deeper", "square"]);
}

#[test]
fn functions_that_call_each_other_in_a_circle_are_left_alone() {
    unchanged(
        "
function @even(f64) -> f64 {
    fn0 = function @odd(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    return v1
}

function @odd(f64) -> f64 {
    fn0 = function @even(f64) -> f64
    fn1 = function @odd(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    v2 = call fn1(v1)
    return v2
}",
    );
}

#[test]
fn a_call_with_another_number_of_arguments_is_for_the_linker_to_refuse() {
    let text = "
function @f(f64) -> f64 {
    fn0 = function @square(f64, f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0, v0)
    return v1
}";
    unchanged(&(SQUARE.to_owned() + text));
}

/// A function of so many additions.
fn additions(name: &str, count: usize) -> String {
    let mut text = format!("function @{name}(f64) -> f64 {{\n");
    text += "block0(v0: f64):\n";
    for i in 1..=count {
        writeln!(text, "v{i} = add v{}, v0", i - 1).unwrap();
    }
    text + &format!("return v{count}\n}}\n")
}

/// A function that calls others, each with its parameter or a constant.
fn caller(callees: &[(&str, bool)]) -> String {
    let mut text = "function @f(f64) -> f64 {\n".to_owned();
    for (i, (callee, _)) in callees.iter().enumerate() {
        writeln!(text, "fn{i} = function @{callee}(f64) -> f64").unwrap();
    }
    text += "block0(v0: f64):\nv1 = const 1\n";
    for (i, (_, is_constant)) in callees.iter().enumerate() {
        let arg = usize::from(*is_constant);
        writeln!(text, "v{} = call fn{i}(v{arg})", i + 2).unwrap();
    }
    text + "return v0\n}\n"
}

/// How many calls are left.
fn calls_left(text: &str) -> usize {
    inlined(text).0.matches(" = call ").count()
}

#[test]
fn size_decides_and_constants_and_only_calls_are_worth_more() {
    let left = |size, calls: &[(&str, bool)]| {
        calls_left(&(additions("g", size) + &caller(calls)))
    };
    let (value, constant) = (("g", false), ("g", true));
    assert_eq!(left(LIMIT, &[value; 2]), 0);
    assert_eq!(left(LIMIT + 1, &[value; 2]), 2);
    assert_eq!(left(LIMIT + 1, &[value, constant]), 1);
    assert_eq!(left(LIMIT + PER_CONSTANT + 1, &[value, constant]), 2);
    assert_eq!(left(ONLY, &[value]), 0);
    assert_eq!(left(ONLY + 1, &[value]), 1);
}

#[test]
fn no_function_grows_without_limit() {
    let many = vec![("g", false); 1000];
    let text = additions("g", 20) + &caller(&many);
    // Each call counts, and makes room for its like.
    let room = GROWTH + CALL * many.len();
    assert_eq!(calls_left(&text), many.len() - room / 20);
}

#[test]
fn a_long_chain_is_inlined_in_no_time() {
    let count = 20_000;
    let mut text = SQUARE.replace("square", "g0");
    for i in 1..count {
        write!(
            text,
            "function @g{i}(f64) -> f64 {{
                fn0 = function @g{}(f64) -> f64
            block0(v0: f64):
                v1 = call fn0(v0)
                v2 = add v1, v0
                return v2
            }}\n",
            i - 1
        )
        .unwrap();
    }
    // Each has what was inlined in the one before, up to a limit.
    let (text, _) = inlined(&text);
    let adds = text.matches(" = add ").count();
    assert!((10 * count..ONLY * count).contains(&adds), "{adds}");
}

const FIB: &str = "
function @fib(f64) -> f64 {
    s0 = slot f64
    fn0 = function @fib(f64) -> f64
block0(v0: f64):
    store v0, s0
    v1 = load s0
    v2 = const 2
    v3 = ult v1, v2
    branch v3, block1, block2
block1:
    v4 = load s0
    return v4
block2:
    v5 = load s0
    v6 = const 1
    v7 = sub v5, v6
    v8 = call fn0(v7)
    v9 = load s0
    v10 = sub v9, v2
    v11 = call fn0(v10)
    v12 = add v8, v11
    return v12
}";

fn self_inlined(text: &str) -> (String, Changed) {
    let mut module = parse_module(text).unwrap();
    let function = &mut module.functions[0];
    Mem2Reg.run(function, &mut Analyses::default());
    let changed = InlineSelf.run(function, &mut Analyses::default());
    assert_eq!(verify_module(&module), Ok(()), "{module}");
    (module.to_string(), changed)
}

#[test]
fn a_function_that_calls_itself_gets_one_copy_of_itself() {
    let (text, changed) = self_inlined(FIB);
    assert_eq!(changed, Changed::ControlFlow);
    assert_snapshot!(text);
}

#[test]
fn a_second_time_it_gets_copies_of_what_it_has_become() {
    let mut module = parse_module(FIB).unwrap();
    let function = &mut module.functions[0];
    Mem2Reg.run(function, &mut Analyses::default());
    let calls_after = |function: &mut Function| {
        let changed = InlineSelf.run(function, &mut Analyses::default());
        (changed, calls(function).count())
    };
    assert_eq!(calls(function).count(), 2);
    assert_eq!(calls_after(function), (Changed::ControlFlow, 4));
    SimplifyCfg.run(function, &mut Analyses::default());
    assert_eq!(calls_after(function), (Changed::ControlFlow, 16));
    assert_eq!(calls_after(function), (Changed::Nothing, 16));
    assert_eq!(verify_module(&module), Ok(()), "{module}");
}

#[test]
fn a_call_of_itself_with_another_number_of_arguments_stays() {
    let text = "
function @f(f64, f64) -> f64 {
    fn0 = function @f(f64) -> f64
block0(v0: f64, v1: f64):
    v2 = call fn0(v0)
    return v2
}";
    assert_eq!(self_inlined(text).1, Changed::Nothing);
}

#[test]
fn a_call_of_another_function_is_none_of_itself() {
    let text = "
function @f(f64) -> f64 {
    fn0 = function @g(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    return v1
}";
    assert_eq!(self_inlined(text).1, Changed::Nothing);
}

#[test]
fn a_copy_of_itself_begins_each_loop_anew() {
    let text = "
function @f(f64) -> f64 {
    fn0 = function @f(f64) -> f64
block0(v0: f64):
    v1 = const 1
    jump block1(v0)
block1(v2: f64):
    v3 = sub v2, v1
    v4 = ult v1, v3
    branch v4, block1(v3), block2
block2:
    v5 = call fn0(v3)
    return v5
}";
    let (text, changed) = self_inlined(text);
    assert_eq!(changed, Changed::ControlFlow);
    assert_snapshot!(text);
}

#[test]
fn a_large_function_or_one_of_many_calls_gets_no_copy_of_itself() {
    for add in ["v8 = add v8, v8\n", "v8 = call fn0(v8)\n"] {
        let mut more = String::new();
        for i in 0..LIMIT_SELF {
            let (before, after) = (i + 20, i + 21);
            let line = add.replacen("v8", &format!("v{after}"), 1);
            more += &line.replace("v8", &format!("v{before}"));
        }
        let text = FIB
            .replace("block2:\n", &format!("block2:\nv20 = const 1\n{more}"));
        assert_eq!(self_inlined(&text).1, Changed::Nothing);
    }
    assert_eq!(self_inlined(SQUARE).1, Changed::Nothing);
}
