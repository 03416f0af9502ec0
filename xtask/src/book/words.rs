//! Words that stand as code in sentences: names of ours, which somebody may
//! have changed since, or known to be somebody else's.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::anchors::is_marker;
use super::fault::Fault;

/// Words of others, a line each; what follows a `#` is a remark.
const FOREIGN: &str = "book/foreign.txt";

/// Where names of ours are from, and in which files.
const PLACES: [&str; 5] = ["", "xtask/src", "book", "book/transcripts", ".ci"];
const EXTENSIONS: [&str; 6] = ["rs", "ks", "toml", "ebnf", "snap", "txt"];

/// Shorter words are keywords, registers, variables: they prove nothing.
const SHORTEST: usize = 3;

/// The words that sentences may have as code.
pub(crate) struct Words {
    ours: HashSet<String>,
    /// Each with its line, until a page has used it.
    unused: Vec<(String, usize)>,
    foreign: HashSet<String>,
}

impl Words {
    /// Reads the files of the workspace at `root`.
    pub(crate) fn read(root: &Path) -> io::Result<Words> {
        let mut ours = HashSet::new();
        for place in PLACES {
            let is_deep = place == "xtask/src";
            collect(&root.join(place), is_deep, &mut ours)?;
        }
        for entry in fs::read_dir(root)? {
            let name = entry?.file_name();
            if name.to_string_lossy().starts_with("chapter") {
                collect(&root.join(name), true, &mut ours)?;
            }
        }
        let list = fs::read_to_string(root.join(FOREIGN)).unwrap_or_default();
        let lines = list.lines().enumerate().map(|(index, line)| {
            let word = line.split('#').next().unwrap_or_default();
            (word.trim().to_owned(), index + 1)
        });
        let unused: Vec<_> =
            lines.filter(|(word, _)| !word.is_empty()).collect();
        let foreign = unused.iter().map(|(word, _)| word.clone()).collect();
        Ok(Words { ours, unused, foreign })
    }

    /// The words of a page that nobody knows. Those in its own blocks of code
    /// are known, and nothing is asked of tables.
    pub(crate) fn unknown(
        &mut self,
        page: &str,
    ) -> Vec<(Range<usize>, String)> {
        let mut here = HashSet::new();
        let mut asked = Vec::new();
        let (mut in_block, mut in_table) = (false, false);
        let events = Parser::new_ext(page, Options::ENABLE_TABLES);
        for (event, range) in events.into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_block = true,
                Event::End(TagEnd::CodeBlock) => in_block = false,
                Event::Start(Tag::Table(_)) => in_table = true,
                Event::End(TagEnd::Table) => in_table = false,
                Event::Text(text) if in_block => {
                    here.extend(words(&text).map(str::to_owned));
                }
                // Directives that are shown are not ours to check.
                Event::Code(code) if !in_table && !code.contains("{{") => {
                    let words = words(&code).map(str::to_owned);
                    asked.extend(words.map(|word| (range.clone(), word)));
                }
                _ => {}
            }
        }
        asked.retain(|(_, word)| {
            self.unused.retain(|(unused, _)| unused != word);
            !(here.contains(word)
                || self.ours.contains(word)
                || self.foreign.contains(word))
        });
        asked
    }

    /// The words of others that no page has used.
    pub(crate) fn unused(&self) -> impl Iterator<Item = Fault> + '_ {
        self.unused.iter().map(|(word, line)| {
            let what = format!("no page has `{word}`");
            Fault::new(Path::new(FOREIGN), *line, what)
        })
    }
}

/// Adds the words of the files in a directory, and of their names.
fn collect(
    directory: &Path,
    is_deep: bool,
    found: &mut HashSet<String>,
) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        found.extend(words(&name.to_string_lossy()).map(str::to_owned));
        let is_text = path
            .extension()
            .is_some_and(|it| EXTENSIONS.iter().any(|known| it == *known));
        if entry.file_type()?.is_dir() {
            if is_deep {
                collect(&path, true, found)?;
            }
        } else if is_text && !path.ends_with(FOREIGN) {
            let text = fs::read_to_string(&path)?;
            let lines = text.lines().filter(|line| !is_marker(line));
            for line in lines {
                found.extend(words(line).map(str::to_owned));
            }
        }
    }
    Ok(())
}

/// What looks like a name.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(move |c| !is_part(c));
    words.filter(|word| {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        word.len() >= SHORTEST && !is_number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("chapter1/src");
        fs::create_dir_all(&source).unwrap();
        fs::create_dir_all(root.path().join("book")).unwrap();
        let text = "// ANCHOR: gone\nfn climb() {}\n// ANCHOR_END: gone\n";
        fs::write(source.join("parser.rs"), text).unwrap();
        fs::write(root.path().join(FOREIGN), "longjmp # C\nother\n").unwrap();
        root
    }

    fn unknown(words: &mut Words, page: &str) -> Vec<String> {
        words.unknown(page).into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn a_name_in_a_sentence_is_in_some_file() {
        let root = workspace();
        let mut words = Words::read(root.path()).unwrap();
        assert!(unknown(&mut words, "`climb()`, `parser.rs`, `x1`").is_empty());
        let page = "What `descend` does, and `x.gone()`.";
        assert_eq!(unknown(&mut words, page), ["descend", "gone"]);
    }

    #[test]
    fn a_pages_own_code_and_tables_are_left_alone() {
        let root = workspace();
        let mut words = Words::read(root.path()).unwrap();
        let page = "`mine`\n\n```text\nmine\n```\n\n| a |\n|---|\n| `LLVM` |\n";
        assert!(unknown(&mut words, page).is_empty());
    }

    #[test]
    fn a_word_of_others_is_listed_and_used() {
        let root = workspace();
        let mut words = Words::read(root.path()).unwrap();
        assert!(unknown(&mut words, "as `longjmp` does").is_empty());
        let unused: Vec<String> =
            words.unused().map(|fault| fault.to_string()).collect();
        assert_eq!(unused, ["book/foreign.txt:2: no page has `other`"]);
    }
}
