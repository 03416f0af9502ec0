//! Every rule, broken once.

use super::*;
use crate::ir::{BlockData, Callee, Slot, ValueData, parse_module};

/// A function whose text form has this after the name.
fn function(text: &str) -> Function {
    let module = parse_module(&format!("function @f{text}"));
    let module = module.unwrap_or_else(|error| panic!("{error}\n{text}"));
    module.functions.into_iter().next().expect("a function")
}

/// A function that is in order.
fn sound() -> Function {
    function(
        "(f64) -> f64 {
            s0 = slot f64
        block0(v0: f64):
            v1 = const 1
            v2 = add v0, v1
            store v2, s0
            jump block1(v1)
        block1(v3: f64):
            return v3
        }",
    )
}

/// What is wrong with the function, in words.
fn refused(function: &Function) -> String {
    verify(function).expect_err("a broken rule").to_string()
}

fn inst(index: u32) -> Inst {
    Inst::from_u32(index)
}

fn block(index: u32) -> Block {
    Block::from_u32(index)
}

fn value(index: u32) -> Value {
    Value::from_u32(index)
}

#[test]
fn a_sound_function_passes() {
    assert_eq!(verify(&sound()), Ok(()));
}

#[test]
fn names_in_a_module_differ() {
    let function = "function @\"f g\"() -> f64 {
        block0: v0 = const 1 return v0
    }";
    let module = parse_module(&format!("{function}{function}"));
    let error = verify_module(&module.expect("well formed"));
    assert_eq!(
        error.expect_err("a broken rule").to_string(),
        "in @\"f g\": the name is taken by another function of the module"
    );
}

#[test]
fn a_module_s_functions_are_checked() {
    let mut module = Module { functions: vec![sound()] };
    assert_eq!(verify_module(&module), Ok(()));
    module.functions.push(function("() -> f64 {}"));
    module.functions[1].name = crate::symbol::Symbol::new("g");
    assert!(verify_module(&module).is_err());
}

#[test]
fn there_is_an_entry() {
    assert_eq!(
        refused(&function("() -> f64 {}")),
        "in @f: there is no entry block"
    );
}

#[test]
fn there_is_a_result() {
    let function = function("() { block0: v0 = const 1 return v0 }");
    assert_eq!(refused(&function), "in @f: a function must have a result");
}

#[test]
fn the_tables_have_one_length() {
    let mut function = sound();
    function.spans.push(crate::span::Span::default());
    assert_eq!(
        refused(&function),
        "in @f: the instruction tables differ in length"
    );
}

#[test]
fn indices_are_in_range() {
    let mut broken = Vec::new();
    let mut breaking = |change: fn(&mut Function)| {
        let mut function = sound();
        change(&mut function);
        broken.push(refused(&function));
    };
    breaking(|f| f.insts[inst(4)] = InstData::Return(value(9)));
    breaking(|f| f.insts[inst(0)] = InstData::Load(Slot::from_u32(9)));
    breaking(|f| {
        let (callee, args) = (Callee::from_u32(9), Default::default());
        f.insts[inst(0)] = InstData::Call { callee, args };
    });
    breaking(|f| {
        let target = BlockCall { block: block(9), args: Default::default() };
        f.insts[inst(3)] = InstData::Jump(target);
    });
    breaking(|f| f.blocks[block(1)].insts.push(inst(9)));
    breaking(|f| f.results[inst(0)] = value(9).into());
    breaking(|f| {
        let function = &mut *f;
        function.blocks[block(1)].params.push(value(9), &mut function.lists);
    });
    insta::assert_snapshot!(broken.join("\n"));
}

#[test]
fn an_instruction_has_one_place() {
    let mut function = sound();
    function.blocks[block(0)].insts.insert(0, inst(2));
    assert_eq!(
        refused(&function),
        "in @f, at `store v2, s0`: the instruction has a second place"
    );
}

#[test]
fn a_value_is_defined_where_it_is_said_to_be() {
    let mut twice = sound();
    twice.results[inst(1)] = value(1).into();
    assert_eq!(
        refused(&twice),
        "in @f, at `v1 = add v0, v1`: `v1` is recorded as defined elsewhere"
    );
    let mut param = sound();
    param.values[value(3)].def = ValueDef::Param(block(1), 1);
    assert_eq!(
        refused(&param),
        "in @f, at `block1`: `v3` is recorded as defined elsewhere"
    );
}

#[test]
fn results_agree_with_instructions() {
    let message = "the result is missing, superfluous or of a wrong type";
    let mut missing = sound();
    missing.results[inst(1)] = None.into();
    assert_eq!(refused(&missing), format!("in @f, at `add v0, v1`: {message}"));
    let mut superfluous = sound();
    superfluous.results[inst(2)] = value(2).into();
    assert_eq!(
        refused(&superfluous),
        format!("in @f, at `v2 = store v2, s0`: {message}")
    );
    let mut mistyped = sound();
    mistyped.values[value(2)].ty = Type::Bool;
    assert_eq!(
        refused(&mistyped),
        format!("in @f, at `v2 = add v0, v1`: {message}")
    );
}

#[test]
fn a_block_ends_in_a_terminator() {
    let message = "in @f, at `block0`: the block does not end in a terminator";
    let open = function("() -> f64 { block0: v0 = const 1 }");
    assert_eq!(refused(&open), message);
    let empty = function("(f64) -> f64 { block0(v0: f64): }");
    assert_eq!(refused(&empty), message);
    let mut removed = sound();
    removed.blocks[block(0)] = BlockData::default();
    assert_eq!(refused(&removed), message);
}

#[test]
fn nothing_follows_a_terminator() {
    let early =
        function("(f64) -> f64 { block0(v0: f64): return v0 return v0 }");
    assert_eq!(
        refused(&early),
        "in @f, at `return v0`: \
         a terminator must be the last instruction of its block"
    );
}

#[test]
fn the_entry_takes_what_the_signature_says() {
    for text in [
        "() -> f64 { block0(v0: f64): return v0 }",
        "(bool) -> f64 { block0(v0: f64): return v0 }",
        "(f64, f64) -> f64 { block0(v0: f64): return v0 }",
    ] {
        assert_eq!(
            refused(&function(text)),
            "in @f, at `block0`: \
             the entry's parameters are not those of the signature"
        );
    }
}

#[test]
fn the_entry_is_not_jumped_to() {
    for text in [
        "(f64) -> f64 { block0(v0: f64): jump block0(v0) }",
        "(f64) -> f64 { block0(v0: f64): return v0
                        block1(v1: f64): jump block0(v1) }",
    ] {
        let error = verify(&function(text)).expect_err("a broken rule");
        assert_eq!(error.problem, Problem::EntryTarget);
    }
}

#[test]
fn a_removed_block_is_not_jumped_to() {
    let mut function = sound();
    function.blocks[block(1)].insts.clear();
    function.blocks[block(1)].params = Default::default();
    assert_eq!(
        refused(&function),
        "in @f, at `jump block1(v1)`: `block1` has been removed"
    );
}

#[test]
fn a_removed_value_is_not_used() {
    let mut function = sound();
    function.blocks[block(0)].insts.remove(0);
    let message =
        "in @f, at `v2 = add v0, v1`: the definition of `v1` has been removed";
    assert_eq!(refused(&function), message);
    let def = ValueDef::Detached;
    function.values[value(1)] = ValueData { ty: Type::F64, def };
    assert_eq!(refused(&function), message);
}

#[test]
fn a_removed_value_is_not_used_where_nothing_leads() {
    let mut function = function(
        "(f64) -> f64 {
        block0(v0: f64):
            return v0
        block1:
            v1 = const 1
            return v1
        }",
    );
    assert_eq!(verify(&function), Ok(()));
    function.blocks[block(1)].insts.remove(0);
    let error = verify(&function).expect_err("a broken rule");
    assert_eq!(error.problem, Problem::RemovedValue(value(1)));
}

#[test]
fn jumps_and_calls_pass_as_many_arguments_as_are_taken() {
    let jump = function(
        "(f64) -> f64 {
        block0(v0: f64):
            jump block1(v0, v0)
        block1(v1: f64):
            return v1
        }",
    );
    assert_eq!(
        refused(&jump),
        "in @f, at `jump block1(v0, v0)`: \
         `block1` takes 1 arguments, 2 are passed"
    );
    let call = function(
        "(f64) -> f64 {
            fn0 = function @g(f64, f64) -> f64
        block0(v0: f64):
            v1 = call fn0(v0)
            return v1
        }",
    );
    assert_eq!(
        refused(&call),
        "in @f, at `v1 = call fn0(v0)`: \
         `fn0` takes 2 arguments, 1 are passed"
    );
}

/// Each line is wrong in one operand's type; `v0` is a number, `v1` a truth
/// value.
#[test]
fn operands_have_the_right_types() {
    let lines = [
        "v2 = add v0, v1",
        "v2 = mul v1, v0",
        "v2 = ult v1, v0",
        "v2 = from_bool v0",
        "v2 = select v0, v0, v0",
        "v2 = select v1, v0, v1",
        "store v1, s0",
        "store v0, s1",
        "v2 = call fn0(v1)",
        "call fn1(v0)",
        "jump block1(v1)",
        "branch v0, block1(v0), block1(v0)",
        "branch v1, block1(v0), block1(v1)",
        "return v1",
    ];
    let mut found = Vec::new();
    for line in lines {
        let function = function(&format!(
            "(f64, bool) -> f64 {{
                s0 = slot f64
                s1 = slot bool
                fn0 = function @g(f64) -> f64
                fn1 = runtime @count(bool)
            block0(v0: f64, v1: bool):
                {line}
                {}
            block1(v9: f64):
                return v9
            }}",
            match line.split(' ').next() {
                Some("jump" | "branch" | "return") => "",
                _ => "return v0",
            }
        ));
        let error = verify(&function).expect_err(line);
        assert!(matches!(error.problem, Problem::WrongType { .. }));
        found.push(error.to_string());
    }
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn a_truth_value_may_be_the_result() {
    let text = "(bool) -> bool { block0(v0: bool): return v0 }";
    assert_eq!(verify(&function(text)), Ok(()));
}

#[test]
fn a_definition_comes_before_its_uses() {
    let in_block = function(
        "() -> f64 {
        block0:
            v0 = add v1, v1
            v1 = const 1
            return v0
        }",
    );
    assert_eq!(
        refused(&in_block),
        "in @f, at `v0 = add v1, v1`: `v1` may be used before it is defined"
    );
    let one_way = function(
        "(bool) -> f64 {
        block0(v0: bool):
            branch v0, block1, block2
        block1:
            v1 = const 1
            jump block2
        block2:
            return v1
        }",
    );
    assert_eq!(
        refused(&one_way),
        "in @f, at `return v1`: `v1` may be used before it is defined"
    );
    let itself = function("() -> f64 { block0: v0 = add v0, v0 return v0 }");
    assert_eq!(
        verify(&itself).expect_err("a broken rule").problem,
        Problem::NotDominated(value(0))
    );
}

#[test]
fn a_loop_may_use_what_an_earlier_round_has_not_defined_only_by_argument() {
    let around = |argument: &str| {
        function(&format!(
            "(f64, bool) -> f64 {{
            block0(v0: f64, v1: bool):
                jump block1(v0)
            block1(v2: f64):
                v3 = add {argument}, v0
                branch v1, block1(v3), block2
            block2:
                return v3
            }}"
        ))
    };
    assert_eq!(verify(&around("v2")), Ok(()));
    assert!(verify(&around("v3")).is_err());
}

#[test]
fn dominance_is_not_asked_for_where_nothing_leads() {
    let text = "(f64) -> f64 {
        block0(v0: f64):
            v1 = const 1
            return v0
        block1:
            v2 = add v1, v3
            v3 = const 1
            jump block2
        block2:
            return v2
        }";
    assert_eq!(verify(&function(text)), Ok(()));
}

#[test]
fn where_nothing_leads_types_are_asked_for() {
    let text = "(f64) -> f64 {
        block0(v0: f64):
            return v0
        block1:
            v1 = from_bool v0
            return v1
        }";
    let error = verify(&function(text)).expect_err("a broken rule");
    assert!(matches!(error.problem, Problem::WrongType { .. }));
}
