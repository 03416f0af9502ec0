//! Plots of a data file with two numbers, and some that cannot be drawn.

use super::*;
use crate::book::numbers::DIRECTORY as DATA;
use crate::book::numbers::tests::DATA as NUMBERS;
use std::fs;

const GOOD: &str = r#"title = "A & B"
desc = "Two lines"
kind = "lines"
log = true
values = "time"
places = "size"
at = ["1", "10"]
[[series]]
name = "one"
values = ["one.a", "one.b"]
[[series]]
name = "two"
values = ["one.b", "one.b - one.a / 2"]
"#;

fn plot(text: &str) -> Result<Plot, Wrong> {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join(DATA)).unwrap();
    fs::write(root.path().join(DATA).join("one.json"), NUMBERS).unwrap();
    let (numbers, faults) = Numbers::read(root.path()).unwrap();
    assert_eq!(faults, []);
    read("p-", text, &numbers)
}

fn wrong(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    let (line, what) = plot(&GOOD.replacen(old, new, 1)).err().unwrap();
    format!("{line}: {what}")
}

#[test]
fn a_plot_has_classes_and_no_colours_and_is_always_the_same() {
    let Plot { drawing, origin, table } = plot(GOOD).unwrap();
    assert_eq!(drawing.title, "A & B");
    let content = &drawing.content;
    for hue in ["a", "b"] {
        let line = format!("<polyline class=\"{hue} line thick\" points=");
        assert!(content.contains(&line), "{content}");
        let dot = format!("<circle class=\"{hue} bar\" ");
        assert_eq!(content.matches(&dot).count(), 2, "{content}");
    }
    assert!(!content.contains("fill="), "{content}");
    assert!(content.contains(">10 µs</text>"), "{content}");
    let expected = "Medians of 3 runs, which are between 0.50 and 2.00 times \
                    the median; A machine; 2026-01-01";
    assert_eq!(origin.origin, expected);
    let cell = "<td>3.0 µs <small>(1.5 µs to 6.0 µs)</small></td>";
    assert!(table.contains(cell), "{table}");
    assert_eq!(plot(GOOD).unwrap().drawing.content, *content);
}

#[test]
fn bars_are_as_long_as_their_numbers() {
    let linear = GOOD.replace("log = true\n", "");
    let stacked = linear.replace("lines", "stacked");
    let content = plot(&stacked).unwrap().drawing.content;
    let width = |hue: &str| {
        let bar = format!("<rect class=\"{hue} bar\" ");
        let bars = content.split(&bar).skip(2);
        let widths = bars.map(|bar| {
            let (_, width) = bar.split_once("width=\"").unwrap();
            width.split('"').next().unwrap().parse::<f64>().unwrap()
        });
        widths.collect::<Vec<_>>()
    };
    let (a, b) = (width("a"), width("b"));
    assert_eq!((a.len(), b.len()), (2, 2), "{content}");
    // 2 and 4 µs, 4 and 3 µs.
    for (width, times) in [(a[1], 2.0), (b[0], 2.0), (b[1], 1.5)] {
        assert!((width / a[0] - times).abs() < 0.05, "{content}");
    }
    // The sums stand at the ends of the rows.
    assert!(content.contains(">6.0 µs</text>"), "{content}");
    assert!(content.contains(">7.0 µs</text>"), "{content}");
}

#[test]
fn a_number_that_no_data_file_has_is_wrong() {
    let expected = "10: no data file has a number `one.c`";
    assert_eq!(wrong("\"one.a\", ", "\"one.c\", "), expected);
    assert!(wrong("one.a\", ", "2\", ").contains("has been measured"));
    assert!(wrong("one.a\", ", "one.a / one.b\", ").contains("units"));
}

#[test]
fn what_cannot_be_drawn_is_wrong() {
    assert!(wrong("\"lines\"", "\"cake\"").starts_with("3: unknown variant"));
    assert!(wrong("\"lines\"", "\"bars\"").contains("one series"));
    assert!(wrong("\"lines\"", "\"stacked\"").contains("no sum"));
    assert!(wrong("[\"1\", \"10\"]", "[\"1\"]").contains("each place"));
    assert!(wrong("\"10\"]", "\"ten\"]").contains("are positive"));
    assert!(wrong("[\"1\",", "[\"0\",").contains("are positive"));
    assert!(wrong("one.b - one.a / 2", "one.a - one.b").contains("positive"));
    assert!(wrong("\"Two lines\"", "\" \"").contains("have names"));
    let claim = "claims = [\"one.a > one.b\"]\nkind";
    assert!(wrong("kind", claim).starts_with("3: the claim `one.a >"));
    assert!(wrong("desc = \"Two lines\"\n", "").contains("`desc`"));
}
