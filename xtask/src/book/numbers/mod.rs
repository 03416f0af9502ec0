//! Numbers: measured once, committed, printed by pages and claimed about.
//!
//! `book/data/NAME.json` holds what `cargo xtask measure NAME` has measured.
//! A page names a number by file and name, `compile.lower.666`; what stands
//! on the page is its median, and how it came to be is said on focus, and in
//! a footnote on paper.

mod expression;
mod loose;
mod quantity;

pub(crate) use loose::loose;
pub(crate) use quantity::{Quantity, Unit, shown};

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::html::escape;

/// Where data files are, from the workspace's root.
pub(crate) const DIRECTORY: &str = "book/data";

/// What one command has measured.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measurement {
    /// Processor and system.
    pub(crate) machine: String,
    /// The day, `2026-11-21`.
    pub(crate) date: String,
    /// What measures it again.
    pub(crate) command: String,
    /// By name.
    pub(crate) values: BTreeMap<String, Series>,
}

/// One number of each run.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Series {
    /// For example `ns`.
    pub(crate) unit: String,
    pub(crate) runs: Vec<f64>,
}

/// All data files.
pub(crate) struct Numbers {
    by_name: BTreeMap<String, Measurement>,
}

/// A number on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    /// What stands in the text.
    pub(crate) text: String,
    /// Where it is from, in a sentence.
    pub(crate) origin: String,
}

impl Numbers {
    /// Reads the data files of the workspace at `root`.
    pub(crate) fn read(root: &Path) -> io::Result<(Numbers, Vec<Fault>)> {
        let (mut by_name, mut faults) = (BTreeMap::new(), Vec::new());
        for file in files(root)? {
            let name = file.file_stem().expect("it has one").to_string_lossy();
            match parse(&fs::read_to_string(root.join(&file))?) {
                Ok(measurement) => {
                    by_name.insert(name.into_owned(), measurement);
                }
                Err(what) => faults.push(Fault::new(&file, 1, what)),
            }
        }
        Ok((Numbers { by_name }, faults))
    }

    /// What stands for `{{value …}}`.
    pub(crate) fn value(&self, words: &[&str]) -> Result<Shown, String> {
        let (value, place) = self.measured(words)?;
        let (least, most) = value.spread();
        let origin = format!(
            "Median of {} runs, from {least} to {most}; {place}",
            value.runs.len()
        );
        Ok(Shown { text: value.to_string(), origin })
    }

    /// What an expression has measured, and on which machine and day.
    pub(crate) fn measured(
        &self,
        words: &[&str],
    ) -> Result<(Quantity, String), String> {
        let mut used = Vec::new();
        let value = self.evaluate(words, &mut used)?;
        let Measurement { machine, date, .. } =
            used.first().ok_or("nothing in there has been measured")?;
        Ok((value, format!("{machine}; {date}")))
    }

    /// Whether the comparison in `{{claim …}}` holds.
    pub(crate) fn claim(&self, words: &[&str]) -> Result<(), String> {
        expression::holds(words, &mut |name| Ok(self.find(name)?.1))
    }

    fn evaluate<'n>(
        &'n self,
        words: &[&str],
        used: &mut Vec<&'n Measurement>,
    ) -> Result<Quantity, String> {
        let mut name_of_file = None;
        expression::value(words, &mut |name| {
            let (measurement, quantity) = self.find(name)?;
            let file = name.split('.').next().map(str::to_owned);
            if *name_of_file.get_or_insert(file.clone()) != file {
                return Err("two numbers of different runs".into());
            }
            used.push(measurement);
            Ok(quantity)
        })
    }

    fn find(&self, name: &str) -> Result<(&Measurement, Quantity), String> {
        let none = || format!("no data file has a number `{name}`");
        let (file, value) = name.split_once('.').ok_or_else(none)?;
        let measurement = self.by_name.get(file).ok_or_else(none)?;
        let Series { unit, runs } =
            measurement.values.get(value).ok_or_else(none)?;
        let mut quantity = Quantity::constant(1.0);
        quantity.runs = runs.clone();
        if unit != "1" {
            let known = quantity.with_unit(unit);
            quantity = known.ok_or_else(|| format!("no unit `{unit}`"))?;
        }
        Ok((measurement, quantity))
    }
}

impl Shown {
    /// The number as it stands in the text; the `index`th on its page.
    pub(crate) fn html(&self, index: usize) -> String {
        let Shown { text, origin } = self;
        let (text, origin) = (escape(text), escape(origin));
        format!(
            "<span class=\"number\" tabindex=\"0\" data-note=\"{origin}\" \
             aria-describedby=\"number-{index}\">{text}\
             <sup class=\"paper\">{index}</sup></span>"
        )
    }
}

/// The footnotes of a page's numbers: on paper they are read, on a screen
/// they are what a screen reader says.
pub(crate) fn footnotes(numbers: &[Shown]) -> String {
    if numbers.is_empty() {
        return String::new();
    }
    let notes = numbers.iter().zip(1..).map(|(number, index)| {
        let origin = escape(&number.origin);
        format!("<li id=\"number-{index}\">{origin}</li>")
    });
    let notes: String = notes.collect();
    format!("\n<ol class=\"numbers paper\">{notes}</ol>\n")
}

/// A data file's text.
pub(crate) fn text_of(measurement: &Measurement) -> String {
    let text = serde_json::to_string_pretty(measurement);
    text.expect("it is made of text and numbers") + "\n"
}

/// A data file from its text.
pub(crate) fn parse(text: &str) -> Result<Measurement, String> {
    let measurement: Measurement =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    match measurement.values.values().find(|series| series.runs.is_empty()) {
        Some(_) => Err("a number without a run".into()),
        None => Ok(measurement),
    }
}

fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let directory = root.join(DIRECTORY);
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        files.push(Path::new(DIRECTORY).join(entry?.file_name()));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A data file with a number `a` of three runs, and `b` of twice that.
    pub(crate) const DATA: &str = r#"{
        "machine": "A machine", "date": "2026-01-01", "command": "true",
        "values": {
            "a": { "unit": "µs", "runs": [1.0, 2.0, 4.0] },
            "b": { "unit": "µs", "runs": [2.0, 4.0, 8.0] }
        }
    }"#;

    fn numbers() -> Numbers {
        let one = parse(DATA).unwrap();
        let names = ["one", "two"].map(str::to_owned);
        Numbers { by_name: names.map(|name| (name, one.clone())).into() }
    }

    #[test]
    fn a_number_says_where_it_is_from() {
        let shown = numbers().value(&["one.b"]).unwrap();
        assert_eq!(shown.text, "4.0 µs");
        let origin = "Median of 3 runs, from 2.0 µs to 8.0 µs; A machine; \
                      2026-01-01";
        assert_eq!(shown.origin, origin);
    }

    #[test]
    fn numbers_of_different_runs_are_not_divided() {
        let numbers = numbers();
        assert_eq!(
            numbers.value(&["one.b", "/", "one.a"]).unwrap().text,
            "2.0"
        );
        assert!(numbers.value(&["one.b", "/", "two.a"]).is_err());
        assert!(numbers.value(&["2"]).is_err());
        assert!(numbers.value(&["one.c"]).is_err());
    }

    #[test]
    fn data_are_written_as_they_are_read() {
        let data = parse(DATA).unwrap();
        assert_eq!(parse(&text_of(&data)), Ok(data));
        assert!(parse(&DATA.replace("[1.0, 2.0, 4.0]", "[]")).is_err());
        assert!(parse(&DATA.replace("machine", "engine")).is_err());
    }
}
