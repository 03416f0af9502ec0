//! The rendered pages: no link leads nowhere, no picture is mute, no
//! directive is left.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::{self, Fault, line_at};
use super::markdown::escaped_directives;
use super::render::{self, BOOK, RENDERED};
use super::rendered::Rendered;

/// Checks the pages of the workspace at `root`, as they were last rendered.
/// Links to other sites are not followed.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let mut checker = Checker {
        directory: root.join(RENDERED),
        known: BTreeMap::new(),
        faults: Vec::new(),
    };
    for page in render::pages(root)? {
        let source = Path::new(BOOK).join("src").join(&page);
        let source = source.with_extension("md");
        checker
            .check(root, &page.with_extension("html"), &source)
            .map_err(|error| format!("{}: {error}", page.display()))?;
    }
    fault::none_of(checker.faults)?;
    Ok(String::new())
}

struct Checker {
    /// Where the rendered pages are.
    directory: PathBuf,
    /// Pages that have been read, by their paths; others than HTML are empty.
    known: BTreeMap<PathBuf, Rendered>,
    faults: Vec<Fault>,
}

impl Checker {
    /// Checks the page at `path`, which was made from `source`.
    fn check(
        &mut self,
        root: &Path,
        path: &Path,
        source: &Path,
    ) -> io::Result<()> {
        let markdown = fs::read_to_string(root.join(source))?;
        let page =
            Rendered::new(&fs::read_to_string(self.directory.join(path))?);
        for link in &page.links {
            if let Err(what) = self.follow(path, link) {
                let line = line_of(&markdown, link);
                self.faults.push(Fault::new(source, line, what));
            }
        }
        for picture in &page.mute_pictures {
            let what = format!("the picture `{picture}` has no text");
            let line = line_of(&markdown, picture);
            self.faults.push(Fault::new(source, line, what));
        }
        if page.directives != escaped_directives(&markdown) {
            let line = line_of(&markdown, "{{#");
            let what = "a directive is left in the rendered page";
            self.faults.push(Fault::new(source, line, what));
        }
        Ok(())
    }

    /// Whether there is what `link` on the page at `path` leads to.
    fn follow(&mut self, path: &Path, link: &str) -> Result<(), String> {
        if is_elsewhere(link) {
            return Ok(());
        }
        let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
        let file = file.split('?').next().unwrap_or_default();
        let target = match file {
            "" => path.to_owned(),
            file if file.ends_with('/') => {
                path.with_file_name("").join(file).join("index.html")
            }
            file => path.with_file_name("").join(file),
        };
        let target = self.directory.join(target);
        let target = fs::canonicalize(&target)
            .map_err(|_| format!("the link `{link}` leads nowhere"))?;
        let page = match self.known.get(&target) {
            Some(page) => page,
            None => {
                let page = read(&target).map_err(|e| e.to_string())?;
                self.known.entry(target).or_insert(page)
            }
        };
        match has(page, fragment) {
            true => Ok(()),
            false => Err(format!("`{link}`: the page has no `{fragment}`")),
        }
    }
}

fn read(path: &Path) -> io::Result<Rendered> {
    match path.extension().is_some_and(|extension| extension == "html") {
        true => Ok(Rendered::new(&fs::read_to_string(path)?)),
        false => Ok(Rendered::default()),
    }
}

/// Whether a link leads to another site, or to no page at all.
fn is_elsewhere(link: &str) -> bool {
    let schemes = ["http:", "https:", "mailto:", "data:"];
    schemes.iter().any(|scheme| link.starts_with(scheme))
}

/// Whether a fragment is on a page. Rustdoc's script reads a range of lines,
/// such as `12-20`; the lines themselves are on the page.
fn has(page: &Rendered, fragment: &str) -> bool {
    let is_number = |part: &str| part.parse::<usize>().is_ok();
    match fragment.split_once('-') {
        Some((first, last)) if is_number(first) && is_number(last) => {
            page.names.contains(first) && page.names.contains(last)
        }
        _ => fragment.is_empty() || page.names.contains(fragment),
    }
}

/// The line of a page that holds `link`, as mdBook writes it or as it stands
/// in the file; the first one for what the preprocessor has made.
fn line_of(markdown: &str, link: &str) -> usize {
    let original = link.replace(".html", ".md");
    let places = [link, &original].map(|text| markdown.find(text));
    let place = places.into_iter().flatten().min();
    place.map_or(1, |place| line_at(markdown, place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::render::tests::workspace;

    fn check_page(text: &str) -> Result<String, String> {
        let root = workspace(text);
        render::render(root.path()).unwrap();
        let page = root.path().join(RENDERED).join("page.html");
        let api = page.with_file_name("api.html");
        fs::write(api, "<a id=3></a><a id=4></a>").unwrap();
        check(root.path())
    }

    #[test]
    fn links_within_the_book_are_followed() {
        let text = "# Page\n\n[a](first.md) [b](first.md#first-of-all) \
                    [c](#page) [d](api.html#3-4) [e](https://example.com)\n";
        assert_eq!(check_page(text), Ok(String::new()));
    }

    #[test]
    fn a_link_to_no_page_is_a_fault_in_its_line() {
        let expected = "book/src/page.md:3: the link `none.html` leads \
                        nowhere\n";
        let text = "# Page\n\n[a](none.md)\n";
        assert_eq!(check_page(text), Err(expected.to_owned()));
    }

    #[test]
    fn a_link_to_no_heading_is_a_fault_in_its_line() {
        let text = "# Page\n\n[a](first.md)\n[b](first.md#second)\n";
        let expected = "book/src/page.md:4: `first.html#second`: the page \
                        has no `second`\n";
        assert_eq!(check_page(text), Err(expected.to_owned()));
        assert!(check_page("# Page\n\n[a](#none)\n").is_err());
    }

    #[test]
    fn a_link_to_lines_that_have_gone_is_a_fault() {
        let result = check_page("# Page\n\n[a](api.html#3-5)\n");
        assert!(result.unwrap_err().contains("has no `3-5`"));
    }

    #[test]
    fn a_picture_without_text_is_a_fault() {
        let text = "# Page\n\n![](favicon.svg)\n";
        let message = check_page(text).unwrap_err();
        assert!(message.contains("book/src/page.md:3: the picture"));
    }

    #[test]
    fn a_directive_on_a_page_is_a_fault_unless_it_is_meant() {
        assert_eq!(check_page("# P\n\n`\\{{#a}}`\n"), Ok(String::new()));
        let root = workspace("# Page\n");
        render::render(root.path()).unwrap();
        let page = root.path().join(RENDERED).join("page.html");
        fs::write(&page, "<p>{{#include a.rs}}").unwrap();
        let message = check(root.path()).unwrap_err();
        assert!(message.contains("a directive is left"), "{message}");
    }
}
