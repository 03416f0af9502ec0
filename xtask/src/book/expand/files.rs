//! What a page shows of the workspace's files.

use std::path::Path;

use super::{Expander, Page, resolved, up};
use crate::book::delta;
use crate::book::excerpt::Excerpt;
use crate::book::fault::{Fault, line_at};
use crate::book::markdown::Directive;
use crate::book::shown;

/// Longer than this, and a reader scrolls back and forth.
const EXCERPT_LINES: usize = 30;

impl Expander<'_> {
    pub(super) fn include(
        &mut self,
        page: Page,
        directive: &Directive,
        language: &str,
        at: usize,
    ) -> Result<String, String> {
        let ("include", [place]) = (directive.name, &*directive.arguments)
        else {
            return Err(format!("`{}` in a code block", directive.name));
        };
        let (file, anchor) = match place.split_once(':') {
            Some((file, anchor)) => (file, Some(anchor)),
            None => (*place, None),
        };
        let file = resolved(page, file)?;
        let (text, lines) = self.sources.part(&file, anchor)?;
        self.here.code_lines += lines.len();
        if lines.len() > EXCERPT_LINES {
            let what = format!("an excerpt of {} lines", lines.len());
            let line = line_at(page.text, at);
            self.warnings.push(Fault::new(page.path, line, what));
        }
        let excerpt = Excerpt::new(&file, text, lines);
        Ok(excerpt.html(&file, language, &up(page.path)))
    }

    /// What is new in a file, or in an excerpt, compared to another one.
    pub(super) fn delta(
        &mut self,
        page: Page,
        old: &str,
        new: &str,
    ) -> Result<String, String> {
        match (old.split_once(':'), new.split_once(':')) {
            (None, None) => {
                let (old, new) = (self.file(page, old)?, self.file(page, new)?);
                delta::of_files(&old, &new)
            }
            (Some(old), Some(new)) => {
                let (old, _) = self.excerpt(page, old)?;
                let (new, lines) = self.excerpt(page, new)?;
                self.here.code_lines += lines;
                delta::of_excerpts(&old, &new)
            }
            _ => Err("a delta is of two files, or of two anchors".into()),
        }
    }

    /// A file, to be compared.
    fn file(&self, page: Page, file: &str) -> Result<delta::Side, String> {
        let file = resolved(page, file)?;
        let name = file.display().to_string();
        let text = self.sources.text(&file);
        let text = text.ok_or_else(|| format!("no chapter has `{name}`"))?;
        Ok(delta::Side::file(&name, text))
    }

    /// An excerpt, to be compared, and how many lines it has.
    fn excerpt(
        &mut self,
        page: Page,
        (file, anchor): (&str, &str),
    ) -> Result<(delta::Side, usize), String> {
        let file = resolved(page, file)?;
        let (text, lines) = self.sources.part(&file, Some(anchor))?;
        let count = lines.len();
        let excerpt = Excerpt::new(&file, text, lines);
        let caption = excerpt.caption(&file, &up(page.path));
        let text = excerpt.code().to_owned();
        Ok((delta::Side { caption, text }, count))
    }

    pub(super) fn outline(
        &mut self,
        page: Page,
        place: &str,
    ) -> Result<String, String> {
        let (file, name) = place
            .split_once(':')
            .ok_or("an outline is of an item: `FILE:ITEM`")?;
        // `<A_as_B>::c`: the words of a directive have no spaces.
        let name = name.replace("_as_", " as ");
        let file = resolved(page, file)?;
        let text = self
            .sources
            .text(&file)
            .ok_or_else(|| format!("no chapter has `{}`", file.display()))?;
        let html = shown::outline(&file, text, &name, &up(page.path))?;
        self.seen.outlines.insert((file, name));
        Ok(html)
    }

    pub(super) fn map(
        &mut self,
        page: Page,
        paths: &[&str],
    ) -> Result<String, String> {
        let mut files = Vec::new();
        for path in paths {
            let path = resolved(page, path)?;
            let library = self.sources.library();
            let inside = library.filter(|(file, ..)| file.starts_with(&path));
            let inside = inside.map(|(file, text, _)| (file, text));
            let mut inside: Vec<(&Path, &str)> = inside.collect();
            if inside.is_empty() {
                return Err(format!("no file is in `{}`", path.display()));
            }
            // What speaks for a directory, what is in it, what is below.
            inside.sort_by_key(|&(file, _)| {
                (file.parent(), !file.ends_with("mod.rs"), file)
            });
            files.extend(inside);
        }
        let names = files.iter().map(|(file, _)| file.to_path_buf());
        self.seen.maps.extend(names);
        Ok(shown::map(&files, &up(page.path)))
    }
}
