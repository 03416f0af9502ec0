//! The corpus once more, through a pipe in pieces: how a program arrives
//! makes no difference to what it prints.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Run, Transcript, workspace_root};

/// How long the writer waits for a piece to be read, at most.
const PAUSE: Duration = Duration::from_millis(20);

/// Programs that are also sent byte by byte: comments, operators that other
/// items define, numbers, errors of many kinds, items without `;`.
const BYTE_BY_BYTE: [&str; 8] = [
    "comments",
    "error_bad_number",
    "error_character",
    "error_prototype",
    "error_recovery",
    "numbers",
    "precedence_user",
    "several_a_line",
];

/// The seeds from which the lengths of the pieces come.
const SEEDS: [u64; 2] = [1, 0x9e37_79b9];

/// The lengths of pieces: numbers up to `longest`, by a xorshift generator.
fn lengths(seed: u64, longest: u64) -> impl Iterator<Item = usize> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        1 + (state % longest) as usize
    })
}

/// Writes `text` in pieces of these lengths. If it is `patient`, each is
/// sent when the one before has been read.
fn feed(
    pipe: &mut ChildStdin,
    mut text: &[u8],
    mut lengths: impl Iterator<Item = usize>,
    patient: bool,
) -> io::Result<()> {
    while !text.is_empty() {
        let length = lengths.next().map_or(text.len(), |n| n.min(text.len()));
        let (piece, rest) = text.split_at(length);
        pipe.write_all(piece)?;
        text = rest;
        let start = Instant::now();
        while patient
            && start.elapsed() < PAUSE
            && rustix::io::ioctl_fionread(&*pipe)? > 0
        {
            thread::sleep(Duration::from_micros(20));
        }
    }
    Ok(())
}

fn run_pieces(
    text: &[u8],
    lengths: impl Iterator<Item = usize> + Send + 'static,
    patient: bool,
) -> Transcript {
    let text = text.to_owned();
    Run::new().feed(move |pipe| feed(pipe, &text, lengths, patient)).finish()
}

/// The corpus, as paths from the workspace's root.
fn programs() -> Vec<PathBuf> {
    let directory = Path::new("chapter1/programs");
    let entries = fs::read_dir(workspace_root().join(directory)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    let mut programs: Vec<PathBuf> = names
        .filter(|name| Path::new(name).extension() == Some(OsStr::new("ks")))
        .map(|name| directory.join(name))
        .collect();
    programs.sort();
    assert!(programs.len() > 30, "{programs:?}");
    programs
}

/// The messages and their places, without the source that they show: of a
/// line that has not come to its end, that is less.
fn messages(stderr: &str, name: &str) -> Vec<String> {
    let is_title = |line: &&str| {
        let starts = ["error", "warning"].map(|kind| line.starts_with(kind));
        starts.contains(&true) || line.trim_start().starts_with("--> ")
    };
    let lines = stderr.lines().filter(is_title);
    // The place is indented by the width of the greatest line number shown.
    lines.map(|line| line.trim_start().replace(name, "<stdin>")).collect()
}

/// Runs a program in the pieces that `run` makes of it, and as a file.
fn assert_same(path: &Path, run: impl FnOnce(&[u8]) -> Transcript) {
    let text = fs::read(workspace_root().join(path)).unwrap();
    let whole = Run::new().argument(path).finish();
    let pieces = run(&text);
    let name = path.to_str().unwrap();
    assert_eq!(pieces.stdout(), whole.stdout(), "{name}: {pieces}");
    assert_eq!(pieces.code(), whole.code(), "{name}: {pieces}");
    assert_eq!(
        messages(&pieces.stderr(), name),
        messages(&whole.stderr(), name),
        "{name}"
    );
}

#[test]
fn programs_may_arrive_in_pieces_with_pauses() {
    for path in programs() {
        for seed in SEEDS {
            assert_same(&path, |text| {
                run_pieces(text, lengths(seed, 30), true)
            });
        }
    }
}

#[test]
fn programs_may_arrive_in_pieces_without_pauses() {
    for path in programs() {
        for seed in SEEDS {
            assert_same(&path, |text| {
                run_pieces(text, lengths(seed, 100), false)
            });
        }
    }
}

#[test]
fn programs_may_arrive_byte_by_byte() {
    for name in BYTE_BY_BYTE {
        let path = format!("chapter1/programs/{name}.ks");
        assert_same(Path::new(&path), |text| {
            run_pieces(text, std::iter::repeat(1), true)
        });
    }
}

#[test]
fn an_operator_that_is_refused_in_pieces_stays_undefined() {
    let text = "def binary ^ 50 (a b) a\n + y; 1 ^ 2;\n";
    let whole = Run::new().input(text).finish();
    let pieces = run_pieces(text.as_bytes(), std::iter::repeat(1), true);
    let [whole, pieces] =
        [whole, pieces].map(|run| messages(&run.stderr(), "<stdin>"));
    assert_eq!(whole.len(), 4, "{whole:?}");
    assert_eq!(pieces, whole);
}

#[test]
fn messages_are_told_from_what_they_show() {
    let stderr = "error: no\n   --> a/b.ks:10:2\n   |\n10 | error\n";
    assert_eq!(messages(stderr, "a/b.ks"), ["error: no", "--> <stdin>:10:2"]);
}
