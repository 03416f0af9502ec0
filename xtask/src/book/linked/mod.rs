//! Linked views: one function as each stage of the compiler has it, side by
//! side. What is pointed at in one pane lights its relatives in the others.
//!
//! | file | what it has |
//! |---|---|
//! | `compile` | the function: its tree, its IR, its code |
//! | `pane` | what the panes show, and what each part of it stands for |
//! | `tree` | which part of a printed tree is which expression |
//! | `code` | the rows of a listing, and what each was made for |
//! | `version` | IR that somebody wrote for the same function |
//! | `passes` | the function after passes; what a pass's test has |
//! | `relate` | who lights whom |

mod code;
mod compile;
mod pane;
mod passes;
mod relate;
mod tree;
mod version;

use std::fs;
use std::path::{Path, PathBuf};

use super::html::escape;
use compile::Compiled;
use pane::Pane;
pub(crate) use passes::before_and_after;
use relate::{Relatives, relatives};

/// What is shown when the page does not say.
const DEFAULT: [&str; 4] = ["text", "ir", "assembly", "bytes"];

/// What a figure shows.
pub(crate) struct Linked<'a> {
    /// The program, from the workspace's root.
    pub(crate) file: PathBuf,
    /// The function in it.
    pub(crate) function: &'a str,
    /// The panes, in their order: `text`, `tree`, `ir`, `assembly`, `bytes`,
    /// the last three also after passes, as `ir:-O2` or `ir:mem2reg,sccp`;
    /// or a file of IR, from the workspace's root.
    pub(crate) panes: Vec<PathBuf>,
}

impl<'a> Linked<'a> {
    /// What the words of a directive ask for: `FILE FUNCTION` or
    /// `FILE FUNCTION: PANE PANE…`. Files are `resolved` by the page.
    ///
    /// # Errors
    /// If there are other words, or a file is outside of the workspace.
    pub(crate) fn new(
        words: &[&'a str],
        resolved: impl Fn(&str) -> Result<PathBuf, String>,
    ) -> Result<Linked<'a>, String> {
        let (file, function, panes) = match *words {
            [file, function] => (file, function, &DEFAULT[..]),
            [file, function, ref panes @ ..] => {
                let function = function
                    .strip_suffix(':')
                    .ok_or("a colon stands before the panes of `linked`")?;
                (file, function, panes)
            }
            _ => return Err("wrong number of words in `linked`".into()),
        };
        let pane = |name: &&str| match name.ends_with(IR) {
            true => resolved(name),
            false => Ok(PathBuf::from(name)),
        };
        let panes = panes.iter().map(pane).collect::<Result<_, _>>()?;
        Ok(Linked { file: resolved(file)?, function, panes })
    }

    /// The figure, for the workspace at `root`.
    ///
    /// # Errors
    /// If a file does not exist, the function is not in it or does not
    /// compile, or there is no such pane.
    pub(crate) fn html(&self, root: &Path) -> Result<String, String> {
        let text = read(root, &self.file)?;
        let file = self.file.display();
        let compiled = Compiled::new(text, self.function)
            .map_err(|error| format!("`{file}`: {error}"))?;
        let panes = self.panes.iter().map(|name| pane(root, name, &compiled));
        let mut panes: Vec<Pane> = panes.collect::<Result<_, _>>()?;
        passes::unlink_strangers(&mut panes, &self.panes, compiled.function());
        let (file, name) = (escape(&file.to_string()), escape(self.function));
        let mut caption = format!("{file} <span class=\"item\">{name}</span>");
        if panes.iter().any(|pane| pane.is_machine_code) {
            let target = compile::TARGET.to_string().to_uppercase();
            caption += &format!(" <span class=\"item\">for {target}</span>");
        }
        Ok(figure(&name, &caption, &panes))
    }
}

/// How the names of files of IR end.
const IR: &str = ".ir";

fn pane(root: &Path, name: &Path, compiled: &Compiled) -> Result<Pane, String> {
    let shown = name.to_string_lossy();
    if let Some((kind, order)) = shown.split_once(':') {
        return passes::pane(compiled, kind, order);
    }
    match &*shown {
        "text" => Ok(pane::text(compiled)),
        "tree" => Ok(pane::tree(compiled)),
        "ir" => Ok(pane::ir("IR", compiled)),
        "assembly" => pane::assembly("assembly", compiled),
        "bytes" => pane::bytes("bytes", compiled),
        file if file.ends_with(IR) => {
            let text = read(root, name)?;
            version::pane(compiled, &text)
                .map_err(|error| format!("`{file}`: {error}"))
        }
        other => Err(format!("no pane `{other}`")),
    }
}

fn read(root: &Path, file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(root.join(file));
    text.map_err(|error| format!("`{}`: {error}", file.display()))
}

/// All panes as HTML, on one line. Name and caption are HTML.
fn figure(name: &str, caption: &str, panes: &[Pane]) -> String {
    let mut relatives = relatives(panes).into_iter();
    let panes = panes.iter().map(|pane| {
        let title = escape(&pane.title);
        let content = content(pane, &mut relatives);
        format!(
            "<div class=\"pane\" role=\"group\" aria-label=\"{title}\">\
             <p>{title}</p><pre>{content}</pre></div>"
        )
    });
    let panes: String = panes.collect();
    format!(
        "<figure class=\"linked\" role=\"group\" aria-label=\"Views of {name}\">\
         <figcaption>{caption}</figcaption><div class=\"panes\">{panes}</div>\
         </figure>\n"
    )
}

/// The text of a pane, with an element for each of its parts. The script
/// counts them over all panes, in the order of the page.
fn content(
    pane: &Pane,
    relatives: &mut impl Iterator<Item = Relatives>,
) -> String {
    let mut html = String::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    let mut close_before = |html: &mut String, open: &mut Vec<usize>, to| {
        while let Some(end) = open.pop_if(|end| *end <= to) {
            *html += &escape(&pane.text[at..end]);
            *html += "</span>";
            at = end;
        }
        if at < to {
            *html += &escape(&pane.text[at..to]);
            at = to;
        }
    };
    for (part, Relatives { same, within }) in pane.parts.iter().zip(relatives) {
        close_before(&mut html, &mut open, part.range.start);
        let class = if pane.has_rows { " class=\"row\"" } else { "" };
        html += &format!("<span{class} data-same=\"{}\"", numbers(&same));
        if !within.is_empty() {
            html += &format!(" data-part=\"{}\"", numbers(&within));
        }
        html.push('>');
        open.push(part.range.end);
    }
    close_before(&mut html, &mut open, pane.text.len());
    html
}

fn numbers(list: &[usize]) -> String {
    let numbers = list.iter().map(usize::to_string);
    numbers.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
