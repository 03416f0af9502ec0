//! What is in a rendered page: its names, its links, its pictures, its text.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer,
};

/// A rendered page, as far as checks ask.
#[derive(Default, Debug)]
pub(crate) struct Rendered {
    /// Where links can lead to on the page.
    pub(crate) names: BTreeSet<String>,
    /// Where the page leads to: links, and what it loads.
    pub(crate) links: Vec<String>,
    /// Pictures, by their sources, that say nothing to whom cannot see them.
    pub(crate) mute_pictures: Vec<String>,
    /// How often the beginning of a directive is to be read.
    pub(crate) directives: usize,
}

impl Rendered {
    /// Reads the text of a page.
    pub(crate) fn new(html: &str) -> Rendered {
        let tokenizer = Tokenizer::new(Sink::default(), Default::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        let Sink { page, text, .. } = tokenizer.sink;
        let mut page = page.into_inner();
        page.directives = text.borrow().matches("{{#").count();
        page
    }
}

#[derive(Default)]
struct Sink {
    page: RefCell<Rendered>,
    text: RefCell<String>,
    is_code_of_page: Cell<bool>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                self.page.borrow_mut().note(&tag);
                let is_raw = matches!(&*tag.name, "script" | "style");
                self.is_code_of_page.set(is_raw);
                if is_raw {
                    return TokenSinkResult::RawData(RawKind::ScriptData);
                }
            }
            Token::TagToken(_) => self.is_code_of_page.set(false),
            Token::CharacterTokens(text) if !self.is_code_of_page.get() => {
                *self.text.borrow_mut() += &text;
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Rendered {
    fn note(&mut self, tag: &Tag) {
        let attribute = |name: &str| {
            let found = tag.attrs.iter().find(|a| &*a.name.local == name);
            found.map(|attribute| attribute.value.to_string())
        };
        self.names.extend(attribute("id"));
        let links = [attribute("href"), attribute("src")];
        self.links.extend(links.into_iter().flatten());
        let is_mute = attribute("alt").is_none_or(|text| text.is_empty());
        if &*tag.name == "img" && is_mute {
            self.mute_pictures.push(attribute("src").unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_links_and_pictures_are_found() {
        let page = Rendered::new(
            "<a id=x href='a&amp;b.html#c'>{{#d}}</a><img src=e.png>\
             <img src=f.png alt='Six'><script>'<a href=g>{{#h}}'</script>",
        );
        assert!(page.names.contains("x"));
        assert_eq!(page.links, ["a&b.html#c", "e.png", "f.png"]);
        assert_eq!(page.mute_pictures, ["e.png"]);
        assert_eq!(page.directives, 1);
    }
}
