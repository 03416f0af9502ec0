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

/// The directives in `text`, in its order: those in a code block, which begin
/// with `{{#`. A backslash before one makes it plain text.
pub(crate) fn directives(text: &str) -> Vec<Directive<'_>> {
    starting(text, "{{#")
}

/// The same for those of a page, which also has some that begin with `{{`
/// alone.
pub(crate) fn page_directives(text: &str) -> Vec<Directive<'_>> {
    starting(text, "{{")
}

/// Backslashes that make a directive plain text, where mdBook would not take
/// them away.
pub(crate) fn escapes(text: &str) -> Vec<Range<usize>> {
    let escapes = text.match_indices("\\{{").map(|(start, _)| start);
    let is_ours = |start: &usize| !text[start + 3..].starts_with('#');
    escapes.filter(is_ours).map(|start| start..start + 1).collect()
}

/// `text` with a zero byte for each byte that is no prose: of code, links,
/// headings, HTML, directives.
pub(crate) fn prose(text: &str) -> String {
    prose_outside(text, is_no_prose)
}

/// The same, with tables left out: what is read from beginning to end.
pub(crate) fn running_prose(text: &str) -> String {
    let is_out = |tag| is_no_prose(tag) || tag == TagEnd::Table;
    prose_outside(text, is_out)
}

fn prose_outside(text: &str, is_out: impl Fn(TagEnd) -> bool) -> String {
    let mut prose = vec![0; text.len()];
    let mut inside = 0;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(tag) if is_out(tag.to_end()) => inside += 1,
            Event::End(tag) if is_out(tag) => inside -= 1,
            Event::Text(_) | Event::SoftBreak if inside == 0 => {
                prose[range.clone()].copy_from_slice(&text.as_bytes()[range]);
            }
            _ => {}
        }
    }
    for directive in page_directives(text) {
        prose[directive.range].fill(0);
    }
    String::from_utf8(prose).expect("whole characters are replaced")
}

fn is_no_prose(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::CodeBlock | TagEnd::Heading(_) | TagEnd::Link | TagEnd::Image
    )
}

fn starting<'t>(text: &'t str, mark: &str) -> Vec<Directive<'t>> {
    let starts = text.match_indices(mark).map(|(start, _)| start);
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
        Some(end) => (&line[2..end], end + 2),
        // Its name is then one that nobody knows.
        None => (&line[2..], line.len()),
    };
    let inside = inside.strip_prefix('#').unwrap_or(inside);
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
    fn prose_is_what_is_left_without_code_links_and_directives() {
        let text =
            "# No\n\nyes `no` [no](a) {{no 1 ms}}\nyes\n\n```text\nno\n```\n";
        let found = prose(text);
        assert_eq!(found.len(), text.len());
        assert!(!found.contains("no"), "{found}");
        assert_eq!(found.matches("yes").count(), 2);
    }

    #[test]
    fn a_table_is_prose_that_nobody_runs_through() {
        let text = "yes\n\n| no |\n|---|\n| no |\n";
        assert_eq!(prose(text).matches("no").count(), 2);
        let found = running_prose(text);
        assert!(found.starts_with("yes"), "{found}");
        assert!(!found.contains("no"), "{found}");
    }

    #[test]
    fn backslashes_that_mdbook_leaves_are_found() {
        assert_eq!(escapes("\\{{a}} \\{{#b}}"), vec![0..1]);
        assert_eq!(page_directives("\\{{a}} {{b}}").len(), 1);
    }

    #[test]
    fn an_escaped_directive_is_text() {
        assert_eq!(directives("\\{{#a}}"), []);
        assert_eq!(escaped_directives("\\{{#a}} {{#b}}"), 1);
    }
}
