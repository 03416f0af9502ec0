//! The parser accepts what the grammar in the book says, and nothing else.

mod ebnf;
mod property;

use chapter1::syntax::{
    Ast, Lexer, Operators, Parsed, Parser, SyntaxErrorKind, Token,
};
use ebnf::{Grammar, Recogniser};
use insta::glob;
use property::{check, check_from};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::Cell;
use std::fs;

const TEXT: &str = include_str!("../src/syntax/grammar.ebnf");

/// The rules for one token each.
const TOKENS: &[&str] = &["identifier", "number", "operator"];

/// The characters that can be an operator.
const OPERATORS: &str = "!\"$%&'*+-/:<=>?@[\\]^_`{|}~";

fn grammar() -> Grammar {
    Grammar::new(TEXT, TOKENS)
}

/// What the parser says of a text.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Verdict {
    Accepted,
    /// The grammar has no such sentence.
    Refused,
    /// The mistake is one that a grammar cannot know of.
    OutOfContext,
}

/// The parser's verdict, by the first mistake that it finds.
fn verdict(text: &str, mut operators: Operators) -> Verdict {
    let mut parser = Parser::new(text);
    let mut ast = Ast::default();
    loop {
        match parser.next_item(&mut operators, &mut ast) {
            Parsed::Item(_) | Parsed::Ignored(_) => {}
            Parsed::End => return Verdict::Accepted,
            Parsed::Refused(error) => return of_mistake(&error.kind),
        }
    }
}

fn of_mistake(kind: &SyntaxErrorKind) -> Verdict {
    match kind {
        SyntaxErrorKind::Expected { .. }
        | SyntaxErrorKind::MalformedNumber(_)
        | SyntaxErrorKind::UnexpectedCharacter(_)
        | SyntaxErrorKind::OperatorParameters { .. }
        | SyntaxErrorKind::Trailing(_) => Verdict::Refused,
        SyntaxErrorKind::UndefinedUnary(_)
        | SyntaxErrorKind::UndefinedBinary(_)
        | SyntaxErrorKind::AssignToNonVariable
        | SyntaxErrorKind::Precedence
        | SyntaxErrorKind::DuplicateParameter(_)
        | SyntaxErrorKind::TooDeep
        | SyntaxErrorKind::Cancelled(_) => Verdict::OutOfContext,
    }
}

/// All operators there can be, each in both places, at many precedences.
fn all_operators() -> Operators {
    let mut operators = Operators::default();
    for op in OPERATORS.bytes() {
        operators.define_unary(op);
        if !Operators::is_fixed(op) {
            operators.define_binary(op, op % 7 * 14 + 1);
        }
    }
    operators
}

/// Holds the parser's verdict on tokens against the grammar's.
fn compare(grammar: &Grammar, tokens: &[String]) -> Result<Verdict, String> {
    let verdict = verdict(&tokens.join(" "), all_operators());
    let is_sentence = Recogniser::accepts(grammar, "program", tokens);
    match (verdict, is_sentence) {
        (Verdict::Accepted, false) | (Verdict::Refused, true) => {
            let text = tokens.join(" ");
            Err(format!("{verdict:?} by the parser alone: {text}"))
        }
        _ => Ok(verdict),
    }
}

fn sentences() -> impl Strategy<Value = Vec<String>> {
    let grammar = grammar();
    vec(any::<u8>(), 0..150)
        .prop_map(move |choices| grammar.sentence("program", &choices))
}

/// A place, what to do there, and with which token.
type Change = (usize, usize, String);

/// Sentences with up to three tokens too many, too few or in a wrong place.
fn damaged_sentences() -> impl Strategy<Value = Vec<String>> {
    let mut words: Vec<String> = grammar().keywords().iter().cloned().collect();
    let others = ["(", ")", ",", ";", "=", "-", "!", "x", "1"];
    words.extend(others.map(String::from));
    let change = (any::<usize>(), 0..4usize, select(words));
    (sentences(), vec(change, 1..4)).prop_map(|(mut tokens, changes)| {
        changes.into_iter().for_each(|it| damage(&mut tokens, it));
        tokens
    })
}

fn damage(tokens: &mut Vec<String>, (place, what, word): Change) {
    let place = place % (tokens.len() + 1);
    match what {
        0 => tokens.insert(place, word),
        _ if place == tokens.len() => {}
        1 => tokens[place] = word,
        2 => drop(tokens.remove(place)),
        _ => {
            let other = place.saturating_sub(1);
            tokens.swap(place, other);
        }
    }
}

#[test]
fn every_sentence_of_the_grammar_is_accepted() {
    let grammar = grammar();
    check("sentences", sentences(), |tokens| {
        match Recogniser::accepts(&grammar, "program", &tokens) {
            true => compare(&grammar, &tokens).map(drop),
            false => Err("made, and not recognised".into()),
        }
    });
}

#[test]
fn parser_and_grammar_agree_on_damaged_sentences() {
    let grammar = grammar();
    check("damaged", damaged_sentences(), |tokens| {
        compare(&grammar, &tokens).map(drop)
    });
}

#[test]
fn many_sentences_are_decided_in_each_way() {
    const COUNT: u32 = 1_000;
    let grammar = grammar();
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let long = Cell::new(0);
    check_from(1, COUNT, damaged_sentences(), |tokens| {
        let counter = match compare(&grammar, &tokens)? {
            Verdict::Accepted => &accepted,
            Verdict::Refused => &refused,
            Verdict::OutOfContext => return Ok(()),
        };
        counter.set(counter.get() + 1);
        long.set(long.get() + u32::from(tokens.len() > 15));
        Ok(())
    });
    let counts = (accepted.get(), refused.get(), long.get());
    assert!(counts.0 > COUNT / 10, "{counts:?}");
    assert!(counts.1 > COUNT / 4, "{counts:?}");
    assert!(counts.2 > COUNT / 4, "{counts:?}");
}

#[test]
fn another_grammar_would_be_noticed() {
    let changes = [
        ("{ [ \",\" ] identifier }", "{ identifier }"),
        ("[ number ]", "number"),
        ("operator operand | primary", "primary"),
        ("[ \",\" expression ] \"in\"", "\",\" expression \"in\""),
        ("[ \"=\" expression ]", "\"=\" expression"),
    ];
    for (old, new) in changes {
        assert!(TEXT.contains(old), "{old}");
        let text = TEXT.replace(old, new);
        let other = Grammar::new(&text, TOKENS);
        let is_noticed = Cell::new(false);
        check_from(1, 1_000, damaged_sentences(), |tokens| {
            let differs = compare(&other, &tokens).is_err();
            is_noticed.set(is_noticed.get() || differs);
            Ok(())
        });
        assert!(is_noticed.get(), "{new}");
    }
}

#[test]
fn parser_and_grammar_agree_on_the_programs() {
    let grammar = grammar();
    glob!("../programs", "*.ks", |path| {
        let text = fs::read_to_string(path).unwrap();
        let mut lexer = Lexer::new(&text);
        let tokens: Vec<String> = std::iter::from_fn(|| match lexer.token() {
            (Token::End, _) => None,
            (_, span) => Some(text[span.range()].to_owned()),
        })
        .collect();
        let is_sentence = Recogniser::accepts(&grammar, "program", &tokens);
        match verdict(&text, Operators::default()) {
            Verdict::Accepted => assert!(is_sentence),
            Verdict::Refused => assert!(!is_sentence),
            Verdict::OutOfContext => {}
        }
    });
}

#[test]
fn lexer_and_grammar_agree_on_what_a_token_is() {
    let grammar = grammar();
    let characters = select(&b"019.eE+-azAZ_!$/:@`{~(),;#\x7f"[..]);
    check("tokens", vec(characters, 1..7), |bytes| {
        let text = String::from_utf8(bytes).expect("ASCII");
        let (token, span) = Lexer::new(&text).token();
        let is_whole = span.range() == (0..text.len());
        let kinds = [
            ("identifier", Token::Identifier),
            ("number", Token::Number),
            ("operator", Token::Operator),
        ];
        for (rule, kind) in kinds {
            let found = is_whole && token == kind;
            if Recogniser::is_token(&grammar, rule, &text) != found {
                return Err(format!("{text}: {token:?}, and {rule}?"));
            }
        }
        Ok(())
    });
}

#[test]
fn each_quoted_word_is_a_keyword_and_each_operator_an_operator() {
    let grammar = grammar();
    for keyword in grammar.keywords() {
        assert!(Lexer::new(keyword).token().0.is_keyword(), "{keyword}");
    }
    assert_eq!(grammar.keywords().len(), 10);
    for op in (0..=127).map(|byte: u8| char::from(byte)) {
        let is_operator =
            Recogniser::is_token(&grammar, "operator", &op.to_string());
        assert_eq!(is_operator, OPERATORS.contains(op), "{op}");
    }
}
