//! Colours for what is typed.

use crate::syntax::{Lexer, Operators, Token};
use anstyle::{AnsiColor, Style};

const PROMPT: Style = AnsiColor::Green.on_default().bold();
const COMMAND: Style = AnsiColor::Green.on_default();
const KEYWORD: Style = AnsiColor::Magenta.on_default();
const NUMBER: Style = AnsiColor::Cyan.on_default();
const OPERATOR: Style = AnsiColor::Yellow.on_default();
const COMMENT: Style = AnsiColor::BrightBlack.on_default();
const MISTAKE: Style = AnsiColor::Red.on_default();

/// The prompt in its colour.
pub(super) fn prompt(text: &str) -> String {
    let mut styled = String::new();
    push(&mut styled, PROMPT, text);
    styled
}

/// Gives tokens colours by their kinds.
pub(super) struct Highlight {
    /// The operators that are defined: these have a colour.
    pub(super) operators: Operators,
}

impl Highlight {
    pub(super) fn new(operators: &Operators) -> Highlight {
        Highlight { operators: *operators }
    }

    /// A text with colours.
    pub(super) fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(2 * text.len());
        let command = command_length(text);
        push(&mut out, COMMAND, &text[..command]);
        let mut done = command;
        let mut lexer = Lexer::starting_at(text, command);
        loop {
            let (token, span) = lexer.token();
            let span = span.range();
            push_blank(&mut out, &text[done..span.start]);
            if token == Token::End {
                return out;
            }
            done = span.end;
            let style = self.style(token, &text[span.clone()]);
            push(&mut out, style, &text[span]);
        }
    }

    fn style(&self, token: Token, text: &str) -> Style {
        match token {
            Token::Number => NUMBER,
            Token::BadNumber | Token::Unknown => MISTAKE,
            Token::Operator => {
                let op = text.as_bytes()[0];
                let is_binary = self.operators.binary(op).is_some();
                match is_binary || self.operators.is_unary(op) {
                    true => OPERATOR,
                    false => Style::new(),
                }
            }
            token if token.is_keyword() => KEYWORD,
            _ => Style::new(),
        }
    }
}

/// How much of a text is the name of a command.
fn command_length(text: &str) -> usize {
    match text.as_bytes() {
        [b':', letter, ..] if letter.is_ascii_alphabetic() => {
            text.find(char::is_whitespace).unwrap_or(text.len())
        }
        _ => 0,
    }
}

/// Adds what stands between two tokens: blanks and comments.
fn push_blank(out: &mut String, text: &str) {
    for line in text.split_inclusive('\n') {
        let comment = line.find('#').unwrap_or(line.len());
        out.push_str(&line[..comment]);
        let comment = &line[comment..];
        let text = comment.trim_end_matches('\n');
        push(out, COMMENT, text);
        out.push_str(&comment[text.len()..]);
    }
}

fn push(out: &mut String, style: Style, text: &str) {
    if text.is_empty() || style.is_plain() {
        return out.push_str(text);
    }
    *out += &format!("{style}{text}{style:#}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with a letter for each colour in front of what has it.
    fn colours(text: &str) -> String {
        let mut operators = Operators::default();
        operators.define_binary(b'|', 5);
        operators.define_unary(b'!');
        let mut shown = Highlight::new(&operators).text(text);
        for (style, letter) in [
            (COMMAND, "c"),
            (KEYWORD, "k"),
            (NUMBER, "n"),
            (OPERATOR, "o"),
            (COMMENT, "r"),
            (MISTAKE, "m"),
        ] {
            shown = shown.replace(&style.to_string(), &format!("{letter}<"));
        }
        shown.replace(&format!("{:#}", KEYWORD), ">")
    }

    #[test]
    fn each_kind_of_token_has_its_colour() {
        assert_eq!(
            colours("def f(x) x*2 # sq"),
            "k<def> f(x) xo<*>n<2> r<# sq>"
        );
        assert_eq!(colours("1.2.3 é"), "m<1.2.3> m<é>");
        assert_eq!(colours(":asm f"), "c<:asm> f");
    }

    #[test]
    fn an_operator_has_a_colour_when_it_is_defined() {
        assert_eq!(colours("!a|b&c"), "o<!>ao<|>b&c");
    }

    #[test]
    fn comments_and_blanks_between_lines_stay() {
        assert_eq!(
            colours("1 # a\n\n# b\n2 # c\n"),
            "n<1> r<# a>\n\nr<# b>\nn<2> r<# c>\n"
        );
    }

    #[test]
    fn without_the_colours_it_is_the_text() {
        let text = ":x def binary| 5 (a b) a # ;\n 1e  \t é ~ if";
        let shown = Highlight::new(&Operators::default()).text(text);
        let plain = anstyle_strip(&shown);
        assert_eq!(plain, text);
    }

    fn anstyle_strip(text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('\x1b') {
            plain += &rest[..start];
            let end = rest[start..].find('m').expect("the end of a style");
            rest = &rest[start + end + 1..];
        }
        plain + rest
    }
}
