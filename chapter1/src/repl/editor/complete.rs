//! The names that could stand where somebody is typing.

use crate::definitions::Definitions;
use crate::repl::{Chapter, Command, Takes};
use std::fs;
use std::sync::Arc;

const KEYWORDS: [&str; 10] = [
    "binary", "def", "else", "extern", "for", "if", "in", "then", "unary",
    "var",
];

/// Completes commands, names of functions and variables, keywords and paths.
pub(super) struct Completion {
    commands: Vec<(&'static str, Takes)>,
    /// The functions there are.
    pub(super) definitions: Arc<Definitions>,
}

impl Completion {
    pub(super) fn new<D: Chapter>(
        commands: impl Iterator<Item = &'static Command<D>>,
    ) -> Completion {
        let commands = commands.map(|command| (command.name, command.takes));
        Completion { commands: commands.collect(), definitions: Arc::default() }
    }

    /// Where the word that ends at an offset begins, and what it could
    /// become.
    pub(super) fn candidates(
        &self,
        line: &str,
        at: usize,
    ) -> (usize, Vec<String>) {
        let typed = &line[..at];
        let Some(command) = typed.strip_prefix(':') else {
            return self.names(line, typed, true);
        };
        let Some((name, argument)) = command.split_once(' ') else {
            let names = self.commands.iter().map(|(name, _)| (*name).into());
            return (1, matching(command, names));
        };
        let known = self.commands.iter().find(|known| known.0 == name);
        match known.map(|&(_, takes)| takes) {
            Some(Takes::File) => paths(typed, argument.trim_start()),
            Some(Takes::Name) => self.names("", typed, false),
            Some(Takes::Expression) => self.names(line, typed, true),
            Some(Takes::Nothing) | None => (at, Vec::new()),
        }
    }

    /// The names in `line` and those of functions that begin as `typed`
    /// ends; in a program, also keywords.
    fn names(
        &self,
        line: &str,
        typed: &str,
        in_program: bool,
    ) -> (usize, Vec<String>) {
        let is_part = |c: char| c.is_ascii_alphanumeric();
        let start = typed.rfind(|c| !is_part(c)).map_or(0, |last| {
            // The character before the word may have several bytes.
            typed.ceil_char_boundary(last + 1)
        });
        let word = &typed[start..];
        let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic());
        if in_program && !is_name {
            return (start, Vec::new());
        }
        let functions = self.definitions.names().into_iter();
        if !in_program {
            return (start, matching(word, functions));
        }
        // Operators are called by their characters.
        let functions = functions.filter(|name| name.chars().all(is_part));
        let keywords = KEYWORDS.map(String::from);
        let others = line[..start].split(|c| !is_part(c));
        let others = others
            .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
        let names = functions.chain(keywords).chain(others.map(String::from));
        (start, matching(word, names))
    }
}

fn matching(
    beginning: &str,
    names: impl Iterator<Item = String>,
) -> Vec<String> {
    let names = names.filter(|name| name.starts_with(beginning));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// The files whose paths begin with `path`, which `typed` ends with.
fn paths(typed: &str, path: &str) -> (usize, Vec<String>) {
    let (directory, beginning) = match path.rfind('/') {
        Some(slash) => path.split_at(slash + 1),
        None => ("", path),
    };
    let start = typed.len() - beginning.len();
    let place = if directory.is_empty() { "." } else { directory };
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| {
        let mut name = entry.file_name().into_string().ok()?;
        if name.starts_with('.') && !beginning.starts_with('.') {
            return None;
        }
        if entry.path().is_dir() {
            name.push('/');
        }
        Some(name)
    });
    (start, matching(beginning, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion() -> Completion {
        let definitions = Definitions::new([("sin".into(), 1)].into_iter());
        definitions.declare("single", 1);
        definitions.declare("binary|", 2);
        Completion {
            commands: vec![
                ("asm", Takes::Name),
                ("ast", Takes::Name),
                ("load", Takes::File),
                ("quit", Takes::Nothing),
                ("time", Takes::Expression),
            ],
            definitions: Arc::new(definitions),
        }
    }

    /// What a line, cut at `^`, can become.
    fn complete(line: &str) -> String {
        let at = line.find('^').unwrap_or(line.len());
        let line = line.replace('^', "");
        let (start, candidates) = completion().candidates(&line, at);
        format!("{start}: {}", candidates.join(" "))
    }

    #[test]
    fn functions_keywords_and_names_in_the_line_complete_a_word() {
        assert_eq!(complete("1 + si"), "4: sin single");
        assert_eq!(complete("el"), "0: else");
        assert_eq!(complete("def f(sides) si"), "13: sides sin single");
        assert_eq!(complete("1 + si^ + silly"), "4: sin single");
        assert_eq!(complete("é+si"), "3: sin single");
    }

    #[test]
    fn nothing_completes_nothing() {
        assert_eq!(complete(""), "0: ");
        assert_eq!(complete("1 + "), "4: ");
        assert_eq!(complete("12"), "0: ");
        assert_eq!(complete(":quit x"), "7: ");
        assert_eq!(complete(":what x"), "7: ");
    }

    #[test]
    fn commands_complete_and_so_do_their_arguments() {
        assert_eq!(complete(":a"), "1: asm ast");
        assert_eq!(complete(":"), "1: asm ast load quit time");
        assert_eq!(complete(":asm b"), "5: binary|");
        assert_eq!(complete(":asm "), "5: binary| sin single");
        assert_eq!(complete(":time si"), "6: sin single");
    }

    #[test]
    fn paths_complete_for_load() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::write(path.join("one.ks"), "").unwrap();
        fs::write(path.join("on the way.ks"), "").unwrap();
        fs::write(path.join(".hidden"), "").unwrap();
        fs::create_dir(path.join("other")).unwrap();
        let line = format!(":load {}/o", path.display());
        let start = line.len() - 1;
        let all = format!("{start}: on the way.ks one.ks other/");
        assert_eq!(complete(&line), all);
        let line = format!(":load {}/on the", path.display());
        assert_eq!(complete(&line), format!("{start}: on the way.ks"));
        let line = format!(":load {}/.", path.display());
        assert_eq!(complete(&line), format!("{start}: .hidden"));
        // No file is inside another.
        assert_eq!(complete(":load /dev/null/all"), "16: ");
    }
}
