//! What each construct becomes, and what is refused.

use super::*;
use crate::definitions::Definitions;
use crate::ir::verify;
use crate::syntax::{Item, Operators, Parsed, Parser};
use insta::assert_snapshot;

/// Lowers the items of a text, and returns what the last becomes. `sin` is
/// a host function, `f` is declared with two parameters.
fn lower(text: &str) -> Result<Function, Vec<LowerError>> {
    let host = [("sin".to_owned(), 1)];
    let definitions = Definitions::new(host.into_iter());
    definitions.declare("f", 2);
    let mut lowering = Lowering::default();
    let mut parser = Parser::new(text);
    let mut operators = Operators::default();
    let mut ast = Ast::default();
    let mut last = None;
    loop {
        ast.clear();
        let item = match parser.next_item(&mut operators, &mut ast) {
            Parsed::Item(item) => item,
            Parsed::End => return last.expect("an item"),
            other => panic!("{other:?}"),
        };
        let module = match item {
            Item::Definition { prototype, body } => {
                let name = ast.text(prototype.name).to_owned();
                definitions.declare(&name, prototype.params.len());
                lowering.definition(&ast, &prototype, body, &definitions)
            }
            Item::Expression { body } => {
                lowering.expression(&ast, body, &definitions)
            }
            Item::Extern { .. } => panic!("no body to lower"),
        };
        last = Some(module.map(|module| module.functions[0].clone()));
    }
}

fn ir(text: &str) -> String {
    let function = lower(text).unwrap();
    assert_eq!(verify(&function), Ok(()));
    Module { functions: vec![function] }.to_string()
}

/// Each error, with the text it is about.
fn errors(text: &str) -> Vec<String> {
    let errors = lower(text).unwrap_err();
    let show = |error: &LowerError| {
        format!("{error}: `{}`", &text[error.span.range()])
    };
    errors.iter().map(show).collect()
}

#[test]
fn an_expression_is_a_function_without_parameters() {
    assert_snapshot!(ir("1 + 2 * 3"));
}

#[test]
fn a_parameter_lives_in_a_slot() {
    assert_snapshot!(ir("def first(a b) a"));
}

#[test]
fn an_assignment_stores_and_yields_its_value() {
    assert_snapshot!(ir("def set(a b) a = b = 1"));
}

#[test]
fn less_than_is_a_number() {
    assert_snapshot!(ir("def less(a b) a < b"));
}

#[test]
fn as_a_condition_less_than_stays_a_truth_value() {
    assert_snapshot!(ir("def smaller(a b) if a < b then a else b"));
}

#[test]
fn any_other_condition_is_compared_with_zero() {
    assert_snapshot!(ir("def not(a) if a then 0 else 1"));
}

#[test]
fn a_loop_tests_after_the_step_is_known_and_before_it_is_taken() {
    assert_snapshot!(ir("def loop(n) for i = 1, i < n, 2 in f(i, n)"));
}

#[test]
fn a_loop_without_a_step_takes_one() {
    assert_snapshot!(ir("for i = 0, 0 in i"));
}

#[test]
fn a_variable_hides_the_outer_one_until_its_body_ends() {
    assert_snapshot!(ir("def hide(a) (var a = a + 1, b in a * b) + a"));
}

#[test]
fn a_function_is_imported_once() {
    assert_snapshot!(ir("def twice(a) f(f(a, 1), twice(a))"));
}

#[test]
fn operators_of_the_user_are_calls() {
    assert_snapshot!(ir("def unary!(a) 0 - a; def binary| 5 (a b) a;
        !1 | 2"));
}

#[test]
fn instructions_know_their_text() {
    let text = "def g(a) f(a, 2) < a * 3";
    let function = lower(text).unwrap();
    let texts: Vec<String> = function
        .insts
        .iter()
        .map(|(inst, _)| {
            let span = function.spans[inst];
            let inst = function.display_inst(inst).to_string();
            format!("{inst:20} {}", &text[span.range()])
        })
        .collect();
    assert_snapshot!(texts.join("\n"));
}

#[test]
fn every_mistake_of_an_item_is_found() {
    let found = errors("def g(a) b + f(a) + h(c, 1) + sin(2) + (d = g(1, a))");
    assert_eq!(
        found,
        [
            "unknown variable `b`: `b`",
            "`f` takes 2 arguments, not 1: `f(a)`",
            "unknown variable `c`: `c`",
            "unknown function `h`: `h(c, 1)`",
            "unknown function `sin`: `sin(2)`",
            "`g` takes 1 argument, not 2: `g(1, a)`",
            "unknown variable `d`: `d = g(1, a)`",
        ]
    );
}

#[test]
fn a_host_function_must_be_declared_and_the_error_knows_it() {
    let error = &lower("sin(1)").unwrap_err()[0];
    let host = Some(1);
    let name = "sin".to_owned();
    assert_eq!(error.kind, LowerErrorKind::UnknownFunction { name, host });
}

#[test]
fn variables_are_visible_where_the_language_says() {
    for (text, seen) in [
        ("var a = a in 1", "a"),
        ("for i = i, 1 in 1", "i"),
        ("(var a in a) + a", "a"),
        ("(for i = 1, 0 in i) + i", "i"),
        ("var a = b, b in 1", "b"),
        ("def g(a) a; a", "a"),
    ] {
        let expected = format!("unknown variable `{seen}`: `{seen}`");
        assert_eq!(errors(text), [expected], "{text}");
    }
    for text in [
        "var a, b = a in b",
        "for i = 1, i, i in i",
        "def g(a) for a = a, a in a",
    ] {
        lower(text).unwrap();
    }
}

#[test]
fn only_the_first_ten_mistakes_are_reported() {
    let text = (0..30).map(|i| format!("x{i}")).collect::<Vec<_>>();
    let found = errors(&text.join(" + "));
    assert_eq!(found.len(), 10);
    assert_eq!(found[9], "unknown variable `x9`: `x9`");
}

#[test]
fn a_refused_item_leaves_no_variables_behind() {
    let errors = errors("def g(a) var b in for c = 1, d in d; a + b + c");
    assert_eq!(
        errors,
        [
            "unknown variable `a`: `a`",
            "unknown variable `b`: `b`",
            "unknown variable `c`: `c`",
        ]
    );
}
