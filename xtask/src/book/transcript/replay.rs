//! Runs the commands of transcripts again: to compare, or to record.

use std::fs;
use std::path::{Path, PathBuf};

use super::binaries::Binaries;
use super::{Exchange, addresses};
use crate::book::fault::{self, Fault};
use crate::step::run_together;

/// Compares every recording of the workspace at `root` with what its commands
/// print now.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let binaries = Binaries::build(root)?;
    let mut faults = Vec::new();
    for_each(root, |file, recorded| {
        match differences(root, &binaries, recorded) {
            Ok(None) => {}
            Ok(Some((line, what))) | Err((line, what)) => {
                faults.push(Fault::new(file, line, what));
            }
        }
        Ok(())
    })?;
    fault::none_of(faults)?;
    Ok(String::new())
}

/// Records what the commands of every recording print now. A recording that
/// would differ in addresses alone stays as it is. Returns those changed.
pub(crate) fn bless(root: &Path) -> Result<Vec<PathBuf>, String> {
    bless_with(root, &Binaries::build(root)?)
}

fn bless_with(
    root: &Path,
    binaries: &Binaries,
) -> Result<Vec<PathBuf>, String> {
    let mut changed = Vec::new();
    for_each(root, |file, recorded| {
        let place = |what| Fault::new(file, 1, what).to_string();
        let now = record(root, binaries, recorded).map_err(place)?;
        let (old, new) = (super::text_of(recorded), super::text_of(&now));
        if super::parse(&new).as_ref() != Ok(&now) {
            return Err(place("output that begins like a command".to_owned()));
        }
        if addresses::normalised(&old) != addresses::normalised(&new) {
            fs::write(root.join(file), new)
                .map_err(|e| place(e.to_string()))?;
            changed.push(file.to_owned());
        }
        Ok(())
    })?;
    Ok(changed)
}

fn for_each(
    root: &Path,
    mut action: impl FnMut(&Path, &[Exchange]) -> Result<(), String>,
) -> Result<(), String> {
    for file in super::files(root).map_err(|error| error.to_string())? {
        let place = |what| Fault::new(&file, 1, what).to_string();
        let text = fs::read_to_string(root.join(&file))
            .map_err(|error| place(error.to_string()))?;
        let recorded = super::parse(&text).map_err(place)?;
        action(&file, &recorded)?;
    }
    Ok(())
}

/// The first line that a recording has different from what is printed now.
fn differences(
    root: &Path,
    binaries: &Binaries,
    recorded: &[Exchange],
) -> Result<Option<(usize, String)>, (usize, String)> {
    let now = record(root, binaries, recorded).map_err(|what| (1, what))?;
    let old = addresses::normalised(&super::text_of(recorded));
    let new = addresses::normalised(&super::text_of(&now));
    if old == new {
        return Ok(None);
    }
    let is_equal = |(old, new): &(&str, &str)| old == new;
    let pairs = old.lines().zip(new.lines());
    let line = pairs.take_while(is_equal).count();
    let shown = |text: &str| text.lines().nth(line).unwrap_or("").to_owned();
    let (old, new) = (shown(&old), shown(&new));
    let what = format!(
        "the command prints something else now\n    recorded: {old}\n    \
         printed:  {new}\n    `cargo xtask bless` records it"
    );
    Ok(Some((line + 1, what)))
}

/// The same commands with the answers they have now.
fn record(
    root: &Path,
    binaries: &Binaries,
    recorded: &[Exchange],
) -> Result<Vec<Exchange>, String> {
    let answer = |Exchange { command, .. }: &Exchange| {
        if shows_code(command) && !command.contains("--target-features") {
            let what = "shows code, but does not pin `--target-features`";
            return Err(format!("`{command}` {what}"));
        }
        let mut shell = binaries.shell(root, command)?;
        let (mut output, status) = run_together(&mut shell)
            .map_err(|error| format!("cannot run `{command}`: {error}"))?;
        if !output.is_empty() && !output.ends_with('\n') {
            output.push('\n');
        }
        let status = status.code().ok_or("ended by a signal")?;
        match status {
            124 => Err(format!("`{command}` takes more than a minute")),
            _ => Ok(Exchange { command: command.clone(), output, status }),
        }
    };
    recorded.iter().map(answer).collect()
}

/// Whether what a command prints depends on the processor's instructions.
fn shows_code(command: &str) -> bool {
    let shows = ["--emit asm", "--emit=asm", "--trace"];
    shows.iter().any(|option| command.contains(option))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::transcript::{DIRECTORY, parse};

    fn difference(text: &str) -> Option<(usize, String)> {
        let recorded = parse(text).unwrap();
        let none = Binaries::none();
        differences(Path::new("/"), &none, &recorded).unwrap_or_else(Some)
    }

    #[test]
    fn a_changed_message_is_a_fault_in_its_line() {
        let (line, what) = difference("$ echo a; echo b\na\nc\n").unwrap();
        assert_eq!(line, 3);
        assert!(what.contains("recorded: c\n    printed:  b"), "{what}");
    }

    #[test]
    fn a_line_too_few_a_stream_and_a_status_are_compared() {
        assert_eq!(difference("$ echo a; echo b\na\n").unwrap().0, 3);
        assert_eq!(difference("$ echo a >&2; exit 3\na\n").unwrap().0, 3);
        let all = "$ echo a >&2; exit 3\na\n[exit status: 3]\n";
        assert_eq!(difference(all), None);
    }

    #[test]
    fn addresses_may_differ_but_not_which_are_equal() {
        let command = "$ echo 0x7f0000000010 0x7f0000000020\n";
        let others = format!("{command}0x7f1111111110 0x7f1111111120\n");
        // Those of the command itself are addresses as well.
        let equal = format!("{command}0x7f0000000010 0x7f0000000010\n");
        assert!(difference(&others).is_some());
        assert!(difference(&equal).is_some());
        let command = "$ printf '0x7f%s 0x7f%s' 0000000010 0000000020\n";
        let others = format!("{command}0x7f1111111110 0x7f1111111120\n");
        let equal = format!("{command}0x7f1111111110 0x7f1111111110\n");
        assert_eq!(difference(&others), None);
        assert!(difference(&equal).is_some());
    }

    #[test]
    fn code_is_shown_for_stated_instructions_only() {
        let (_, what) = difference("$ true --emit asm\n").unwrap();
        assert!(what.contains("--target-features"), "{what}");
        assert_eq!(difference("$ true --emit asm --target-features=\n"), None);
    }

    #[test]
    fn blessing_records_what_changed_and_leaves_the_rest() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join(DIRECTORY);
        fs::create_dir_all(&directory).unwrap();
        let old = "$ printf '0x7f%s\\n' 0000000010\n0x7f2222222220\n";
        fs::write(directory.join("old.txt"), old).unwrap();
        fs::write(directory.join("new.txt"), "$ echo a\n").unwrap();
        let changed = bless_with(root.path(), &Binaries::none()).unwrap();
        assert_eq!(changed, [Path::new(DIRECTORY).join("new.txt")]);
        let text = |name| fs::read_to_string(directory.join(name)).unwrap();
        assert_eq!(text("new.txt"), "$ echo a\na\n");
        assert_eq!(text("old.txt"), old);
    }

    #[test]
    fn output_that_reads_like_a_command_is_not_recorded() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join(DIRECTORY);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("a.txt"), "$ echo '$ b'\n").unwrap();
        assert!(bless_with(root.path(), &Binaries::none()).is_err());
    }
}
