//! Transcripts: commands, and what they print, as a page shows them.
//!
//! `book/transcripts/NAME.txt` holds a recording:
//!
//! ```text
//! $ cargo run --release -p chapter1 -- square.ks
//! Evaluated to 16.000000
//! $ cat <<END |
//! > 1 +;
//! > END
//! > cargo run --release -p chapter1
//! error: expected an expression
//! [exit status: 1]
//! ```
//!
//! What a terminal would show stands below each command, errors included. A
//! test runs the commands again and compares; `cargo xtask bless` records.

mod addresses;
mod binaries;
mod replay;

pub(crate) use replay::{bless, check};

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::html;

/// Where recordings are, from the workspace's root.
pub(crate) const DIRECTORY: &str = "book/transcripts";

/// All recordings, and which of them pages have shown.
pub(crate) struct Transcripts {
    by_name: BTreeMap<String, Vec<Exchange>>,
    shown: BTreeSet<String>,
}

/// A command and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Exchange {
    /// For a shell; without a newline at its end.
    pub(crate) command: String,
    /// Both of its streams: nothing, or whole lines.
    pub(crate) output: String,
    /// Its exit status.
    pub(crate) status: i32,
}

impl Transcripts {
    /// Reads the recordings of the workspace at `root`.
    pub(crate) fn read(root: &Path) -> io::Result<(Transcripts, Vec<Fault>)> {
        let (mut by_name, mut faults) = (BTreeMap::new(), Vec::new());
        for file in files(root)? {
            let name = file.file_stem().expect("it has one").to_string_lossy();
            match parse(&fs::read_to_string(root.join(&file))?) {
                Ok(exchanges) => {
                    by_name.insert(name.into_owned(), exchanges);
                }
                Err(what) => faults.push(Fault::new(&file, 1, what)),
            }
        }
        Ok((Transcripts { by_name, shown: BTreeSet::new() }, faults))
    }

    /// A recording as a figure. It counts as shown from now on.
    ///
    /// # Errors
    /// If there is none of this name.
    pub(crate) fn html(&mut self, name: &str) -> Result<String, String> {
        Ok(figure(self.exchanges(name)?, Exchange::html))
    }

    /// The commands of a recording as a figure, and the answers as another.
    /// It counts as shown from now on.
    ///
    /// # Errors
    /// If there is none of this name.
    pub(crate) fn halves(
        &mut self,
        name: &str,
    ) -> Result<(String, String), String> {
        let exchanges = self.exchanges(name)?;
        let commands = figure(exchanges, Exchange::command_html);
        Ok((commands, figure(exchanges, Exchange::answer_html)))
    }

    /// All that the commands of a recording have printed. It counts as shown
    /// from now on.
    ///
    /// # Errors
    /// If there is none of this name.
    pub(crate) fn output(&mut self, name: &str) -> Result<String, String> {
        let exchanges = self.exchanges(name)?.iter();
        Ok(exchanges.map(|exchange| &*exchange.output).collect())
    }

    fn exchanges(&mut self, name: &str) -> Result<&[Exchange], String> {
        let exchanges = self
            .by_name
            .get(name)
            .ok_or_else(|| format!("no transcript `{name}`"))?;
        self.shown.insert(name.to_owned());
        Ok(exchanges)
    }

    /// The recordings that no page has shown.
    pub(crate) fn unused(&self) -> Vec<Fault> {
        let names = self.by_name.keys();
        let unused = names.filter(|name| !self.shown.contains(*name));
        let fault = |name| {
            let file = Path::new(DIRECTORY).join(format!("{name}.txt"));
            Fault::new(&file, 1, "no page shows this transcript")
        };
        unused.map(fault).collect()
    }
}

/// The files of the recordings, relative to `root`, in order.
fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let directory = root.join(DIRECTORY);
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = Path::new(DIRECTORY).join(entry?.file_name());
        if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn parse(text: &str) -> Result<Vec<Exchange>, String> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut is_command = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            exchanges.push(Exchange::new(command));
            is_command = true;
            continue;
        }
        let exchange = exchanges
            .last_mut()
            .ok_or("a transcript begins with a command: `$ …`")?;
        if let (true, Some(more)) = (is_command, line.strip_prefix("> ")) {
            exchange.command += "\n";
            exchange.command += more;
        } else if let Some(status) = exit_status(line) {
            exchange.status = status;
        } else {
            is_command = false;
            exchange.output += line;
            exchange.output += "\n";
        }
    }
    match exchanges.is_empty() {
        true => Err("a transcript without a command".to_owned()),
        false => Ok(exchanges),
    }
}

/// The opposite of `parse`.
fn text_of(exchanges: &[Exchange]) -> String {
    exchanges.iter().map(Exchange::text).collect()
}

fn exit_status(line: &str) -> Option<i32> {
    let status = line.strip_prefix("[exit status: ")?;
    status.strip_suffix("]")?.parse().ok()
}

impl Exchange {
    fn new(command: &str) -> Exchange {
        let command = command.to_owned();
        Exchange { command, output: String::new(), status: 0 }
    }

    fn text(&self) -> String {
        let command = self.command.replace('\n', "\n> ");
        let status = match self.status {
            0 => String::new(),
            status => format!("[exit status: {status}]\n"),
        };
        format!("$ {command}\n{}{status}", self.output)
    }

    fn html(&self) -> String {
        self.command_html() + &self.answer_html()
    }

    /// The command is the only code here: so it alone is copied.
    fn command_html(&self) -> String {
        let command = html::escape(&self.command);
        format!(
            "<pre class=\"command\"><code class=\"nohighlight\">{command}\
             </code></pre>"
        )
    }

    fn answer_html(&self) -> String {
        let mut html = String::new();
        if !self.output.is_empty() {
            let output = html::escape(self.output.trim_end());
            html += &format!(
                "<pre class=\"output\" tabindex=\"0\"><samp>{output}</samp>\
                 </pre>"
            );
        }
        if self.status != 0 {
            let status = self.status;
            html += &format!("<p class=\"status\">exit status {status}</p>");
        }
        html
    }
}

fn figure(exchanges: &[Exchange], html: fn(&Exchange) -> String) -> String {
    let content: String = exchanges.iter().map(html).collect();
    format!("<figure class=\"transcript\">{content}</figure>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "$ cat <<END\n> a\n> END\n> not this\na\n> output\n\
                        $ false\n[exit status: 1]\n";

    #[test]
    fn a_recording_is_read_and_written_alike() {
        let exchanges = parse(TEXT).unwrap();
        assert_eq!(exchanges[0].command, "cat <<END\na\nEND\nnot this");
        assert_eq!(exchanges[0].output, "a\n> output\n");
        assert_eq!((exchanges[0].status, exchanges[1].status), (0, 1));
        assert_eq!(text_of(&exchanges), TEXT);
    }

    #[test]
    fn a_recording_begins_with_a_command() {
        assert!(parse("output\n$ true\n").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn only_the_command_is_in_a_code_element() {
        let exchanges = parse("$ echo '<a>'\n<a>\n").unwrap();
        let html = figure(&exchanges, Exchange::html);
        assert_eq!(html.matches("<code").count(), 1);
        assert!(html.contains(">echo '&lt;a&gt;'</code>"), "{html}");
        assert!(html.contains("<samp>&lt;a&gt;</samp>"), "{html}");
    }

    #[test]
    fn what_nobody_shows_is_a_fault() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join(DIRECTORY);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("a.txt"), "$ true\n").unwrap();
        fs::write(directory.join("b.txt"), "$ true\n").unwrap();
        let (mut transcripts, _) = Transcripts::read(root.path()).unwrap();
        transcripts.html("a").unwrap();
        assert!(transcripts.html("c").is_err());
        let expected =
            "book/transcripts/b.txt:1: no page shows this transcript";
        assert_eq!(transcripts.unused()[0].to_string(), expected);
        assert_eq!(transcripts.unused().len(), 1);
    }
}
