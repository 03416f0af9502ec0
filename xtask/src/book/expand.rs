//! Pages with their directives replaced by what these stand for.
//!
//! | directive | where | what stands there afterwards |
//! |---|---|---|
//! | `{{#include FILE:ANCHOR}}` | all of a code block | an excerpt |
//! | `{{#transcript NAME}}` | all of a line | commands and output |
//! | `{{#delta OLD NEW}}` | all of a line | what changed between files |
//! | `{{#delta OLD:ANCHOR NEW:ANCHOR}}` | all of a line | or between excerpts |
//! | `{{#outline FILE:ITEM}}` | all of a line | signature and contract |
//! | `{{#map PATH…}}` | all of a line | files and their purposes |
//! | `{{#stepper NAME}}` | all of a line | a recorded trace, step by step |
//! | `{{#linked FILE FUNCTION: PANE…}}` | all of a line | views of a function |
//! | `{{#pass NAME TEST}}` | all of a line | a pass's test, before and after |
//! | `{{#predict NAME QUESTION}}` | all of a line | commands, their output folded |
//! | `{{#exercise TITLE}}`, `{{#answer}}`, `{{#end}}` | lines | what they enclose |
//! | `{{#figure NAME}}`, `{{#plot NAME}}` | all of a line | a picture |
//! | `{{#here STAGE…}}` | all of a line | where on its way the page is |
//! | `{{#glossary}}` | all of a line | the terms |
//! | `{{#plain WORD, WORD}}` | all of a line | nothing: no terms here |
//! | `{{term WORD}}` | in a sentence | a term that is found by no other means |
//! | `{{#title TEXT}}` | anywhere | nothing: mdBook reads it |
//! | `{{value EXPRESSION}}` | in a sentence | a measured number |
//! | `{{claim A < B}}` | in a sentence | nothing; a false one is a fault |
//! | `{{exact 256 MiB}}` | in a sentence | the same, which nobody measured |

mod files;

use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::fault::{Fault, line_at};
use super::figures::{Drawn, Figures};
use super::fold;
use super::glossary::{self, Glossary};
use super::linked::{Linked, before_and_after};
use super::markdown::{self, CodeBlock, Directive};
use super::numbers::{self, Numbers};
use super::shown::{self, Counts, Seen};
use super::sources::Sources;
use super::transcript::Transcripts;
use super::words::Words;
use super::{html, stepper};

/// Replaces directives, page after page, and notes what is wrong with them.
pub(crate) struct Expander<'a> {
    root: &'a Path,
    sources: Sources,
    transcripts: Transcripts,
    numbers: Numbers,
    figures: Figures,
    glossary: Glossary,
    words: Words,
    seen: Seen,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    /// What the page at hand has had so far.
    here: Here,
}

/// What one page has had.
#[derive(Default)]
struct Here {
    numbers: Vec<numbers::Shown>,
    drawn: Drawn,
    /// Lines of excerpts.
    code_lines: usize,
    open: fold::Open,
    terms: glossary::OnPage,
}

/// Longer than these, and a reader gives up.
const PAGE_CODE_LINES: usize = 200;
const PAGE_WORDS: usize = 2500;

/// What is wrong with all pages.
pub(crate) struct Findings {
    /// What must not be.
    pub(crate) faults: Vec<Fault>,
    /// What a person should look at.
    pub(crate) warnings: Vec<Fault>,
    /// How much of the code is on pages.
    pub(crate) counts: Counts,
    /// How many terms it has.
    pub(crate) terms: glossary::Counts,
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
        let (numbers, wrong) = Numbers::read(root)?;
        faults.extend(wrong);
        let (figures, wrong) = Figures::read(root, &numbers)?;
        faults.extend(wrong);
        let (glossary, wrong) = Glossary::read(root)?;
        faults.extend(wrong);
        let words = Words::read(root)?;
        let (warnings, here) = (Vec::new(), Here::default());
        Ok(Expander {
            root,
            sources,
            transcripts,
            numbers,
            figures,
            glossary,
            words,
            seen: Seen::default(),
            faults,
            warnings,
            here,
        })
    }

    /// The text that stands for `page`.
    pub(crate) fn expand(&mut self, page: Page) -> String {
        self.here = Here::default();
        let blocks = markdown::code_blocks(page.text);
        let is_code = |start: usize| {
            blocks.iter().any(|block| block.range.contains(&start))
        };
        let mut replacements = Vec::new();
        for block in &blocks {
            let result = self.block(page, block);
            replacements.extend(self.noted(page, &block.range, result));
        }
        for directive in markdown::page_directives(page.text) {
            if !is_code(directive.range.start) {
                let result = self.directive(page, &directive);
                replacements.extend(self.noted(page, &directive.range, result));
            }
        }
        let escapes = markdown::escapes(page.text).into_iter();
        let escapes = escapes.filter(|escape| !is_code(escape.start));
        replacements.extend(escapes.map(|escape| (escape, String::new())));
        let terms = &mut self.here.terms;
        match self.glossary.links(page.text, &up(page.path), terms) {
            Ok(links) => replacements.extend(links),
            Err(what) => self.faults.push(Fault::new(page.path, 1, what)),
        }
        if !self.here.open.is_closed() {
            let what = "an exercise or answer has no `end`";
            self.faults.push(Fault::new(page.path, 1, what));
        }
        for (range, word) in self.words.unknown(page.text) {
            let what = format!("`{word}` is in no file: was it renamed?");
            let line = line_at(page.text, range.start);
            self.faults.push(Fault::new(page.path, line, what));
        }
        self.warn(page);
        replaced(page.text, replacements)
            + &numbers::footnotes(&self.here.numbers)
    }

    /// What was wrong with all pages, after the last one.
    pub(crate) fn finish(mut self) -> Findings {
        self.faults.extend(self.sources.unused());
        self.faults.extend(self.transcripts.unused());
        self.faults.extend(self.words.unused());
        let (counts, faults) =
            shown::check(self.root, &self.sources, &self.seen);
        self.faults.extend(faults);
        let (terms, faults) = self.glossary.finish();
        self.faults.extend(faults);
        let Expander { faults, warnings, .. } = self;
        Findings { faults, warnings, counts, terms }
    }

    /// Notes what a person should look at.
    fn warn(&mut self, page: Page) {
        let prose = markdown::prose(page.text);
        for range in numbers::loose(&prose) {
            let number = &page.text[range.clone()];
            let what = format!(
                "`{number}` looks measured: take it from a data file with \
                 `value`, or call it `exact`"
            );
            let line = line_at(page.text, range.start);
            self.warnings.push(Fault::new(page.path, line, what));
        }
        let words = prose.split(['\0', ' ', '\n']).filter(|it| !it.is_empty());
        let lengths = [
            (self.here.code_lines, PAGE_CODE_LINES, "lines of code"),
            (words.count(), PAGE_WORDS, "words"),
        ];
        for (length, limit, name) in lengths {
            if length > limit {
                let what = format!("a page of {length} {name}");
                self.warnings.push(Fault::new(page.path, 1, what));
            }
        }
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
                let at = block.range.start;
                self.include(page, include, language, at).map(Some)
            }
            _ => Err("a directive is all that its code block holds".into()),
        }
    }

    /// What stands for a directive outside of code blocks.
    fn directive(
        &mut self,
        page: Page,
        directive: &Directive,
    ) -> Result<Option<String>, String> {
        if let Some(text) = self.inline(page, directive)? {
            return Ok(Some(text));
        }
        let html = match (directive.name, &*directive.arguments) {
            ("title", _) => return Ok(None),
            ("transcript", [name]) => self.transcripts.html(name)?,
            ("stepper", [name]) => {
                stepper::html(name, &self.transcripts.output(name)?)?
            }
            ("predict", [name, question @ ..]) if !question.is_empty() => {
                let (commands, answer) = self.transcripts.halves(name)?;
                commands + &fold::predict(&question.join(" "), &answer)
            }
            ("linked", words) => {
                let linked = Linked::new(words, |file| resolved(page, file))?;
                linked.html(self.root)?
            }
            ("pass", [pass, test]) => before_and_after(self.root, pass, test)?,
            ("exercise", title) => self.here.open.exercise(&title.join(" "))?,
            ("answer", []) => self.here.open.answer()?,
            ("end", []) => self.here.open.end()?,
            ("outline", [place]) => self.outline(page, place)?,
            ("map", [_, ..]) => self.map(page, &directive.arguments)?,
            ("figure", [name]) => {
                self.figures.figure(name, &mut self.here.drawn)?
            }
            ("plot", [name]) => {
                let Here { drawn, numbers, .. } = &mut self.here;
                self.figures.plot(name, drawn, numbers)?
            }
            ("here", stages) => self.figures.here(page.path, stages)?,
            ("glossary", []) => {
                self.glossary.html(page.path, &mut self.here.terms)?
            }
            ("plain", words) => {
                self.glossary.leave(words, &mut self.here.terms)?;
                String::new()
            }
            ("delta", [old, new]) => self.delta(page, old, new)?,
            (
                "transcript" | "delta" | "outline" | "map" | "stepper" | "pass"
                | "predict" | "answer" | "end" | "figure" | "plot" | "glossary",
                _,
            ) => {
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

    /// What stands for a directive that is part of a sentence, if it is one.
    fn inline(
        &mut self,
        page: Page,
        directive: &Directive,
    ) -> Result<Option<String>, String> {
        let words = &*directive.arguments;
        match directive.name {
            "value" => {
                let numbers = &mut self.here.numbers;
                numbers.push(self.numbers.value(words)?);
                let number = numbers.last().expect("just pushed");
                Ok(Some(number.html(numbers.len())))
            }
            "claim" => {
                self.numbers.claim(words)?;
                Ok(Some(String::new()))
            }
            "term" => {
                let here = &mut self.here.terms;
                self.glossary.mark(words, &up(page.path), here).map(Some)
            }
            "exact" => Ok(Some(words.join(" "))),
            _ => Ok(None),
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

/// `file`, seen from a page, as a path from the workspace's root.
///
/// # Errors
/// If it is not in there.
fn resolved(page: Page, file: &str) -> Result<PathBuf, String> {
    let directory = page.path.parent().expect("pages are in one");
    let outside = || format!("`{file}` is outside of the workspace");
    let mut path = PathBuf::new();
    for component in directory.join(file).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                path.pop().then_some(()).ok_or_else(outside)?;
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(path)
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
