//! Text to tokens.
//!
//! A token borrows nothing but its place: the parser slices the source where
//! it needs a token's text.

use crate::span::Span;
use logos::Logos;

/// What kind of thing a piece of text is.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(error = LexError)]
#[logos(skip r"[ \t\n\r\x0b\x0c]+")]
pub enum Token {
    /// `def`
    #[token("def")]
    Def,
    /// `extern`
    #[token("extern")]
    Extern,
    /// `if`
    #[token("if")]
    If,
    /// `then`
    #[token("then")]
    Then,
    /// `else`
    #[token("else")]
    Else,
    /// `for`
    #[token("for")]
    For,
    /// `in`
    #[token("in")]
    In,
    /// `binary`
    #[token("binary")]
    Binary,
    /// `unary`
    #[token("unary")]
    Unary,
    /// `var`
    #[token("var")]
    Var,
    // ANCHOR: Token
    /// A name.
    #[regex("[A-Za-z][A-Za-z0-9]*", priority = 3)]
    Identifier,
    /// A number, well formed.
    #[regex(r"[0-9]+", number)]
    #[token(".", number)]
    Number,
    // ANCHOR_END: Token
    /// `(`
    #[token("(")]
    LeftParen,
    /// `)`
    #[token(")")]
    RightParen,
    /// `,`
    #[token(",")]
    Comma,
    /// `;`
    #[token(";")]
    Semicolon,
    /// Any other ASCII punctuation character.
    #[regex(r"[!-/:-@\[-`{-~]", priority = 1)]
    Operator,
    /// A comment; the lexer keeps those to itself.
    // Comments are not skipped by logos, because that would be a recursion:
    // a million comments in a row would overflow the stack.
    #[regex(r"#[^\n\r]*", allow_greedy = true)]
    Comment,
    /// Text that looks like a number and is none: `1.2.3`, `.`, `1e`.
    BadNumber,
    /// A character that begins no token.
    Unknown,
    /// The end of the text.
    End,
}

impl Token {
    /// Whether the token is a word with a meaning of its own.
    pub fn is_keyword(self) -> bool {
        use Token::*;
        matches!(
            self,
            Def | Extern | If | Then | Else | For | In | Binary | Unary | Var
        )
    }
}

/// Why a piece of text is no token.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum LexError {
    /// It begins like a number.
    BadNumber,
    /// It begins like nothing.
    #[default]
    Unknown,
}

/// Takes the rest of a number of which logos has found the first digits, or
/// the point. A trailing `e` alone belongs to the number (`1e` is a mistake
/// worth reporting), that of `1else` does not.
fn number(lexer: &mut logos::Lexer<'_, Token>) -> Result<(), LexError> {
    let mut points = usize::from(lexer.slice() == ".");
    let mut digits = lexer.slice().len() - points;
    let rest = lexer.remainder().as_bytes();
    let at = |index: usize| rest.get(index).copied().unwrap_or(0);
    let mut length = 0;
    while at(length).is_ascii_digit() || at(length) == b'.' {
        match at(length) {
            b'.' => points += 1,
            _ => digits += 1,
        }
        length += 1;
    }
    let mut ok = points <= 1 && digits > 0;
    if matches!(at(length), b'e' | b'E') {
        let sign = usize::from(matches!(at(length + 1), b'+' | b'-'));
        let first = length + 1 + sign;
        let mut end = first;
        while at(end).is_ascii_digit() {
            end += 1;
        }
        if end > first {
            length = end;
            while at(length).is_ascii_digit() || at(length) == b'.' {
                ok = false;
                length += 1;
            }
        } else if !at(length + 1).is_ascii_alphanumeric() {
            ok = false;
            length += 1;
        }
    }
    lexer.bump(length);
    if ok { Ok(()) } else { Err(LexError::BadNumber) }
}

/// Yields the tokens of a text with their places; after the last one,
/// [`Token::End`] for ever.
pub struct Lexer<'s> {
    inner: logos::Lexer<'s, Token>,
}

impl<'s> Lexer<'s> {
    /// A lexer at the start of `text`, which must be shorter than 4 GiB.
    pub fn new(text: &'s str) -> Lexer<'s> {
        Lexer::starting_at(text, 0)
    }

    /// A lexer at the byte `start`.
    pub fn starting_at(text: &'s str, start: usize) -> Lexer<'s> {
        let mut inner = Token::lexer(text);
        inner.bump(start);
        Lexer { inner }
    }

    /// The next token.
    #[inline]
    pub fn token(&mut self) -> (Token, Span) {
        let token = loop {
            match self.inner.next() {
                Some(Ok(Token::Comment)) => {}
                Some(Ok(token)) => break token,
                Some(Err(LexError::BadNumber)) => break Token::BadNumber,
                Some(Err(LexError::Unknown)) => break Token::Unknown,
                None => break Token::End,
            }
        };
        let range = self.inner.span();
        (token, Span::new(range.start, range.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(Token, &str)> {
        let mut lexer = Lexer::new(text);
        std::iter::from_fn(|| match lexer.token() {
            (Token::End, _) => None,
            (token, span) => Some((token, &text[span.range()])),
        })
        .collect()
    }

    #[test]
    fn keywords_are_not_prefixes_of_names() {
        assert_eq!(
            tokens("def definition in int"),
            [
                (Token::Def, "def"),
                (Token::Identifier, "definition"),
                (Token::In, "in"),
                (Token::Identifier, "int"),
            ]
        );
    }

    #[test]
    fn every_form_of_a_number_is_one_token() {
        for text in ["1", ".5", "1.", "1.25", "1e9", "2.5e-3", "1.e+5", ".5E2"]
        {
            assert_eq!(tokens(text), [(Token::Number, text)]);
        }
    }

    #[test]
    fn a_malformed_number_is_one_token_too() {
        for text in ["1.2.3", ".", "1e", "1e+", "..", "1e5.3", "1..2", ".e5"] {
            let all = tokens(text);
            assert_eq!(all[0].0, Token::BadNumber, "{text}");
        }
        assert_eq!(tokens("1.2.3")[0].1, "1.2.3");
        assert_eq!(tokens("1e5.3")[0].1, "1e5.3");
    }

    #[test]
    fn a_keyword_may_touch_a_number() {
        assert_eq!(
            tokens("1else 2"),
            [(Token::Number, "1"), (Token::Else, "else"), (Token::Number, "2"),]
        );
    }

    #[test]
    fn a_comment_ends_with_its_line() {
        assert_eq!(
            tokens("1 # 2 \n 3 # 4 \r 5 # 6"),
            [(Token::Number, "1"), (Token::Number, "3"), (Token::Number, "5"),]
        );
    }

    #[test]
    fn a_million_comments_in_a_row_are_skipped() {
        let text = "#\n".repeat(1_000_000) + "1";
        assert_eq!(tokens(&text), [(Token::Number, "1")]);
    }

    #[test]
    fn each_punctuation_character_is_an_operator_of_its_own() {
        let text = "!\"$%&'*+-/:<=>?@[\\]^_`{|}~";
        let all = tokens(text);
        assert_eq!(all.len(), text.len());
        assert!(all.iter().all(|&(token, _)| token == Token::Operator));
    }

    #[test]
    fn a_character_that_begins_no_token_is_unknown() {
        for text in ["\0", "\u{e9}", "\u{fffd}", "\u{7f}", "\u{1}"] {
            assert_eq!(tokens(text), [(Token::Unknown, text)]);
        }
    }
}
