//! What the text form looks like, what is refused and where, and that no
//! text whatever makes the parser do anything but answer.

use super::*;
use crate::ir::{Block, CalleeKind, Module, Type, Value, ValueDef};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

/// Every instruction, both kinds of callee, a parameter of each type.
const SAMPLE: &str = "\
function @sq(f64) -> f64 {
    s0 = slot f64
    s1 = slot bool
    fn0 = function @\"binary|\"(f64, f64) -> f64
    fn1 = runtime @count(bool)
block0(v0: f64):
    store v0, s0
    v1 = load s0
    v2 = const 1.5
    v3 = bconst true
    v4 = ult v1, v2
    v5 = from_bool v4
    v6 = select v4, v1, v2
    v7 = add v1, v2
    v8 = call fn0(v7, v1)
    call fn1(v4)
    branch v4, block1(v8, v3), block2
block1(v9: f64, v10: bool):
    jump block2
block2:
    return v1
}

function @empty() -> bool {
}
";

fn parse(text: &str) -> Module {
    parse_module(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A function with these instructions in its only block.
fn body(insts: &str) -> String {
    format!("function @f() -> f64 {{\nblock0:\n{insts}\n}}")
}

fn error(text: &str) -> String {
    parse_module(text).expect_err(text).to_string()
}

#[test]
fn printing_restores_what_was_parsed() {
    assert_eq!(parse(SAMPLE).to_string(), SAMPLE);
}

#[test]
fn parsing_fills_the_tables() {
    let module = parse(SAMPLE);
    let function = &module.functions[0];
    assert_eq!(function.callees.len(), 2);
    let mut callees = function.callees.values();
    let binary = callees.next().expect("two callees");
    assert_eq!(binary.name.as_str(), "binary|");
    assert_eq!(callees.next().expect("two").kind, CalleeKind::Runtime);
    let v10 = function.values[Value::from_u32(10)];
    assert_eq!(v10.ty, Type::Bool);
    assert_eq!(v10.def, ValueDef::Param(Block::from_u32(1), 1));
    assert_eq!(function.blocks[Block::from_u32(0)].insts.len(), 11);
}

#[test]
fn layout_and_comments_are_free() {
    let text = "function@f()->f64{block0:v0=const 1#one\n\r\treturn v0}# end";
    let canonical =
        "function @f() -> f64 {\nblock0:\n    v0 = const 1\n    return v0\n}\n";
    assert_eq!(parse(text).to_string(), canonical);
}

#[test]
fn gaps_come_back_as_what_was_removed() {
    let text = "\
function @f() -> f64 {
block0:
    v3 = const 1
    jump block4
block4:
    return v3
}
";
    let module = parse(text);
    let function = &module.functions[0];
    assert_eq!(function.values[Value::from_u32(2)].def, ValueDef::Detached);
    assert!(function.blocks[Block::from_u32(3)].insts.is_empty());
    assert_eq!((function.values.len(), function.blocks.len()), (4, 5));
    assert_eq!(module.to_string(), text);
}

#[test]
fn a_use_may_stand_before_the_definition() {
    let text = "\
function @f(bool) -> f64 {
block0(v0: bool):
    jump block3
block1:
    v1 = select v2, v3, v3
    v2 = select v0, v0, v4
    return v1
block3:
    v3 = const 1
    v4 = bconst false
    jump block1
}
";
    let module = parse(text);
    let types = |index| {
        let value = Value::from_u32(index);
        module.functions[0].values[value].ty
    };
    assert_eq!((types(1), types(2)), (Type::F64, Type::Bool));
    assert_eq!(module.to_string(), text);
}

#[test]
fn selects_of_each_other_end() {
    let cycle = "v0 = select v0, v1, v1 v1 = select v0, v0, v0 return v0";
    parse(&body(cycle));
}

#[test]
fn a_long_chain_of_selects_takes_the_type_of_its_end() {
    let mut insts = String::new();
    for index in 0..20_000 {
        let next = index + 1;
        insts += &format!("v{index} = select v{next}, v{next}, v{next}\n");
    }
    insts += "v20000 = bconst true return v0";
    let module = parse(&body(&insts));
    let values = &module.functions[0].values;
    assert!(values.values().all(|value| value.ty == Type::Bool));
}

#[test]
fn constants_are_the_shortest_text_that_reads_back() {
    let shown = |value: f64| {
        let mut module = parse(&body("v0 = const 0 return v0"));
        let inst = crate::ir::Inst::from_u32(0);
        let function = &mut module.functions[0];
        function.insts[inst] = crate::ir::InstData::Const(value);
        let line = function.display_inst(inst).to_string();
        assert_eq!(parse(&module.to_string()).to_string(), module.to_string());
        line.trim_start_matches("v0 = const ").to_owned()
    };
    assert_eq!(shown(1.0), "1");
    assert_eq!(shown(-0.0), "-0");
    assert_eq!(shown(0.1), "0.1");
    assert_eq!(shown(100.0), "100");
    assert_eq!(shown(1e100), "1e100");
    assert_eq!(shown(-2.5e-10), "-2.5e-10");
    assert_eq!(shown(f64::MAX), "1.7976931348623157e308");
    assert_eq!(shown(f64::from_bits(1)), "5e-324");
    assert_eq!(shown(f64::INFINITY), "inf");
    assert_eq!(shown(f64::NEG_INFINITY), "-inf");
    assert_eq!(shown(f64::from_bits(0xfff8_0000_0000_1234)), "nan");
}

#[test]
fn errors_name_the_place() {
    let errors = [
        "fun @f() -> f64 {}",
        "function f() -> f64 {}",
        "function @f(f64,) -> f64 {}",
        "function @f(f64 bool) -> f64 {}",
        "function @f() -> f64 {",
        "function @\"f() -> f64 {}",
        "function @\"\\n\"() -> f64 {}",
        "function @\"\\u{110000}\"() -> f64 {}",
        "function @f() -> f64 { s1 = slot f64 }",
        "function @f() -> f64 { s0 = slot i32 }",
        "function @f() -> f64 { fn0 = external @g() }",
        "function @f() -> f64 { block0: }",
        "function @f() -> f64 { v0 = const 1 }",
        "function @f() -> f64 { block0(v0: f64, v0: f64): }",
        "function @f() -> f64 { block4194304: }",
        "function @f() -> f64 { block4194303(v0: f64): }",
        "function @f() -> f64 { block99999999999999999999: }",
        &body("v0 = const 1\nreturn v1"),
        &body("v0 = const 1\nv0 = const 2"),
        &body("v0 = const 1.2.3"),
        &body("v0 = const true"),
        &body("v0 = bconst 1"),
        &body("v0 = frob v1"),
        &body("v0 = load s0"),
        &body("call fn0()"),
        &body("jump block1"),
        &body("jump block0 block0: jump block0"),
        &body("const 1"),
        &body("v0 = jump block0"),
        &body("v01 = const 1"),
        &body("jump block0\n\u{e4}\u{f6} $"),
    ];
    let shown: String = errors
        .iter()
        .map(|text| format!("{text}\n=> {}\n", error(text)))
        .collect();
    insta::assert_snapshot!(shown);
}

#[test]
fn columns_count_characters() {
    let found = parse_module("function @\"äöü\"() -> f64 { ? }");
    let found = found.expect_err("`?` is no token");
    assert_eq!((found.line, found.column), (1, 28));
}

#[test]
fn the_tables_of_a_module_are_bounded_together() {
    let function =
        "function @f() -> f64 { block0: v3000000 = const 1 return v3000000 }";
    parse(function);
    let found = error(&format!("{function}\n{function}"));
    assert_eq!(found, "2:32: `v3000000` makes the module too large");
}

/// Words of the text form, in any order.
fn any_token() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(
        &[
            "function",
            "runtime",
            "slot",
            "@f",
            "@\"a b\"",
            "f64",
            "bool",
            "->",
            "(",
            ")",
            "{",
            "}",
            ",",
            ":",
            "=",
            "#",
            "\n",
            "const",
            "bconst",
            "true",
            "1.5",
            "-inf",
            "nan",
            "ult",
            "add",
            "from_bool",
            "select",
            "load",
            "store",
            "call",
            "jump",
            "branch",
            "return",
        ][..],
    );
    let index = prop_oneof![9 => 0..4_u32, 1 => any::<u32>()];
    let kind = proptest::sample::select(&["v", "block", "s", "fn"][..]);
    prop_oneof![
        2 => word.prop_map(str::to_owned),
        1 => (kind, index).prop_map(|(kind, index)| format!("{kind}{index}")),
    ]
}

/// Parses; if that succeeds, printing and parsing again changes nothing.
fn parses_or_fails(text: &str) -> Result<(), TestCaseError> {
    match parse_module(text) {
        Ok(module) => {
            let printed = module.to_string();
            let again = parse_module(&printed).map_err(|error| {
                TestCaseError::fail(format!("{error}\n{printed}"))
            })?;
            prop_assert_eq!(printed, again.to_string());
        }
        Err(error) => {
            let line = text.split('\n').nth(error.line - 1);
            let len = line.map(|line| line.chars().count());
            prop_assert!(len.is_some_and(|len| error.column <= len + 1));
        }
    }
    Ok(())
}

/// Lines that are each well formed, so that whole functions come about.
fn any_line() -> impl Strategy<Value = String> {
    let operand = || 0..6_u32;
    let ty = proptest::sample::select(&["f64", "bool"][..]);
    prop_oneof![
        operand().prop_map(|v| format!("v{v} = const -1e3")),
        (operand(), operand())
            .prop_map(|(v, a)| format!("v{v} = add v{a}, v0")),
        (operand(), operand(), operand())
            .prop_map(|(v, a, b)| format!("v{v} = select v{a}, v{b}, v{a}")),
        (operand(), operand())
            .prop_map(|(b, v)| format!("jump block{b}(v{v})")),
        operand().prop_map(|v| format!("return v{v}")),
        (operand(), operand(), ty)
            .prop_map(|(b, v, ty)| format!("block{b}(v{v}: {ty}):")),
        operand().prop_map(|b| format!("block{b}:")),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_answered(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        parses_or_fails(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_tokens_are_answered(
        tokens in proptest::collection::vec(any_token(), 0..60),
    ) {
        parses_or_fails(&tokens.join(" "))?;
        let whole = format!("function @f() -> f64 {{ {} }}", tokens.join(" "));
        parses_or_fails(&whole)?;
    }

    #[test]
    fn any_lines_are_answered(
        lines in proptest::collection::vec(any_line(), 0..12),
    ) {
        parses_or_fails(&body(&lines.join("\n")))?;
    }

    #[test]
    fn a_sample_with_a_hole_is_answered(
        start in 0..SAMPLE.len(),
        len in 0..20_usize,
        insert in any_token(),
    ) {
        let end = (start + len).min(SAMPLE.len());
        let text = format!("{}{insert}{}", &SAMPLE[..start], &SAMPLE[end..]);
        parses_or_fails(&text)?;
    }

    #[test]
    fn any_name_is_read_back(name in any::<String>()) {
        let text = format!("function {}() -> f64 {{\n}}\n", Name(&name));
        let module = parse(&text);
        prop_assert_eq!(module.functions[0].name.as_str(), &name);
        prop_assert_eq!(module.to_string(), text);
    }

    #[test]
    fn any_number_is_read_back(number in proptest::num::f64::ANY) {
        let mut module = parse(&body("v0 = const 0 return v0"));
        let inst = crate::ir::Inst::from_u32(0);
        let constant = crate::ir::InstData::Const(number);
        module.functions[0].insts[inst] = constant;
        let again = parse(&module.to_string());
        let crate::ir::InstData::Const(read) = again.functions[0].insts[inst]
        else {
            panic!("a constant");
        };
        let same = read.to_bits() == number.to_bits();
        prop_assert!(same || read.is_nan() && number.is_nan());
    }
}
