//! Excerpts: parts of source files as a page shows them.

use std::ops::Range;
use std::path::Path;

use super::anchors::is_marker;
use super::{html, items};

/// Some lines of a file, with what a reader needs to find them there.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Excerpt {
    /// The items around them: `impl Mapping for Dual`, `fn seal`.
    titles: Vec<String>,
    /// The signature of the function they are in, or nothing.
    context: String,
    /// They themselves, with the indentation that the context asks for.
    code: String,
    /// Their numbers in the file, from 1, the last included.
    first: usize,
    last: usize,
}

impl Excerpt {
    /// The lines `lines`, counted from 0, of a file that holds `text`.
    pub(crate) fn new(file: &Path, text: &str, lines: Range<usize>) -> Excerpt {
        let is_rust = file.extension().is_some_and(|found| found == "rs");
        let items = match is_rust {
            true => items::enclosing(text, &lines),
            false => Vec::new(),
        };
        let all: Vec<&str> = text.lines().collect();
        let signature = items.last().and_then(|item| item.signature.clone());
        let shown = shown(&all[lines.clone()]);
        let context = match signature {
            Some(signature) => context(&all, signature, lines.start),
            None => Vec::new(),
        };
        let indentation = match context.is_empty() {
            true => indentation(&shown),
            false => indentation(&context),
        };
        Excerpt {
            titles: items.into_iter().map(|item| item.title).collect(),
            context: without_indentation(&context, indentation),
            code: without_indentation(&shown, indentation),
            first: lines.start + 1,
            last: lines.end,
        }
    }

    /// The excerpt as a figure. `up` leads from its page to the book's root.
    pub(crate) fn html(&self, file: &Path, language: &str, up: &str) -> String {
        let code = html::code(language, &self.context, &self.code);
        html::figure("listing", &self.caption(file, up), &code)
    }

    /// Which file, and which items in it.
    pub(crate) fn caption(&self, file: &Path, up: &str) -> String {
        let place = self.place(file, up);
        let titles = html::escape(&self.titles.join(" · "));
        match titles.is_empty() {
            true => place,
            false => format!("{place} <span class=\"item\">{titles}</span>"),
        }
    }

    /// The file's name, with a link to where rustdoc shows the lines.
    pub(crate) fn place(&self, file: &Path, up: &str) -> String {
        self.link(file, &html::escape(&file.to_string_lossy()), up)
    }

    /// Some HTML, with the same link.
    pub(crate) fn link(&self, file: &Path, shown: &str, up: &str) -> String {
        match self.rendered(file) {
            Some(path) => format!("<a href=\"{up}{path}\">{shown}</a>"),
            None => shown.to_owned(),
        }
    }

    /// The lines themselves.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// Where rustdoc shows these lines, if it does: it knows the files that
    /// make up a library, without the tests.
    fn rendered(&self, file: &Path) -> Option<String> {
        let file = file.to_str()?;
        let (chapter, path) = file.split_once("/src/")?;
        let is_test = path.ends_with("tests.rs") || path.contains("tests/");
        if !path.ends_with(".rs") || is_test || path == "main.rs" {
            return None;
        }
        let Excerpt { first, last, .. } = self;
        Some(format!("api/src/{chapter}/{path}.html#{first}-{last}"))
    }
}

/// Lines without the marks of anchors.
fn shown(lines: &[&str]) -> Vec<String> {
    let lines = lines.iter().filter(|line| !is_marker(line));
    lines.map(|line| line.to_string()).collect()
}

/// The lines of a signature, and a sign for what is left out between it and
/// the line `start`.
fn context(all: &[&str], signature: Range<usize>, start: usize) -> Vec<String> {
    let between = shown(&all[signature.end..start]);
    let mut lines = shown(&all[signature]);
    if between.iter().any(|line| !line.trim().is_empty()) {
        lines.push(format!("{:1$}    …", "", indentation(&lines)));
    }
    lines
}

/// What all lines are indented by, blank ones apart.
fn indentation(lines: &[String]) -> usize {
    let text = lines.iter().filter(|line| !line.trim().is_empty());
    let depths = text.map(|line| line.len() - line.trim_start().len());
    depths.min().unwrap_or(0)
}

fn without_indentation(lines: &[String], indentation: usize) -> String {
    let lines = lines.iter().map(|line| match line.get(indentation..) {
        Some(rest) => format!("{rest}\n"),
        None => "\n".to_owned(),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
impl Dual {
    fn seal(
        &mut self,
    ) {
        // ANCHOR: a
        let a = 1;

        for b in 0..a {
            // ANCHOR_END: a
            b;
        }
    }
}
";

    fn excerpt(lines: Range<usize>) -> Excerpt {
        Excerpt::new(Path::new("chapter1/src/a.rs"), TEXT, lines)
    }

    #[test]
    fn statements_keep_their_place_below_the_signature() {
        let shown = excerpt(5..8);
        assert_eq!(shown.titles, ["impl Dual", "fn seal"]);
        assert_eq!(shown.context, "fn seal(\n    &mut self,\n) {\n");
        let code = "    let a = 1;\n\n    for b in 0..a {\n";
        assert_eq!(shown.code, code);
        assert_eq!((shown.first, shown.last), (6, 8));
    }

    #[test]
    fn what_is_left_out_after_the_signature_is_marked() {
        let shown = excerpt(9..10);
        assert!(shown.context.ends_with(") {\n    …\n"), "{}", shown.context);
        assert_eq!(shown.code, "        b;\n");
    }

    #[test]
    fn an_item_is_moved_to_the_margin() {
        let shown = excerpt(1..12);
        assert_eq!(shown.titles, ["impl Dual"]);
        assert_eq!(shown.context, "");
        assert!(shown.code.starts_with("fn seal(\n    &mut self,\n"));
        assert!(!shown.code.contains("ANCHOR"), "{}", shown.code);
    }

    #[test]
    fn the_caption_leads_to_the_source() {
        let file = Path::new("chapter1/src/a.rs");
        let html = excerpt(5..8).html(file, "rust", "../");
        let link = "<a href=\"../api/src/chapter1/a.rs.html#6-8\">\
                    chapter1/src/a.rs</a> \
                    <span class=\"item\">impl Dual · fn seal</span>";
        assert!(html.contains(link), "{html}");
        assert_eq!(html.lines().count(), 1);
    }

    #[test]
    fn a_file_that_rustdoc_does_not_show_has_no_link() {
        for file in ["chapter1/examples/a.rs", "chapter1/src/a/tests.rs"] {
            let html = excerpt(5..8).html(Path::new(file), "rust", "");
            assert!(!html.contains("<a "), "{html}");
        }
    }
}
