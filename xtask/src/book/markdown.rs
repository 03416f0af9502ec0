//! What the preprocessor looks for in a page: code blocks and directives.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A block of code.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct CodeBlock {
    /// All of it, from fence to fence.
    pub(crate) range: Range<usize>,
    /// What stands behind the first fence. Indented code has none.
    pub(crate) info: Option<String>,
    /// What stands between the fences.
    pub(crate) code: String,
}

/// Something like `{{#include file.rs:name}}`.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Directive<'a> {
    pub(crate) range: Range<usize>,
    /// For example `include`.
    pub(crate) name: &'a str,
    /// The words behind the name.
    pub(crate) arguments: Vec<&'a str>,
    /// Whether it is all that its line holds.
    pub(crate) is_alone: bool,
}

/// The blocks of code in `text`, in its order.
pub(crate) fn code_blocks(text: &str) -> Vec<CodeBlock> {
    let mut blocks = Vec::new();
    let mut is_inside = false;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => Some(info.to_string()),
                    CodeBlockKind::Indented => None,
                };
                blocks.push(CodeBlock { range, info, code: String::new() });
                is_inside = true;
            }
            Event::End(TagEnd::CodeBlock) => is_inside = false,
            Event::Text(code) if is_inside => {
                let block = blocks.last_mut().expect("it has begun");
                block.code += &code;
            }
            _ => {}
        }
    }
    blocks
}

/// The directives in `text`, in its order. A backslash before one makes it
/// plain text.
pub(crate) fn directives(text: &str) -> Vec<Directive<'_>> {
    let starts = text.match_indices("{{#").map(|(start, _)| start);
    let is_escaped = |start: &usize| text[..*start].ends_with('\\');
    starts
        .filter(|start| !is_escaped(start))
        .map(|start| directive(text, start))
        .collect()
}

/// How often a page is to show the beginning of a directive.
pub(crate) fn escaped_directives(text: &str) -> usize {
    text.matches("\\{{#").count()
}

fn directive(text: &str, start: usize) -> Directive<'_> {
    let line = text[start..].lines().next().unwrap_or_default();
    let (inside, len) = match line.find("}}") {
        Some(end) => (&line[3..end], end + 2),
        // Its name is then one that nobody knows.
        None => (&line[3..], line.len()),
    };
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..start];
    let is_alone = before.trim().is_empty() && line[len..].trim().is_empty();
    let mut words = inside.split_whitespace();
    Directive {
        range: start..start + len,
        name: words.next().unwrap_or_default(),
        arguments: words.collect(),
        is_alone,
    }
}

/// What mdBook switches on.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_in_lists_too() {
        let text = "a\n\n- b\n\n  ```rust,x y\n  c\n\n    d\n  ```\n";
        let blocks = code_blocks(text);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].info.as_deref(), Some("rust,x y"));
        assert_eq!(blocks[0].code, "c\n\n  d\n");
        assert!(text[blocks[0].range.clone()].starts_with("```rust"));
        assert!(text[blocks[0].range.clone()].ends_with("```"));
    }

    #[test]
    fn indented_code_has_no_language() {
        assert_eq!(code_blocks("a\n\n    b\n")[0].info, None);
    }

    #[test]
    fn a_directive_knows_its_words_and_whether_it_is_alone() {
        let text = "a {{#b c d}} e\n  {{#f}}\n";
        let found = directives(text);
        assert_eq!(found[0].name, "b");
        assert_eq!(found[0].arguments, ["c", "d"]);
        assert!(!found[0].is_alone);
        assert_eq!(&text[found[0].range.clone()], "{{#b c d}}");
        assert_eq!((found[1].name, found[1].is_alone), ("f", true));
    }

    #[test]
    fn a_directive_without_an_end_is_the_rest_of_its_line() {
        let found = directives("{{#a b\n}}");
        assert_eq!(found[0].range, 0..6);
    }

    #[test]
    fn an_escaped_directive_is_text() {
        assert_eq!(directives("\\{{#a}}"), []);
        assert_eq!(escaped_directives("\\{{#a}} {{#b}}"), 1);
    }
}
