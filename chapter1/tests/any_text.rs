//! What holds of the lexer and the parser whatever the text.

mod property;

use annotate_snippets::Renderer;
use chapter1::span::Span;
use chapter1::syntax::print::PrintItem;
use chapter1::syntax::{Ast, Lexer, Operators, Parsed, Parser, Source, Token};
use property::check;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Words, numbers, operators and punctuation; some are no tokens.
const WORDS: &[&str] = &[
    "def",
    "extern",
    "if",
    "then",
    "else",
    "for",
    "in",
    "binary",
    "unary",
    "var",
    "x",
    "y",
    "f",
    "f(",
    "f(x)",
    "g(x y)",
    "1",
    "2.5",
    ".5",
    "1e3",
    "1.2.3",
    "1e",
    ".",
    "e",
    "(",
    ")",
    "(",
    ")",
    ",",
    ";",
    "=",
    "<",
    "+",
    "-",
    "*",
    "/",
    "!",
    "|",
    "unary!(x)",
    "binary| 5 (x y)",
    "def f(x) x",
    "x = 1",
    "if x then y else",
    "for i = 1, i < 3 in",
    "var a = 1 in",
    "\n",
    "\ndef ",
    "\nextern ",
    "# x\n",
    "\u{e9}",
    "\0",
    "\u{1f600}",
    "\r\n",
    "101",
    "0",
];

/// Texts of every kind: random, of characters that matter, of words.
fn texts() -> impl Strategy<Value = String> {
    let letters = "0123456789.eE+-#\n\r\t abdefinrx(),;=<!|_\u{e9}\0\u{7f}";
    let letters: Vec<char> = letters.chars().collect();
    let soup = |blank: &'static [&'static str]| {
        vec((select(WORDS), select(blank)), 0..40).prop_map(|words| {
            let words = words.into_iter();
            words.map(|(word, blank)| format!("{word}{blank}")).collect()
        })
    };
    prop_oneof![
        1 => any::<String>(),
        2 => vec(select(letters), 0..60)
            .prop_map(|letters| letters.into_iter().collect()),
        3 => soup(&[" "]),
        2 => soup(&["", " ", "\n", ";"]),
    ]
}

/// Whether a text is nothing but blanks and comments.
fn is_blank(mut text: &str) -> bool {
    loop {
        text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        if !text.starts_with('#') {
            return text.is_empty();
        }
        text = text.trim_start_matches(|c| c != '\n' && c != '\r');
    }
}

/// Whether a token of this kind can have this text, with `rest` after it.
fn fits(token: Token, text: &str, rest: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_alphanumeric();
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(alphanumeric)
        && !rest.starts_with(alphanumeric);
    let numeric = text.starts_with(|c: char| c == '.' || c.is_ascii_digit());
    let only = text.chars().next().filter(|c| text.len() == c.len_utf8());
    match token {
        Token::Identifier => {
            let keyword = matches!(
                text,
                "def" | "extern" | "if" | "then" | "else" | "for" | "in"
            ) || matches!(text, "binary" | "unary" | "var");
            is_word && !keyword
        }
        Token::Number => numeric && text.parse::<f64>().is_ok(),
        Token::BadNumber => numeric && text.parse::<f64>().is_err(),
        Token::LeftParen => text == "(",
        Token::RightParen => text == ")",
        Token::Comma => text == ",",
        Token::Semicolon => text == ";",
        Token::Operator => only
            .is_some_and(|c| c.is_ascii_punctuation() && !"(),;#.".contains(c)),
        Token::Unknown => {
            only.is_some_and(|c| !c.is_ascii_graphic() && !is_blank(text))
        }
        Token::End => text.is_empty() && rest.is_empty(),
        keyword => is_word && text == format!("{keyword:?}").to_lowercase(),
    }
}

#[test]
fn tokens_and_blanks_make_up_the_whole_text() {
    check("lexer", texts(), |text| {
        let mut lexer = Lexer::new(&text);
        let mut end = 0;
        loop {
            let (token, span) = lexer.token();
            let gap = text.get(end..span.start as usize);
            if !gap.is_some_and(is_blank) {
                return Err(format!("before {token:?}: {gap:?}"));
            }
            let Some(token_text) = text.get(span.range()) else {
                return Err(format!("{token:?} is cut at {span:?}"));
            };
            end = span.end as usize;
            if !fits(token, token_text, &text[end..]) {
                return Err(format!("{token_text:?} is no {token:?}"));
            }
            if token == Token::End {
                let again = lexer.token();
                let same = again == (token, span);
                return same.then_some(()).ok_or(format!("then {again:?}"));
            }
        }
    });
}

#[test]
fn number_tokens_are_as_long_as_they_can_be() {
    let part = select(&["1", "23", ".", "e", "E", "+", "-", "5", "0"][..]);
    check("numbers", vec(part, 1..8), |parts| {
        let text: String = parts.concat();
        let (token, span) = Lexer::new(&text).token();
        if token != Token::Number {
            return Ok(());
        }
        let longer = span.end as usize + 1..=text.len();
        match longer.map(|end| &text[..end]).find(|t| is_number(t)) {
            Some(longer) => Err(format!("stops before the end of {longer}")),
            None => Ok(()),
        }
    });
}

/// A number with nothing before or after it.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok() && !text.starts_with(['+', '-'])
}

#[test]
fn the_parser_comes_to_the_end_of_any_text() {
    check("parser", texts(), |text| {
        let mut parser = Parser::new(&text);
        let mut operators = Operators::default();
        let source = Source::new("any.ks", &text);
        let mut consumed = 0;
        loop {
            let before = operators;
            let mut ast = Ast::default();
            let parsed = parser.next_item(&mut operators, &mut ast);
            check_spans(&text, &ast)?;
            match parsed {
                Parsed::End => break,
                Parsed::Item(item) => {
                    PrintItem(&ast, &item).to_string();
                }
                Parsed::Ignored(warning) => {
                    warning.render(&source, &Renderer::plain());
                }
                Parsed::Refused(error) => {
                    check_span(&text, error.span)?;
                    error.diagnostic().render(&source, &Renderer::plain());
                    if !same(&before, &operators) {
                        return Err(format!("an operator is left: {error}"));
                    }
                }
            }
            if parser.consumed() <= consumed {
                return Err(format!("stands still at {consumed}"));
            }
            consumed = parser.consumed();
        }
        let rest = &text[parser.consumed()..];
        is_blank(rest).then_some(()).ok_or(format!("leaves {rest:?}"))
    });
}

#[test]
fn no_mistake_loses_the_item_after_a_semicolon() {
    check("recovery", texts(), |before| {
        let text = format!("{before}\n; def last(x) x;");
        let mut parser = Parser::new(&text);
        let mut operators = Operators::default();
        let mut last = String::new();
        loop {
            let mut ast = Ast::default();
            match parser.next_item(&mut operators, &mut ast) {
                Parsed::Item(item) => {
                    last = PrintItem(&ast, &item).to_string();
                }
                Parsed::End => break,
                other => last = format!("{other:?}"),
            }
        }
        let expected = "(def last (x)\n  x)";
        (last == expected).then_some(()).ok_or(format!("found {last}"))
    });
}

fn check_spans(text: &str, ast: &Ast) -> Result<(), String> {
    let params = ast.params.iter().map(|param| param.span);
    let mut spans = ast.spans.values().copied().chain(params);
    spans.try_for_each(|span| match check_span(text, span) {
        Ok(()) if span.start == span.end => Err(format!("empty: {span:?}")),
        other => other,
    })
}

fn check_span(text: &str, span: Span) -> Result<(), String> {
    match text.get(span.range()) {
        Some(_) => Ok(()),
        None => Err(format!("no place in the text: {span:?}")),
    }
}

fn same(a: &Operators, b: &Operators) -> bool {
    (0..128).all(|op| {
        a.binary(op) == b.binary(op) && a.is_unary(op) == b.is_unary(op)
    })
}
