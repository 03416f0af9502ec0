//! Anchors: the parts of a source file that a page can include by name.
//!
//! A part begins after a line `// ANCHOR: name` and ends before a line
//! `// ANCHOR_END: name`; in Kaleidoscope the comment sign is `#`. mdBook
//! itself is content with less: it shows nothing for an anchor that is
//! missing, and the rest of the file for one without an end.

use std::ops::Range;
use std::path::Path;

use super::fault::Fault;

/// A named part of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Anchor {
    /// Its name, one of a kind in the file.
    pub(crate) name: String,
    /// Its lines, counted from 0, without those that mark it.
    pub(crate) lines: Range<usize>,
}

/// The anchors of `text`, which is what `file` holds, in its order; and what
/// is wrong with others.
pub(crate) fn anchors(file: &Path, text: &str) -> (Vec<Anchor>, Vec<Fault>) {
    let mut reader =
        Reader { file, anchors: Vec::new(), faults: Vec::new(), open: None };
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        reader.read(number, line);
    }
    reader.forget_open();
    let is_blank = |anchor: &Anchor| {
        lines[anchor.lines.clone()].iter().all(|line| line.trim().is_empty())
    };
    for anchor in reader.anchors.iter().filter(|anchor| is_blank(anchor)) {
        let what = format!("the anchor `{}` is empty", anchor.name);
        reader.faults.push(Fault::new(file, anchor.lines.start, what));
    }
    (reader.anchors, reader.faults)
}

/// Whether a line marks an anchor, and so is shown nowhere.
pub(crate) fn is_marker(line: &str) -> bool {
    line.contains("ANCHOR:") || line.contains("ANCHOR_END:")
}

struct Reader<'a> {
    file: &'a Path,
    anchors: Vec<Anchor>,
    faults: Vec<Fault>,
    /// The anchor that has begun, and the line of its beginning.
    open: Option<(&'a str, usize)>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, number: usize, line: &'a str) {
        if !is_marker(line) {
            return;
        }
        let comment = line.trim().trim_start_matches(['/', '#']).trim_start();
        if comment.len() == line.trim().len() {
            self.fault(number, "a marker of an anchor stands alone");
        } else if let Some(name) = comment.strip_prefix("ANCHOR: ") {
            self.begin(number, name);
        } else if let Some(name) = comment.strip_prefix("ANCHOR_END: ") {
            self.end(number, name);
        } else {
            self.fault(number, "not the form `// ANCHOR: name`");
        }
    }

    fn begin(&mut self, number: usize, name: &'a str) {
        if let Some((outer, _)) = self.open {
            let what = format!("anchors do not nest, `{outer}` is open");
            self.fault(number, what);
        }
        if self.anchors.iter().any(|anchor| anchor.name == name) {
            self.fault(number, format!("there is another anchor `{name}`"));
        }
        self.open = Some((name, number));
    }

    fn end(&mut self, number: usize, name: &str) {
        match self.open.take() {
            Some((open, start)) if open == name => {
                let (name, lines) = (name.to_owned(), start + 1..number);
                self.anchors.push(Anchor { name, lines });
            }
            open => {
                self.open = open;
                self.fault(number, format!("no anchor `{name}` is open"));
            }
        }
    }

    fn forget_open(&mut self) {
        if let Some((name, number)) = self.open.take() {
            self.fault(number, format!("the anchor `{name}` has no end"));
        }
    }

    fn fault(&mut self, number: usize, what: impl Into<String>) {
        self.faults.push(Fault::new(self.file, number + 1, what));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let (_, faults) = anchors(Path::new("a.rs"), text);
        faults.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn an_anchor_has_the_lines_between_its_marks() {
        let text = "x\n  // ANCHOR: f\na\nb\n// ANCHOR_END: f\n\
                    # ANCHOR: g\nc\n# ANCHOR_END: g\n";
        let (found, faults) = anchors(Path::new("a.rs"), text);
        let named = |name: &str, lines| Anchor { name: name.into(), lines };
        assert_eq!(found, [named("f", 2..4), named("g", 6..7)]);
        assert!(faults.is_empty());
    }

    #[test]
    fn an_anchor_without_an_end_is_a_fault_where_it_begins() {
        let expected = "a.rs:2: the anchor `f` has no end";
        assert_eq!(faults("x\n// ANCHOR: f\na\n"), [expected]);
    }

    #[test]
    fn an_end_without_a_beginning_is_a_fault() {
        let expected = "a.rs:1: no anchor `f` is open";
        assert_eq!(faults("// ANCHOR_END: f\n"), [expected]);
        let text = "// ANCHOR: g\na\n// ANCHOR_END: f\n";
        let expected = [
            "a.rs:3: no anchor `f` is open",
            "a.rs:1: the anchor `g` has no end",
        ];
        assert_eq!(faults(text), expected);
    }

    #[test]
    fn a_second_anchor_of_the_same_name_is_a_fault() {
        let one = "// ANCHOR: f\na\n// ANCHOR_END: f\n";
        let expected = "a.rs:4: there is another anchor `f`";
        assert_eq!(faults(&one.repeat(2)), [expected]);
    }

    #[test]
    fn an_anchor_in_an_anchor_is_a_fault() {
        let text = "// ANCHOR: f\n// ANCHOR: g\na\n// ANCHOR_END: g\n";
        let expected = "a.rs:2: anchors do not nest, `f` is open";
        assert_eq!(faults(text), [expected]);
    }

    #[test]
    fn an_anchor_around_nothing_is_a_fault() {
        let text = "// ANCHOR: f\n  \n// ANCHOR_END: f\n";
        assert_eq!(faults(text), ["a.rs:1: the anchor `f` is empty"]);
    }

    #[test]
    fn marks_that_mdbook_would_take_for_anchors_are_faults() {
        let alone = "a.rs:1: a marker of an anchor stands alone";
        assert_eq!(faults("let a = 1; // ANCHOR: f\n"), [alone]);
        let form = "a.rs:1: not the form `// ANCHOR: name`";
        assert_eq!(faults("// ANCHOR:f\n"), [form]);
        assert_eq!(faults("// see ANCHOR: f\n"), [form]);
    }
}
