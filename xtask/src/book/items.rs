//! Items: where in a Rust file an excerpt is from.

use std::ops::Range;

use proc_macro2::Span;
use syn::visit::{self, Visit};

/// An item with others, or statements, inside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// For example `impl Mapping for Dual` or `fn seal`.
    pub(crate) title: String,
    /// Its lines, counted from 0, from the signature on.
    pub(crate) lines: Range<usize>,
    /// A function's lines up to its opening brace.
    pub(crate) signature: Option<Range<usize>>,
}

/// The items of a file that enclose `lines`, outermost first: those that
/// begin before them.
pub(crate) fn enclosing(text: &str, lines: &Range<usize>) -> Vec<Item> {
    // A file that does not parse does not compile either: others say so.
    let Ok(file) = syn::parse_file(text) else { return Vec::new() };
    let mut finder = Finder { text, lines, found: Vec::new() };
    finder.visit_file(&file);
    finder.found
}

struct Finder<'a> {
    text: &'a str,
    lines: &'a Range<usize>,
    found: Vec<Item>,
}

impl Finder<'_> {
    /// Notes the item whose signature begins at `start` and is followed by a
    /// `body`, if it encloses what is looked for.
    fn note(&mut self, start: Span, body: Span, kind: Kind) {
        let lines = start.start().line - 1..body.end().line;
        if lines.start >= self.lines.start || lines.end < self.lines.end {
            return;
        }
        let opening = body.start().line;
        let signature = match kind {
            Kind::Function => Some(lines.start..opening),
            Kind::Other => None,
        };
        let title = title(self.text, start, body);
        self.found.push(Item { title, lines, signature });
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Function,
    Other,
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if let Some((brace, _)) = &item.content {
            self.note(item.mod_token.span, brace.span.join(), Kind::Other);
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let body = item.brace_token.span.join();
        self.note(item.impl_token.span, body, Kind::Other);
        visit::visit_item_impl(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let body = item.brace_token.span.join();
        self.note(item.trait_token.span, body, Kind::Other);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        if let syn::Fields::Named(fields) = &item.fields {
            let body = fields.brace_token.span.join();
            self.note(item.struct_token.span, body, Kind::Other);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let body = item.brace_token.span.join();
        self.note(item.enum_token.span, body, Kind::Other);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let start = item.sig.fn_token.span;
        self.note(start, item.block.brace_token.span.join(), Kind::Function);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let start = item.sig.fn_token.span;
        self.note(start, item.block.brace_token.span.join(), Kind::Function);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            let body = block.brace_token.span.join();
            self.note(item.sig.fn_token.span, body, Kind::Function);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// The text of a signature as far as it names the item: `fn seal`.
fn title(text: &str, start: Span, body: Span) -> String {
    let head = &text[start.byte_range().start..body.byte_range().start];
    let words: Vec<&str> = head.split_whitespace().collect();
    let head = words.join(" ");
    match head.find("fn ") {
        Some(at) => {
            let end =
                head[at..].find(['(', '<']).map_or(head.len(), |n| at + n);
            head[at..end].to_owned()
        }
        None => {
            let end = head.find(" where ").unwrap_or(head.len());
            head[..end].trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
/// A doc comment.
struct Dual {
    view: u8,
}

impl<T> Mapping for Dual
where
    T: Copy,
{
    /// Another.
    #[inline]
    pub unsafe fn seal<T>(
        &mut self,
        offset: usize,
    ) -> u8 {
        let a = \"}\";
        a.len()
    }
}

fn last() {
    1
}
";

    fn titles(lines: Range<usize>) -> Vec<String> {
        let items = enclosing(TEXT, &lines);
        items.into_iter().map(|item| item.title).collect()
    }

    #[test]
    fn statements_are_in_a_function_in_an_impl() {
        let expected = ["impl<T> Mapping for Dual", "fn seal"];
        assert_eq!(titles(15..16), expected);
        assert_eq!(titles(16..17), expected);
    }

    #[test]
    fn the_signature_ends_with_the_opening_brace() {
        let items = enclosing(TEXT, &(15..16));
        assert_eq!(items[1].signature, Some(11..15));
        assert_eq!(items[0].signature, None);
    }

    #[test]
    fn an_item_does_not_enclose_itself() {
        assert_eq!(titles(11..18), ["impl<T> Mapping for Dual"]);
        assert_eq!(titles(10..18), ["impl<T> Mapping for Dual"]);
        assert_eq!(titles(5..19), [""; 0]);
        assert_eq!(titles(20..23), [""; 0]);
    }

    #[test]
    fn a_field_is_in_a_struct() {
        assert_eq!(titles(2..3), ["struct Dual"]);
    }

    #[test]
    fn nothing_encloses_lines_of_several_items() {
        assert_eq!(titles(15..22), [""; 0]);
    }
}
