//! The IR's own tools, held against random modules.

mod ir_gen;

use chapter1::ir::{
    Block, Function, Inst, InstData, Module, ValueDef, parse_module, verify,
    verify_module,
};
use ir_gen::census::Census;
use ir_gen::{ModuleRecipe, Options, RunError, host, modules, numbers, run};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Runs `main`, which is given the first of these arguments.
fn run_main(module: &Module, args: &[f64]) -> Result<f64, RunError> {
    let host = |name: &str, args: &[f64]| match name {
        "trace" => Some(0.0),
        _ => host(name, args),
    };
    let params = module.functions[0].signature.params.len();
    run(module, "main", &args[..params], &host, 1_000_000)
}

fn bits(result: Result<f64, RunError>) -> Result<u64, RunError> {
    result.map(|number| match number.is_nan() {
        true => f64::NAN.to_bits(),
        false => number.to_bits(),
    })
}

/// Whether two functions are the same but for the order of their instruction
/// table, the pool of their lists, spans, and what was removed.
fn same_structure(a: &Function, b: &Function) {
    assert_eq!(a.name, b.name);
    assert_eq!(a.signature, b.signature);
    assert_eq!(a.callees, b.callees);
    assert_eq!(a.slots, b.slots);
    for block in a.blocks.keys() {
        assert_eq!(a.params(block), params(b, block));
        let (a_insts, b_insts) = (insts(a, block), insts(b, block));
        assert_eq!(a_insts.len(), b_insts.len());
        for (&a_inst, &b_inst) in a_insts.iter().zip(b_insts) {
            assert_eq!(a.results[a_inst], b.results[b_inst]);
            assert_eq!(canonical(a, a_inst), canonical(b, b_inst));
        }
    }
    for (value, data) in &a.values {
        let other = b.values.get(value);
        match data.def {
            ValueDef::Detached => {
                assert!(other.is_none_or(|o| o.def == ValueDef::Detached));
            }
            ValueDef::Param(..) => assert_eq!(Some(data), other),
            ValueDef::Inst(_) => {
                let other = other.expect("as many values");
                assert_eq!(data.ty, other.ty);
                assert!(matches!(other.def, ValueDef::Inst(_)));
            }
        }
    }
}

fn params(function: &Function, block: Block) -> &[chapter1::ir::Value] {
    match function.blocks.is_valid(block) {
        true => function.params(block),
        false => &[],
    }
}

fn insts(function: &Function, block: Block) -> &[Inst] {
    function.blocks.get(block).map_or(&[], |data| &data.insts)
}

/// An instruction without what depends on the pool: its variant and scalar
/// operands, its operands, its targets.
fn canonical(function: &Function, inst: Inst) -> String {
    let mut data = function.insts[inst];
    let mut operands = Vec::new();
    function.visit_operands(inst, |value| operands.push(value));
    let targets: Vec<_> = data
        .targets()
        .iter()
        .map(|target| (target.block, target.args.len(&function.lists)))
        .collect();
    match &mut data {
        InstData::Const(value) if value.is_nan() => *value = f64::NAN,
        InstData::Call { args, .. } => *args = Default::default(),
        InstData::Jump(target) => target.args = Default::default(),
        InstData::Branch { targets, .. } => {
            targets.iter_mut().for_each(|t| t.args = Default::default());
        }
        _ => {}
    }
    let bits = match data {
        InstData::Const(value) => value.to_bits(),
        _ => 0,
    };
    format!("{data:?} {bits:x} {operands:?} {targets:?}")
}

proptest! {
    #[test]
    fn every_recipe_is_a_valid_module(recipe in modules(Options::default())) {
        let module = recipe.build();
        let result = verify_module(&module);
        prop_assert!(result.is_ok(), "{}\n{module}", result.unwrap_err());
    }

    #[test]
    fn a_printed_module_parses_back(recipe in modules(Options::default())) {
        let module = recipe.build();
        let text = module.to_string();
        let parsed = parse_module(&text);
        prop_assert!(parsed.is_ok(), "{}\n{text}", parsed.unwrap_err());
        let parsed = parsed.unwrap();
        assert_eq!(parsed.to_string(), text);
        for (a, b) in module.functions.iter().zip(&parsed.functions) {
            same_structure(a, b);
            assert_eq!(verify(b), Ok(()));
        }
    }

    #[test]
    fn a_parsed_module_means_what_the_printed_one_does(
        recipe in modules(Options::default()),
        args in proptest::collection::vec(numbers(), 12),
    ) {
        let module = recipe.build();
        let parsed = parse_module(&module.to_string()).unwrap();
        let result = run_main(&module, &args);
        prop_assert!(
            matches!(result, Ok(_) | Err(RunError::OutOfFuel)),
            "{result:?}\n{module}"
        );
        prop_assert_eq!(bits(result), bits(run_main(&parsed, &args)));
    }
}

fn run_text(text: &str, args: &[f64]) -> Result<f64, RunError> {
    let module = parse_module(text).expect(text);
    assert_eq!(verify_module(&module), Ok(()));
    run(&module, "main", args, &host, 10_000)
}

#[test]
fn the_interpreter_passes_arguments_all_at_once() {
    let fibonacci = "function @main(f64) -> f64 {
        block0(v0: f64):
            v1 = const 0
            v2 = const 1
            jump block1(v0, v1, v2)
        block1(v3: f64, v4: f64, v5: f64):
            v6 = add v4, v5
            v7 = sub v3, v2
            v8 = ult v3, v2
            branch v8, block2, block1(v7, v5, v6)
        block2:
            return v4
        }";
    assert_eq!(run_text(fibonacci, &[20.0]), Ok(6765.0));
    assert_eq!(run_text(fibonacci, &[f64::NAN]), Ok(0.0));
    assert_eq!(run_text(fibonacci, &[1e9]), Err(RunError::OutOfFuel));
}

#[test]
fn the_interpreter_calls_the_module_and_the_host() {
    let text = "function @main(f64) -> f64 {
            s0 = slot bool
            fn0 = function @pow(f64, f64) -> f64
            fn1 = function @pick(bool, f64) -> bool
        block0(v0: f64):
            v1 = const 3
            v2 = oge v0, v1
            store v2, s0
            v3 = load s0
            v4 = call fn1(v3, v0)
            v5 = from_bool v4
            v6 = call fn0(v0, v1)
            v7 = add v6, v5
            return v7
        }
        function @pick(bool, f64) -> bool {
        block0(v0: bool, v1: f64):
            v2 = bconst true
            v3 = select v0, v2, v0
            return v3
        }";
    assert_eq!(run_text(text, &[2.0]), Ok(8.0));
    assert_eq!(run_text(text, &[4.0]), Ok(65.0));
}

#[test]
fn the_interpreter_refuses_what_has_no_meaning() {
    let deep = "function @main() -> f64 {
            fn0 = function @main() -> f64
        block0:
            v0 = call fn0()
            return v0
        }";
    assert_eq!(run_text(deep, &[]), Err(RunError::TooDeep));
    let empty = "function @main() -> f64 {
            s0 = slot f64
        block0:
            v0 = load s0
            return v0
        }";
    assert_eq!(run_text(empty, &[]), Err(RunError::EmptySlot));
    let unknown = "function @main() -> f64 {
            fn0 = function @nobody() -> f64
        block0:
            v0 = call fn0()
            return v0
        }";
    let nobody = RunError::UnknownFunction("nobody".to_owned());
    assert_eq!(run_text(unknown, &[]), Err(nobody));
}

/// Modules that are always the same.
fn samples(count: usize) -> Vec<ModuleRecipe> {
    let mut runner = TestRunner::deterministic();
    let strategy = modules(Options::default());
    let sample = |_| strategy.new_tree(&mut runner).unwrap().current();
    (0..count).map(sample).collect()
}

/// A generator that only made harmless programs would prove nothing.
#[test]
fn generated_modules_are_nasty_enough() {
    let mut count = Census::default();
    let args: Vec<f64> = (1..=12).map(f64::from).collect();
    for recipe in samples(400) {
        let module = recipe.build();
        count.module(&module, run_main(&module, &args));
    }
    assert!(count.ran * 100 > count.modules * 95, "most run to their end");
    assert!(count.largest > 300 && count.smallest < Some(10));
    assert!(count.critical_edges > 5 * count.modules);
    assert!(count.forks > count.modules);
    assert!(count.back_edges > count.modules);
    assert!(count.swaps * 2 > count.modules);
    assert!(count.wide_calls * 10 > count.modules);
    assert!(count.unreachable * 10 > count.modules);
    assert!(count.detached * 2 > count.modules);
    assert!(count.crowded * 20 > count.modules);
    assert!(count.results.len() * 4 > count.modules, "results differ");
}

const SQUARE: &str = "
# ANCHOR: sq
function @sq(f64) -> f64 {
block0(v0: f64):
    v1 = mul v0, v0
    return v1
}
# ANCHOR_END: sq
";

const CLAMP: &str = "
# ANCHOR: clamp
function @clamp(f64, f64) -> f64 {
block0(v0: f64, v1: f64):
    v2 = ult v1, v0
    v3 = const 0
    branch v2, block1(v1, v1), block1(v3, v0)
block1(v4: f64, v5: f64):
    v6 = add v4, v5
    return v6
}
# ANCHOR_END: clamp
";

/// As the tree means it: the value of the assignment, or 0, plus the variable.
#[test]
fn the_functions_that_the_book_writes_by_hand_mean_what_it_says() {
    let run = |text, name, args: &[f64]| {
        let module = parse_module(text).expect(text);
        assert_eq!(verify_module(&module), Ok(()));
        run(&module, name, args, &host, 100)
    };
    assert_eq!(run(SQUARE, "sq", &[3.0]), Ok(9.0));
    assert_eq!(run(CLAMP, "clamp", &[7.0, 5.0]), Ok(10.0));
    assert_eq!(run(CLAMP, "clamp", &[3.0, 5.0]), Ok(3.0));
}
