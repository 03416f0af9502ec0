//! Pages with their directives replaced by what these stand for.
//!
//! | directive | where | what stands there afterwards |
//! |---|---|---|
//! | `{{#include FILE:ANCHOR}}` | all of a code block | an excerpt |
//! | `{{#transcript NAME}}` | all of a line | commands and output |
//! | `{{#delta OLD NEW}}` | all of a line | what changed between files |
//! | `{{#title TEXT}}` | anywhere | nothing: mdBook reads it |

use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::excerpt::Excerpt;
use super::fault::{Fault, line_at};
use super::markdown::{self, CodeBlock, Directive};
use super::sources::Sources;
use super::transcript::Transcripts;
use super::{delta, html};

/// Replaces directives, page after page, and notes what is wrong with them.
pub(crate) struct Expander<'a> {
    root: &'a Path,
    sources: Sources,
    transcripts: Transcripts,
    faults: Vec<Fault>,
}

/// A page before its directives are replaced.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    /// From the workspace's root, for example `book/src/chapter1/memory.md`.
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
}

type Replacement = (Range<usize>, String);

impl<'a> Expander<'a> {
    /// Reads what the pages of the workspace at `root` can show.
    pub(crate) fn new(root: &'a Path) -> io::Result<Expander<'a>> {
        let (sources, mut faults) = Sources::read(root)?;
        let (transcripts, wrong) = Transcripts::read(root)?;
        faults.extend(wrong);
        Ok(Expander { root, sources, transcripts, faults })
    }

    /// The text that stands for `page`.
    pub(crate) fn expand(&mut self, page: Page) -> String {
        let blocks = markdown::code_blocks(page.text);
        let mut replacements = Vec::new();
        for block in &blocks {
            let result = self.block(page, block);
            replacements.extend(self.noted(page, &block.range, result));
        }
        for directive in markdown::directives(page.text) {
            let start = directive.range.start;
            if !blocks.iter().any(|block| block.range.contains(&start)) {
                let result = self.directive(&directive);
                replacements.extend(self.noted(page, &directive.range, result));
            }
        }
        replaced(page.text, replacements)
    }

    /// What was wrong with all pages, after the last one.
    pub(crate) fn finish(mut self) -> Vec<Fault> {
        self.faults.extend(self.sources.unused());
        self.faults.extend(self.transcripts.unused());
        self.faults
    }

    /// What stands for a code block, if it does not stand for itself.
    fn block(
        &mut self,
        page: Page,
        block: &CodeBlock,
    ) -> Result<Option<String>, String> {
        let info = block.info.as_deref().ok_or(INDENTED)?;
        let (language, note) = info.split_once(',').unwrap_or((info, ""));
        if !LANGUAGES.contains(&language) {
            return Err(format!("no language `{language}` is known here"));
        }
        match markdown::directives(&block.code).as_slice() {
            [] if language == "rust" => sketch(&block.code, note).map(Some),
            [] => Ok(None),
            [include] if block.code.trim().len() == include.range.len() => {
                self.include(page, include, language).map(Some)
            }
            _ => Err("a directive is all that its code block holds".into()),
        }
    }

    fn include(
        &mut self,
        page: Page,
        directive: &Directive,
        language: &str,
    ) -> Result<String, String> {
        let ("include", [place]) = (directive.name, &*directive.arguments)
        else {
            return Err(format!("`{}` in a code block", directive.name));
        };
        let (file, anchor) = match place.split_once(':') {
            Some((file, anchor)) => (file, Some(anchor)),
            None => (*place, None),
        };
        let directory = page.path.parent().expect("pages are in one");
        let file = resolved(directory, file)
            .ok_or_else(|| format!("`{file}` is outside of the workspace"))?;
        let (text, lines) = self.sources.part(&file, anchor)?;
        let excerpt = Excerpt::new(&file, text, lines);
        Ok(excerpt.html(&file, language, &up(page.path)))
    }

    /// What stands for a directive outside of code blocks.
    fn directive(
        &mut self,
        directive: &Directive,
    ) -> Result<Option<String>, String> {
        let html = match (directive.name, &*directive.arguments) {
            ("title", _) => return Ok(None),
            ("transcript", [name]) => self.transcripts.html(name)?,
            ("delta", [old, new]) => delta::html(self.root, old, new)?,
            ("transcript" | "delta", _) => {
                let name = directive.name;
                return Err(format!("wrong number of words in `{name}`"));
            }
            ("include", _) => {
                return Err("an include stands in a code block".into());
            }
            (name, _) => return Err(format!("no directive `{name}`")),
        };
        match directive.is_alone {
            true => Ok(Some(html)),
            false => Err(format!("`{}` shares its line", directive.name)),
        }
    }

    /// What to put in the place of `range`, if anything; or notes a fault.
    fn noted(
        &mut self,
        page: Page,
        range: &Range<usize>,
        result: Result<Option<String>, String>,
    ) -> Option<Replacement> {
        match result {
            Ok(text) => text.map(|text| (range.clone(), text)),
            Err(what) => {
                let line = line_at(page.text, range.start);
                self.faults.push(Fault::new(page.path, line, what));
                None
            }
        }
    }
}

/// The languages of code blocks. A recorded command is a transcript.
const LANGUAGES: [&str; 7] =
    ["rust", "kaleidoscope", "ir", "x86asm", "toml", "sh", "text"];

const INDENTED: &str = "indented code: fence it and name its language";

/// Rust that is in no file: the page has to say why.
fn sketch(code: &str, note: &str) -> Result<String, String> {
    let reason = note.strip_prefix("sketch:").map_or("", str::trim);
    if reason.is_empty() {
        let what = "Rust that is built nowhere: include it, or say why with \
                    `rust,sketch: reason`";
        return Err(what.to_owned());
    }
    let caption = format!("Sketch: {}", html::escape(reason));
    let code = html::code("rust", "", code);
    Ok(html::figure("listing sketch", &caption, &code))
}

/// The way from a page to the book's root: `../` for one in a directory.
fn up(page: &Path) -> String {
    let depth = page.components().count().saturating_sub(3);
    "../".repeat(depth)
}

/// `file`, seen from `directory`, as a path from the workspace's root, if it
/// is in there.
fn resolved(directory: &Path, file: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in directory.join(file).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                path.pop().then_some(())?;
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

fn replaced(text: &str, mut replacements: Vec<Replacement>) -> String {
    replacements.sort_by_key(|(range, _)| range.start);
    let mut result = String::new();
    let mut done = 0;
    for (range, replacement) in replacements {
        result += &text[done..range.start];
        result += &replacement;
        done = range.end;
    }
    result + &text[done..]
}

#[cfg(test)]
mod tests;
