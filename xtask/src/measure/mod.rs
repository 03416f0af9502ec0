//! `cargo xtask measure`: runs the benchmarks, and writes what they say into
//! the book's data files.

mod divan;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::book::{DATA, Measurement, Series, data_text};
use crate::test::cargo;

/// The benchmarks, each with its crate and a data file of its name.
const BENCHMARKS: [(&str, &str); 13] = [
    ("chapter1", "compile"),
    ("chapter1", "session"),
    ("chapter1", "enter"),
    ("chapter1", "process"),
    ("chapter1", "phases"),
    ("chapter1", "running"),
    ("chapter2", "against_c"),
    ("chapter2", "gains"),
    ("chapter2", "optimising"),
    ("chapter2", "optimised_process"),
    ("chapter2", "scaling"),
    ("chapter3", "stubs"),
    ("chapter3", "lazy_process"),
];

/// The names of the benchmarks.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BENCHMARKS.iter().map(|&(_, name)| name)
}

/// So often does each run. What is compared is taken from the same run.
const RUNS: usize = 5;

/// Measures `name`, and writes the data file.
pub(crate) fn measure(root: &Path, name: &str) -> Result<(), String> {
    let mut values: BTreeMap<String, Series> = BTreeMap::new();
    for run in 0..RUNS {
        eprintln!("{name}: run {} of {RUNS}", run + 1);
        for (name, unit, number) in numbers(&output(root, name)?) {
            let unit = unit.to_owned();
            let new = Series { unit, runs: Vec::new() };
            values.entry(name).or_insert(new).runs.push(number);
        }
    }
    if values.values().any(|series| series.runs.len() != RUNS) {
        return Err(format!("the runs of `{name}` have different numbers"));
    }
    if values.is_empty() {
        return Err(format!("`{name}` printed no number"));
    }
    let measurement = Measurement {
        machine: machine(),
        date: today()?,
        command: format!("cargo xtask measure {name}"),
        values,
    };
    let file = root.join(DATA).join(format!("{name}.json"));
    let directory = file.parent().expect("it is in one");
    let written = fs::create_dir_all(directory)
        .and_then(|()| fs::write(&file, data_text(&measurement)));
    written.map_err(|error| format!("{}: {error}", file.display()))
}

/// What a benchmark prints in one run.
fn output(root: &Path, name: &str) -> Result<String, String> {
    let of_name = |&&(_, other): &&(&str, &str)| other == name;
    let benchmark = BENCHMARKS.iter().find(of_name);
    let (chapter, _) = benchmark.ok_or(format!("no benchmark `{name}`"))?;
    let arguments = ["bench", "-p", chapter, "--bench", name];
    let output = cargo(root, &arguments)
        .args(["--", "--max-time", "0.5"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("the benchmark `{name}` failed")),
    }
}

/// The numbers in what a benchmark has printed: a table of times, and times
/// and sizes that stand in lines of their own.
fn numbers(output: &str) -> Vec<(String, &'static str, f64)> {
    let mut numbers = Vec::new();
    for (name, time) in divan::medians(output) {
        numbers.push((name, "ns", time));
    }
    for line in output.lines() {
        let Some(words) = line.strip_prefix("  ") else { continue };
        let Some((words, unit)) = words.trim_end().rsplit_once(' ') else {
            continue;
        };
        let Some((name, number)) = words.trim_end().rsplit_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse() else { continue };
        match unit {
            "KiB" => {
                let name = format!("resident.{}", divan::slug(name));
                numbers.push((name, "KiB", number));
            }
            "ns" => numbers.push((divan::slug(name), "ns", number)),
            _ => {}
        }
    }
    numbers
}

/// The processor and the system's kernel.
fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut models =
        processor.lines().filter(|it| it.starts_with("model name"));
    let model = models.next().and_then(|line| line.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model.trim());
    let threads = models.count() + 1;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease");
    let kernel = kernel.unwrap_or_default();
    let kernel = kernel.split(['-', '+']).next().unwrap_or_default().trim();
    format!("{model}, {threads} threads, Linux {kernel}")
}

/// The day, as `date` knows it.
fn today() -> Result<String, String> {
    let output = Command::new("date").arg("+%F").output();
    let output = output.map_err(|error| format!("cannot run date: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_benchmark_is_one_of_its_crate() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (chapter, name) in BENCHMARKS {
            let manifest = root.join(chapter).join("Cargo.toml");
            let manifest = fs::read_to_string(manifest).unwrap();
            let line = format!("[[bench]]\nname = \"{name}\"\n");
            assert!(manifest.contains(&line), "{chapter} has no {name}");
        }
    }

    #[test]
    fn lines_with_a_number_and_a_unit_are_read_besides_the_table() {
        let output = "peak resident size\n  one expression 4524 KiB\n\
                      \x20 mandelbrot generate code 109 ns\n\
                      process  fastest │ slowest │ median │ mean\n\
                      ╰─ a b   1 ms    │ 2 ms    │ 3 ms   │ 4 ms\n";
        let expected = [
            ("a_b".to_owned(), "ns", 3e6),
            ("resident.one_expression".to_owned(), "KiB", 4524.0),
            ("mandelbrot_generate_code".to_owned(), "ns", 109.0),
        ];
        assert_eq!(numbers(output), expected);
    }
}
