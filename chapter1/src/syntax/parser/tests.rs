//! What parses to which tree, and what is refused how.

use super::*;
use crate::syntax::Source;
use crate::syntax::print::PrintItem;
use annotate_snippets::Renderer;

/// Parses a text; one line or message for each item.
fn parse(text: &str) -> String {
    let mut parser = Parser::new(text);
    let mut operators = Operators::default();
    let mut ast = Ast::default();
    let source = Source::new("test.ks", text);
    let mut out = String::new();
    loop {
        let line = match parser.next_item(&mut operators, &mut ast) {
            Parsed::Item(item) => PrintItem(&ast, &item).to_string(),
            Parsed::Ignored(warning) => {
                warning.render(&source, &Renderer::plain())
            }
            Parsed::Refused(error) => {
                error.diagnostic().render(&source, &Renderer::plain())
            }
            Parsed::End => return out,
        };
        out = out + &line + "\n";
    }
}

/// The kinds of the errors in a text.
fn errors(text: &str) -> Vec<SyntaxErrorKind> {
    let mut parser = Parser::new(text);
    let mut operators = Operators::default();
    let mut ast = Ast::default();
    let mut errors = Vec::new();
    loop {
        match parser.next_item(&mut operators, &mut ast) {
            Parsed::Refused(error) => errors.push(error.kind),
            Parsed::End => return errors,
            _ => {}
        }
    }
}

#[test]
fn operators_group_by_precedence_and_to_the_left() {
    assert_eq!(parse("a+b*c-d<e"), "(< (- (+ a (* b c)) d) e)\n");
    assert_eq!(parse("a-b-c"), "(- (- a b) c)\n");
    assert_eq!(parse("a*(b+c)/d"), "(/ (* a (+ b c)) d)\n");
}

#[test]
fn assignment_groups_to_the_right() {
    assert_eq!(parse("a = b = c + 1"), "(= a (= b (+ c 1)))\n");
    assert_eq!(parse("(x) = 2"), "(= x 2)\n");
    assert_eq!(
        parse("def binary| 2 (a b) a; x = y = 1 | 2 | 3"),
        "(def binary| (a b)\n  a)\n\
         (binary| (binary| (= x (= y 1)) 2) 3)\n"
    );
}

#[test]
fn an_operator_exists_from_the_end_of_its_prototype_on() {
    assert_eq!(
        parse("def binary| 5 (a b) if a then 1 else a|b; x|y<z"),
        "(def binary| (a b)\n  (if a\n    1\n    (binary| a b)))\n\
         (binary| x (< y z))\n"
    );
    assert_eq!(
        parse("def unary!(v) 0-v; !!x*y"),
        "(def unary! (v)\n  (- 0 v))\n(* (unary! (unary! x)) y)\n"
    );
}

#[test]
fn a_refused_definition_takes_its_operator_back() {
    let kinds = errors("def binary| 5 (a b) a +; 1 | 2;");
    assert_eq!(kinds[1], SyntaxErrorKind::UndefinedBinary('|'));
    let kinds = errors("def unary!(a) (; !1;");
    assert_eq!(kinds[1], SyntaxErrorKind::UndefinedUnary('!'));
}

#[test]
fn a_fixed_operator_keeps_meaning_and_precedence() {
    insta::assert_snapshot!(parse(
        "def binary + 90 (a b) a*b; 1+2*3; def binary = 9 (a b) b; x=1+2;"
    ));
}

#[test]
fn division_can_be_defined() {
    assert_eq!(
        parse("1/2*3; def binary / 5 (a b) a; 1/2*3"),
        "(* (/ 1 2) 3)\n(def binary/ (a b)\n  a)\n\
         (binary/ 1 (* 2 3))\n"
    );
}

#[test]
fn a_statement_reaches_as_far_as_it_can() {
    assert_eq!(parse("if a then b else c + d"), "(if a\n  b\n  (+ c d))\n");
    assert_eq!(
        parse("for i = 1, i < n, 2 in f(i)+1"),
        "(for (= i 1) (< i n) 2\n  (+ (f i) 1))\n"
    );
    assert_eq!(
        parse("var a = 1, b, c = a in a = b"),
        "(var (= a 1) (= b) (= c a)\n  (= a b))\n"
    );
}

#[test]
fn items_need_no_semicolon_between_them() {
    assert_eq!(parse("1 2 f(1)(2) x"), "1\n2\n(f 1)\n2\nx\n");
    assert_eq!(parse("def f(x) x\nf(1)"), "(def f (x)\n  x)\n(f 1)\n");
    assert_eq!(parse(";;;"), "");
}

#[test]
fn an_item_with_something_left_over_is_refused_whole() {
    assert_eq!(errors("1 ? 2;"), [SyntaxErrorKind::UndefinedBinary('?')]);
    assert_eq!(errors("1 ) 2; 3;").len(), 1);
    assert_eq!(errors("1 then 2; 3;").len(), 1);
}

#[test]
fn parsing_resumes_after_a_semicolon_or_at_a_definition() {
    assert!(parse("1 + ; 2;").ends_with("\n2\n"));
    assert!(parse("(1 + \ndef f(x) x").ends_with("(def f (x)\n  x)\n"));
    assert!(parse("(1 + \nextern f(x)").ends_with("(extern f (x))\n"));
    assert!(!parse("(1 + def f(x) x").contains("(def f"));
}

#[test]
fn every_mistake_has_its_message() {
    insta::assert_snapshot!(parse(
        "1.2.3;\n\
         1e;\n\
         .;\n\
         1 \u{e9} 2;\n\
         \0;\n\
         f(1 2);\n\
         f(1;\n\
         (1;\n\
         if 1 2;\n\
         if 1 then 2;\n\
         for x 1;\n\
         for x = 1 in 2;\n\
         for x = 1, 2, 3 4;\n\
         for 1 = 2;\n\
         var in 1;\n\
         var x = 1;\n\
         1 = 2;\n\
         a + b = 2;\n\
         def 1(x) x;\n\
         def if(x) x;\n\
         def f x;\n\
         def f(x 1) x;\n\
         def f(x,,y) x;\n\
         def f(x y x) x;\n\
         def unary 1(x) x;\n\
         def unary!(x y) x;\n\
         def binary| (x) x;\n\
         def binary| 0 (x y) x;\n\
         def binary| 101 (x y) x;\n\
         def binary| 1.5 (x y) x;\n\
         !1;\n\
         1 ! 2;\n\
         1, 2;\n\
         extern 5;\n\
         def f(x)"
    ));
}

#[test]
fn nesting_is_limited_and_never_overflows() {
    let nested = |levels: usize, open: &str, close: &str| {
        format!("{}1{};", open.repeat(levels), close.repeat(levels))
    };
    let levels = MAX_NESTING as usize;
    for (open, close) in
        [("(", ")"), ("f(", ")"), ("x=", ""), ("if 1 then 2 else ", "")]
    {
        assert_eq!(errors(&nested(levels - 2, open, close)), []);
        assert_eq!(
            errors(&nested(levels + 1, open, close)),
            [SyntaxErrorKind::TooDeep],
            "{open}"
        );
    }
    let prefix = "def unary!(x) x;";
    let text = nested(levels + 1, "!", "");
    assert_eq!(errors(&format!("{prefix}{text}")), [SyntaxErrorKind::TooDeep]);
}

#[test]
fn a_long_sum_is_no_nesting() {
    assert_eq!(errors(&format!("{}1", "1+".repeat(100_000))), []);
}

#[test]
fn an_open_item_is_told_from_a_complete_one() {
    let open = |text: &str| {
        let mut parser = Parser::new(text);
        let mut operators = Operators::default();
        let mut ast = Ast::default();
        parser.next_item(&mut operators, &mut ast);
        parser.is_open()
    };
    assert!(open("1 + 2"));
    assert!(open("(1 + "));
    assert!(open("def f(x) x # ;"));
    assert!(!open("1 + 2;"));
    assert!(!open("1 + 2; # more"));
    assert!(!open("1 2"));
}

/// The items of lines that are typed, each on a line of its own; `?` for a
/// mistake, `…` for what goes on in the next line.
fn typed(text: &str) -> String {
    let mut parser = Parser::by_lines(text, 0);
    let (mut operators, mut ast) = (Operators::default(), Ast::default());
    let mut out = Vec::new();
    loop {
        out.push(match parser.next_item(&mut operators, &mut ast) {
            Parsed::End => return out.join(" | "),
            _ if parser.is_open() => "…".into(),
            Parsed::Item(item) => PrintItem(&ast, &item).to_string(),
            Parsed::Ignored(_) => "!".into(),
            Parsed::Refused(_) => "?".into(),
        });
    }
}

#[test]
fn a_line_that_completes_an_item_ends_it() {
    assert_eq!(typed("1\n2\n"), "1 | 2");
    assert_eq!(typed("f\n(1)\n"), "f | 1");
    assert_eq!(typed("1 # one\n\n+ 2\n"), "1 | ?");
    assert_eq!(typed("a = 1\n= 2\n"), "(= a 1) | ?");
    assert_eq!(typed("extern f(x)\n(1)\n"), "(extern f (x)) | 1");
    assert_eq!(
        typed("def unary-(x) x\n1\n-2\n"),
        "(def unary- (x)\n  x) | 1 | (unary- 2)"
    );
    assert_eq!(typed("if 1 then 2 else 3\n+ 4\n"), "(if 1\n  2\n  3) | ?");
}

#[test]
fn a_line_that_does_not_leaves_it_open() {
    let open = [
        "1 +",
        "(1",
        "(1\n+ 2",
        "f(1,",
        "f(1\n",
        "if 1",
        "if 1 then 2",
        "for i",
        "for i = 1, i < 2\n",
        "var a",
        "var a = 1\n",
        "def f(x)",
        "def",
        "extern f",
        "def binary | 5",
    ];
    for text in open {
        assert_eq!(typed(&format!("{text}\n")), "…", "{text}");
    }
}

#[test]
fn an_item_goes_on_over_lines_until_it_is_complete() {
    assert_eq!(typed("1 +\n2\n3\n"), "(+ 1 2) | 3");
    assert_eq!(typed("(1\n+ 2\n) * 3\n"), "(* (+ 1 2) 3)");
    assert_eq!(typed("f(1\n,\n2)\n"), "(f 1 2)");
    assert_eq!(
        typed("def f(x)\nif x then\n1\n+ 2 else\n4\n5\n"),
        "(def f (x)\n  (if x\n    (+ 1 2)\n    4)) | 5"
    );
    assert_eq!(typed("1; 2 +\n3; 4\n"), "1 | (+ 2 3) | 4");
}

#[test]
fn a_typed_mistake_costs_the_rest_of_its_line() {
    assert_eq!(typed("1 ? 2 3\n4\n"), "? | 4");
    assert_eq!(typed("1 ? 2; 3\n4\n"), "? | 3 | 4");
    assert_eq!(typed("1 +\n) 2 3\n4\n"), "? | 4");
    assert_eq!(typed("1 +\ndef f(x) x\n"), "? | (def f (x)\n  x)");
    assert_eq!(typed("def binary | (a)\n1\n"), "? | 1");
    assert_eq!(typed(")\n)\n1\n"), "? | ? | 1");
}

#[test]
fn a_line_whose_end_has_not_come_is_open() {
    assert_eq!(typed("1"), "…");
    assert_eq!(typed("1;"), "1");
    assert_eq!(typed("1;2"), "1 | …");
    assert_eq!(typed("1 # one"), "…");
    assert_eq!(typed("1 ? 2"), "…");
}
