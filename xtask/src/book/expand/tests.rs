//! Pages with one fault each, and pages without.

use super::*;
use crate::book::numbers::{DIRECTORY as DATA, tests::DATA as NUMBERS};
use crate::book::transcript::DIRECTORY;
use std::fs;
use tempfile::TempDir;

/// A workspace with a chapter of one file and one transcript.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let source = "fn f() -> u8 {\n    // ANCHOR: one\n    1\n    \
                  // ANCHOR_END: one\n}\n";
    write("chapter1/src/lib.rs", source);
    // A reader has copied a starter: no page need show that.
    write("chapter1/exercises/one/yours.rs", source);
    write("chapter1/programs/a.ks", "# ANCHOR: a\n1\n# ANCHOR_END: a\n");
    write(&format!("{DIRECTORY}/hello.txt"), "$ echo hello\nhello\n");
    write(&format!("{DATA}/one.json"), NUMBERS);
    write("book/shown.toml", "\"chapter1/src/lib.rs\" = \"planned\"\n");
    root
}

/// A page that shows all there is.
const GOOD: &str = "\
# Title

```rust
{{#include ../../../chapter1/src/lib.rs:one}}
```

```kaleidoscope
{{#include ../../../chapter1/programs/a.ks:a}}
```

{{#transcript hello}}
";

/// The text of a page and its faults, when the page is all of the book.
fn expand(text: &str) -> (String, Vec<String>) {
    let root = workspace();
    let mut expander = Expander::new(root.path()).unwrap();
    let path = Path::new("book/src/chapter1/page.md");
    let expanded = expander.expand(Page { path, text });
    let Findings { faults, .. } = expander.finish();
    (expanded, faults.iter().map(Fault::to_string).collect())
}

/// The only fault of the good page with `text` at its end, from line 13 on.
fn fault(text: &str) -> String {
    let (_, faults) = expand(&format!("{GOOD}\n{text}"));
    let [fault] = &*faults else { panic!("not one fault: {faults:?}") };
    fault.clone()
}

#[test]
fn a_good_page_shows_excerpts_and_transcripts() {
    let (text, faults) = expand(GOOD);
    assert_eq!(faults, [""; 0]);
    assert!(text.starts_with("# Title\n\n<figure class=\"listing\">"));
    assert!(text.contains("../api/src/chapter1/lib.rs.html#3-3"), "{text}");
    assert!(text.contains("fn f() -&gt; u8 &#123;&#10;</span>"), "{text}");
    assert!(text.contains("<code class=\"lang-kaleidoscope\">1</code>"));
    assert!(text.contains("<samp>hello</samp>"), "{text}");
    assert!(!text.contains("{{#"), "{text}");
}

#[test]
fn an_anchor_that_does_not_exist_is_a_fault_of_the_page() {
    let include = "```rust\n{{#include ../../../chapter1/src/lib.rs:two}}\n```";
    let expected = "book/src/chapter1/page.md:13: \
                    `chapter1/src/lib.rs` has no anchor `two`";
    assert_eq!(fault(include), expected);
}

#[test]
fn a_file_that_does_not_exist_is_a_fault_of_the_page() {
    let include = "```rust\n{{#include ../../../chapter1/src/a.rs:one}}\n```";
    let expected = "book/src/chapter1/page.md:13: \
                    no chapter has a file `chapter1/src/a.rs`";
    assert_eq!(fault(include), expected);
    let include = "```rust\n{{#include ../../../../etc/passwd}}\n```";
    assert!(fault(include).ends_with("outside of the workspace"));
}

#[test]
fn an_anchor_that_no_page_shows_is_a_fault_of_its_file() {
    let (_, faults) = expand(&GOOD.replace("lib.rs:one", "lib.rs"));
    let expected = "chapter1/src/lib.rs:2: no page shows `one`";
    assert_eq!(faults, [expected]);
}

#[test]
fn anchors_of_a_chapter_without_pages_wait_for_them() {
    let (_, faults) = expand("# Title\n\n{{#transcript hello}}\n");
    assert_eq!(faults, [""; 0]);
}

#[test]
fn lines_by_number_are_refused() {
    let include = "```rust\n{{#include ../../../chapter1/src/lib.rs:1:2}}\n```";
    assert!(fault(include).ends_with("no anchor `1:2`"));
}

#[test]
fn a_transcript_that_does_not_exist_is_a_fault() {
    let expected = "book/src/chapter1/page.md:13: no transcript `bye`";
    assert_eq!(fault("{{#transcript bye}}"), expected);
}

#[test]
fn a_directive_that_nobody_knows_is_a_fault() {
    let expected = "book/src/chapter1/page.md:14: no directive `helper`";
    assert_eq!(fault("text\n`{{#helper}}`"), expected);
    assert!(fault("```text\n{{#helper}}\n```").ends_with("in a code block"));
    assert!(fault("{{#}}").ends_with("no directive ``"));
    assert!(fault("{{#playground a.rs}}").ends_with("`playground`"));
    assert!(fault("{{#transcript").ends_with("in `transcript`"));
}

#[test]
fn a_directive_in_the_wrong_place_is_a_fault() {
    assert!(fault("see {{#transcript hello}}").ends_with("shares its line"));
    let loose = "{{#include ../../../chapter1/src/lib.rs:one}}";
    assert!(fault(loose).ends_with("stands in a code block"));
    let block = format!("```rust\nlet a;\n{loose}\n```");
    assert!(fault(&block).ends_with("all that its code block holds"));
}

#[test]
fn loose_rust_is_a_fault() {
    let loose = fault("text\n\n```rust\nlet a = 1;\n```");
    let expected = "book/src/chapter1/page.md:15: Rust that is built nowhere";
    assert!(loose.starts_with(expected), "{loose}");
    assert!(fault("```rust,ignore\n1\n```").contains("built nowhere"));
    assert!(fault("```rust,sketch:\n1\n```").contains("built nowhere"));
}

#[test]
fn rust_behind_another_name_or_none_is_a_fault() {
    assert!(fault("```rs\n1\n```").ends_with("`rs` is known here"));
    assert!(fault("```\n1\n```").ends_with("`` is known here"));
    assert!(fault("text\n\n    let a = 1;\n").contains("indented code"));
    assert!(fault("```console\n$ a\n```").contains("`console`"));
}

#[test]
fn rust_with_a_reason_shows_it() {
    let sketch = "```rust,sketch: replaced below\nlet a = 1;\n```\n";
    let (text, faults) = expand(&format!("{GOOD}\n{sketch}"));
    assert_eq!(faults, [""; 0]);
    assert!(text.contains("Sketch: replaced below</figcaption>"), "{text}");
}

#[test]
fn an_escaped_directive_stays_for_mdbook() {
    let escaped = "`\\{{#include a.rs:b}}`\n";
    let (text, faults) = expand(&format!("{GOOD}\n{escaped}"));
    assert_eq!(faults, [""; 0]);
    assert!(text.ends_with(escaped), "{text}");
}

#[test]
fn an_excerpt_in_a_list_stays_in_it() {
    let page = GOOD.replace(
        "```rust\n{{#include ../../../chapter1/src/lib.rs:one}}\n```",
        "- a\n  ```rust\n  {{#include ../../../chapter1/src/lib.rs:one}}\n  \
         ```\n  b",
    );
    let (text, faults) = expand(&page);
    assert_eq!(faults, [""; 0]);
    assert!(text.contains("- a\n  <figure class=\"listing\">"), "{text}");
    assert!(text.contains("</figure>\n\n  b\n"), "{text}");
}

#[test]
fn a_number_stands_in_its_sentence_and_in_a_footnote() {
    let text = "It takes {{value one.a}}{{claim one.a < 2.1 µs}}.";
    let (text, faults) = expand(&format!("{GOOD}\n{text}\n"));
    assert_eq!(faults, [""; 0]);
    assert!(text.contains(">2.0 µs<sup class=\"paper\">1</sup></span>."));
    let note = "<li id=\"number-1\">Median of 3 runs, from 1.0 µs to 4.0 µs";
    assert!(text.contains(note), "{text}");
}

#[test]
fn a_false_claim_is_a_fault() {
    let expected = "book/src/chapter1/page.md:13: the claim \
                    `one.b / one.a < 1.9` is false";
    let fault = fault("so {{claim one.b / one.a < 1.9}}");
    assert!(fault.starts_with(expected), "{fault}");
}

#[test]
fn a_number_that_no_data_file_has_is_a_fault() {
    assert!(fault("{{value one.c}}").ends_with("has a number `one.c`"));
    assert!(fault("{{vale one.a}}").ends_with("no directive `vale`"));
}

#[test]
fn a_number_that_looks_measured_is_a_warning() {
    let text = "# Page\n\n3 ms, {{exact 4 ms}}, `5 ms`, {{value one.a}}\n";
    let root = workspace();
    let mut expander = Expander::new(root.path()).unwrap();
    expander.expand(Page { path: Path::new("book/src/page.md"), text });
    let warnings = expander.finish().warnings;
    let [warning] = &*warnings else { panic!("{warnings:?}") };
    let expected = "book/src/page.md:3: `3 ms` looks measured";
    assert!(warning.to_string().starts_with(expected), "{warning}");
}

#[test]
fn an_escaped_number_is_text() {
    let (text, faults) = expand(&format!("{GOOD}\n`\\{{{{value a}}}}`\n"));
    assert_eq!(faults, [""; 0]);
    assert!(text.ends_with("\n`{{value a}}`\n"), "{text}");
}

#[test]
fn long_excerpts_and_long_pages_are_warnings() {
    let root = workspace();
    let long = format!("fn f() {{\n{}}}\n", "    f();\n".repeat(200));
    fs::write(root.path().join("chapter1/src/lib.rs"), long).unwrap();
    let mut expander = Expander::new(root.path()).unwrap();
    let text = "# Page\n\n```rust\n{{#include ../../chapter1/src/lib.rs}}\n\
                ```\n";
    let text = &format!("{text}\n{}\n", "word ".repeat(2501));
    expander.expand(Page { path: Path::new("book/src/page.md"), text });
    let warnings = expander.finish().warnings;
    let warnings: Vec<_> = warnings.iter().map(Fault::to_string).collect();
    let expected = [
        "book/src/page.md:3: an excerpt of 202 lines",
        "book/src/page.md:1: a page of 202 lines of code",
        "book/src/page.md:1: a page of 2501 words",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn an_outline_and_a_map_stand_on_lines_of_their_own() {
    let text = "{{#outline ../../../chapter1/src/lib.rs:f}}\n\n\
                {{#map ../../../chapter1/src}}\n";
    let (text, faults) = expand(&format!("{GOOD}\n{text}"));
    assert_eq!(faults, [""; 0]);
    assert!(text.contains("<figure class=\"listing outline\">"), "{text}");
    assert!(text.contains("<table class=\"map\">"), "{text}");
    assert!(fault("{{#map ../../../chapter9}}").contains("no file is in"));
}

#[test]
fn a_trace_that_tells_something_unknown_is_a_fault() {
    let root = workspace();
    let trace = "$ true\n   state  `f` is asleep\n";
    fs::write(root.path().join(DIRECTORY).join("hello.txt"), trace).unwrap();
    let mut expander = Expander::new(root.path()).unwrap();
    let text = GOOD.replace("#transcript", "#stepper");
    let path = Path::new("book/src/chapter1/page.md");
    expander.expand(Page { path, text: &text });
    let faults = expander.finish().faults;
    let [fault] = &*faults else { panic!("not one fault: {faults:?}") };
    let expected = "book/src/chapter1/page.md:11: the trace has a change";
    assert!(fault.to_string().starts_with(expected), "{fault}");
}

#[test]
fn linked_views_are_of_a_function_in_a_file() {
    let root = workspace();
    let program = root.path().join("chapter1/programs/a.ks");
    fs::write(program, "# ANCHOR: a\ndef f(x) x\n# ANCHOR_END: a\n").unwrap();
    let mut expander = Expander::new(root.path()).unwrap();
    let path = Path::new("book/src/chapter1/page.md");
    let text = "{{#linked ../../../chapter1/programs/a.ks f}}\n\n\
                {{#linked ../../../chapter1/programs/a.ks g}}\n";
    let expanded =
        expander.expand(Page { path, text: &format!("{GOOD}{text}") });
    let faults = expander.finish().faults;
    let [fault] = &*faults else { panic!("not one fault: {faults:?}") };
    let expected = "book/src/chapter1/page.md:14: \
                    `chapter1/programs/a.ks`: no function `g`";
    assert_eq!(fault.to_string(), expected);
    assert!(expanded.contains("<figure class=\"linked\""), "{expanded}");
}

#[test]
fn what_is_folded_is_recorded() {
    assert!(fault("{{#predict bye What?}}").ends_with("transcript `bye`"));
    assert!(fault("{{#predict hello}}").ends_with("in `predict`"));
    assert!(fault("{{#stepper hello}}").ends_with("has no trace"));
    let page = GOOD.replace("#transcript hello", "#predict hello And what?");
    let (text, faults) = expand(&page);
    assert_eq!(faults, [""; 0]);
    assert!(text.contains("<summary>And what?</summary><figure"), "{text}");
    let (question, _) = text.split_once("<details class=\"predict\"").unwrap();
    assert!(question.contains("<pre class=\"command\">"), "{text}");
    assert!(!question.contains("<samp>"), "{text}");
}

#[test]
fn an_exercise_is_answered_and_ended() {
    assert!(fault("{{#exercise a}}").ends_with("has no `end`"));
    assert!(fault("{{#exercise a}}\n\n{{#end}}").contains("without an answer"));
}

/// A page's faults in a workspace with two figures and a pipeline.
fn drawn(page: &str) -> (String, Vec<String>) {
    let root = workspace();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let figure = "<svg viewBox=\"0 0 9 9\"><title>T</title><desc>D</desc>\
                  <rect id=\"r\" class=\"box\"/></svg>";
    write("book/figures/good.svg", figure);
    let mute = figure.replacen("<title>T</title>", "", 1);
    write("book/figures/mute.svg", &format!("\n{mute}"));
    let stages = "[stages.a]\npage = \"chapter1/page.md\"\nabout = \"A\"\n\
                  [chapters.chapter1]\naround = \"a\"\nrow = [\"a\"]\n\
                  over = \"a\"\n";
    write("book/pipeline.toml", stages);
    let text = &format!("{GOOD}\n{page}\n");
    write("book/src/chapter1/page.md", text);
    let mut expander = Expander::new(root.path()).unwrap();
    let path = Path::new("book/src/chapter1/page.md");
    let text = expander.expand(Page { path, text });
    let faults = expander.finish().faults;
    // That of the mute figure comes first, whoever shows it.
    let faults: Vec<_> = faults.iter().map(Fault::to_string).collect();
    assert_eq!(faults[0], "book/figures/mute.svg:2: a figure has a `title`");
    (text, faults[1..].to_vec())
}

#[test]
fn a_figure_stands_on_the_page_with_its_names() {
    let (text, faults) = drawn("{{#figure good}}\n\n{{#here a}}");
    assert_eq!(faults, [""; 0]);
    let expected = "aria-labelledby=\"figure-good-title\" \
                    aria-describedby=\"figure-good-desc\">\
                    <title id=\"figure-good-title\">T</title>";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("<rect id=\"figure-good-r\""), "{text}");
    assert!(text.contains("<figcaption>T</figcaption>"), "{text}");
    assert!(text.contains("<nav class=\"here\""), "{text}");
}

#[test]
fn a_figure_that_is_not_there_or_there_twice_is_a_fault() {
    let none = "book/src/chapter1/page.md:13: no figure \
                `book/figures/none.svg`";
    assert_eq!(drawn("{{#figure none}}").1, [none]);
    let twice = "book/src/chapter1/page.md:15: the page has the figure \
                 `good` already";
    assert_eq!(drawn("{{#figure good}}\n\n{{#figure good}}").1, [twice]);
    assert_eq!(drawn("{{#figure mute}}").1, [""; 0]);
}

#[test]
fn a_stage_that_nobody_knows_is_a_fault() {
    let unknown = "book/src/chapter1/page.md:13: the chapter has no stage \
                   `b`, only a, a, a";
    assert_eq!(drawn("{{#here b}}").1, [unknown]);
}

#[test]
fn a_delta_of_excerpts_counts_as_showing_them() {
    let page = GOOD.replace("a.ks:a", "b.ks:b").replace(
        "{{#transcript",
        "{{#delta ../../../chapter1/programs/a.ks:a \
         ../../../chapter1/programs/b.ks:b}}\n\n{{#transcript",
    );
    let root = workspace();
    let text = "# ANCHOR: b\n1\n2\n# ANCHOR_END: b\n";
    fs::write(root.path().join("chapter1/programs/b.ks"), text).unwrap();
    let mut expander = Expander::new(root.path()).unwrap();
    let path = Path::new("book/src/chapter1/page.md");
    let expanded = expander.expand(Page { path, text: &page });
    let faults = expander.finish().faults;
    assert!(faults.is_empty(), "{}", faults[0]);
    let expected = "  1&#10;<ins>+ 2&#10;</ins>";
    assert!(expanded.contains(expected), "{expanded}");
    assert!(expanded.contains("a.ks → chapter1/programs/b.ks"), "{expanded}");
}

#[test]
fn a_delta_of_a_file_and_an_anchor_is_a_fault() {
    let fault = fault(
        "{{#delta ../../../chapter1/programs/a.ks \
         ../../../chapter1/programs/a.ks:a}}",
    );
    assert!(fault.contains("of two files, or of two anchors"), "{fault}");
}

#[test]
fn a_delta_of_files_names_the_one_that_is_missing() {
    let fault = fault(
        "{{#delta ../../../chapter1/src/lib.rs ../../../chapter2/src/lib.rs}}",
    );
    assert!(fault.contains("no chapter has `chapter2/src/lib.rs`"), "{fault}");
}
