//! The items of a file by name: what there is to tell.

use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, File, ImplItem, Item, TraitItem, Visibility};

/// A type, function, method, constant or macro.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    /// For example `Memory`, `Memory::seal` or `<Dual as Mapping>::seal`.
    pub(crate) name: String,
    /// Its lines, counted from 0, without comments and attributes above it.
    pub(crate) lines: Range<usize>,
    /// Its documentation, line by line.
    pub(crate) contract: Vec<String>,
    /// The lines of a function's body, without the first, which holds the
    /// end of the signature.
    pub(crate) body: Option<Range<usize>>,
}

/// The items of a file, without tests, imports and modules. Methods stand
/// for the `impl` blocks they are in.
pub(crate) fn items(text: &str) -> Vec<Named> {
    // A file that does not parse does not compile either: others say so.
    let Ok(file) = syn::parse_file(text) else { return Vec::new() };
    let mut found = Vec::new();
    file.items.iter().for_each(|item| note(item, &mut found));
    found
}

/// What a file says of itself: the first paragraph behind its `//!`.
pub(crate) fn purpose(text: &str) -> Option<String> {
    let file: File = syn::parse_file(text).ok()?;
    let lines = contract(&file.attrs);
    let paragraph = lines.iter().take_while(|line| !line.is_empty());
    let words: Vec<&str> = paragraph.map(String::as_str).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn note(item: &Item, found: &mut Vec<Named>) {
    let (name, attributes, visibility, start) = match item {
        Item::Const(it) => (&it.ident, &it.attrs, &it.vis, it.const_token.span),
        Item::Enum(it) => (&it.ident, &it.attrs, &it.vis, it.enum_token.span),
        Item::Static(it) => {
            (&it.ident, &it.attrs, &it.vis, it.static_token.span)
        }
        Item::Struct(it) => {
            (&it.ident, &it.attrs, &it.vis, it.struct_token.span)
        }
        Item::Type(it) => (&it.ident, &it.attrs, &it.vis, it.type_token.span),
        Item::Union(it) => (&it.ident, &it.attrs, &it.vis, it.union_token.span),
        Item::Macro(it) => {
            let Some(name) = &it.ident else { return };
            let lines = (it.mac.path.span(), it.span());
            found.push(named(format!("{name}!"), &it.attrs, lines, None));
            return;
        }
        Item::Fn(it) => {
            let lines = (first(&it.vis, it.sig.span()), it.block.span());
            let body = Some(it.block.span());
            found.push(named(it.sig.ident.to_string(), &it.attrs, lines, body));
            return;
        }
        Item::Trait(it) => return note_trait(it, found),
        Item::Impl(it) => return note_impl(it, found),
        _ => return,
    };
    if is_test(attributes) {
        return;
    }
    let lines = (first(visibility, start), item.span());
    found.push(named(name.to_string(), attributes, lines, None));
}

fn note_trait(item: &syn::ItemTrait, found: &mut Vec<Named>) {
    let start = first(&item.vis, item.trait_token.span);
    let lines = (start, item.span());
    found.push(named(item.ident.to_string(), &item.attrs, lines, None));
    for inner in &item.items {
        if let TraitItem::Fn(it) = inner
            && let Some(block) = &it.default
        {
            let name = format!("{}::{}", item.ident, it.sig.ident);
            let body = Some(block.span());
            let lines = (it.sig.span(), block.span());
            found.push(named(name, &it.attrs, lines, body));
        }
    }
}

fn note_impl(item: &syn::ItemImpl, found: &mut Vec<Named>) {
    if is_test(&item.attrs) {
        return;
    }
    let of = match &*item.self_ty {
        syn::Type::Path(path) => last(&path.path),
        other => format!("{:?}", other.span()),
    };
    let of = match &item.trait_ {
        Some((path, _)) => format!("<{of} as {}>", last(path)),
        None => of,
    };
    for inner in &item.items {
        if let ImplItem::Fn(it) = inner {
            let name = format!("{of}::{}", it.sig.ident);
            let lines = (first(&it.vis, it.sig.span()), it.block.span());
            let body = Some(it.block.span());
            found.push(named(name, &it.attrs, lines, body));
        }
    }
}

fn last(path: &syn::Path) -> String {
    path.segments.last().map_or(String::new(), |it| it.ident.to_string())
}

fn first(visibility: &Visibility, signature: Span) -> Span {
    match visibility {
        Visibility::Inherited => signature,
        visibility => visibility.span(),
    }
}

/// An item from the first of two spans to the end of the second.
fn named(
    name: String,
    attributes: &[Attribute],
    (start, end): (Span, Span),
    body: Option<Span>,
) -> Named {
    let end = end.end().line;
    let lines = start.start().line - 1..end;
    let body = body.map(|body| body.start().line..end);
    Named { name, lines, contract: contract(attributes), body }
}

/// The lines of `///` and `//!` comments.
fn contract(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in attributes {
        let syn::Meta::NameValue(pair) = &attribute.meta else { continue };
        let syn::Expr::Lit(literal) = &pair.value else { continue };
        if let (true, syn::Lit::Str(text)) =
            (pair.path.is_ident("doc"), &literal.lit)
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    lines
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg") && list.tokens.to_string() == "test"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
//! What it is for,
//! in two lines.
//!
//! More.

use a::b;

/// A struct.
#[derive(Debug)]
pub struct Dual {
    view: u8,
}

impl<T> Mapping<T> for Dual {
    /// Seals.
    ///
    /// For ever.
    #[inline]
    fn seal(
        &self,
    ) -> u8 {
        1
    }
}

#[cfg(test)]
impl Dual {
    fn hidden() {}
}

pub(crate) fn last() -> u8 {
    2
}

/// A macro.
macro_rules! two {
    () => { 2 };
}
";

    #[test]
    fn items_have_names_lines_and_contracts() {
        let items = items(TEXT);
        let names: Vec<&str> = items.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["Dual", "<Dual as Mapping>::seal", "last", "two!"]);
        assert_eq!(items[0].lines, 9..12);
        assert_eq!(items[1].lines, 18..23);
        assert_eq!(items[1].body, Some(21..23));
        assert_eq!(items[1].contract, ["Seals.", "", "For ever."]);
        assert_eq!(items[2].lines, 30..33);
        assert_eq!(items[3].lines, 35..38);
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        let purpose = purpose(TEXT);
        assert_eq!(purpose.as_deref(), Some("What it is for, in two lines."));
    }
}
