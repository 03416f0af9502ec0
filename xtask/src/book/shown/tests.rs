//! A list and a page, with one fault each.

use super::*;
use std::fs;
use tempfile::TempDir;

const SOURCE: &str = "\
//! Adds.

// ANCHOR: add
fn add(a: u8, b: u8) -> u8 {
    a + b
}
// ANCHOR_END: add

/// Subtracts.
pub fn sub(a: u8, b: u8) -> u8 {
    a - b
}
";

/// A workspace with one file, and `list` as its list.
fn workspace(list: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("chapter1/src")).unwrap();
    fs::create_dir_all(root.path().join("book")).unwrap();
    fs::write(root.path().join("chapter1/src/a.rs"), SOURCE).unwrap();
    fs::write(root.path().join(FILE), list).unwrap();
    root
}

/// The faults, when a page shows `add`.
fn faults(list: &str, seen: &Seen) -> Vec<String> {
    let root = workspace(list);
    let (mut sources, _) = Sources::read(root.path()).unwrap();
    sources.part(Path::new("chapter1/src/a.rs"), Some("add")).unwrap();
    let (_, faults) = check(root.path(), &sources, seen);
    faults.iter().map(Fault::to_string).collect()
}

fn only_fault(list: &str) -> String {
    let faults = faults(list, &Seen::default());
    let [fault] = &*faults else { panic!("not one fault: {faults:?}") };
    fault.clone()
}

const PARTS: &str = "[\"chapter1/src/a.rs\"]\nclass = \"told\"\n";

#[test]
fn a_file_that_the_list_forgets_is_a_fault() {
    let expected = "chapter1/src/a.rs:1: book/shown.toml does not say how \
                    this file is shown";
    assert_eq!(only_fault(""), expected);
}

#[test]
fn a_told_item_that_no_page_tells_is_a_fault_in_its_line() {
    let expected = "chapter1/src/a.rs:10: no page tells this line of `sub`";
    assert_eq!(only_fault("\"chapter1/src/a.rs\" = \"told\""), expected);
}

#[test]
fn an_outlined_item_stands_on_a_page() {
    let list = format!("{PARTS}sub = \"outlined\"\n");
    let expected = "chapter1/src/a.rs:10: no page outlines `sub`";
    assert_eq!(only_fault(&list), expected);
    let mut seen = Seen::default();
    seen.outlines.insert(("chapter1/src/a.rs".into(), "sub".into()));
    assert_eq!(faults(&list, &seen), [""; 0]);
}

#[test]
fn a_mapped_file_stands_on_a_page() {
    let list = "\"chapter1/src/a.rs\" = \"mapped\"";
    let expected = "chapter1/src/a.rs:1: no page maps this file";
    assert_eq!(only_fault(list), expected);
    let mut seen = Seen::default();
    seen.maps.insert("chapter1/src/a.rs".into());
    assert_eq!(faults(list, &seen), [""; 0]);
}

#[test]
fn the_list_names_only_what_there_is() {
    let planned = "\"chapter1/src/a.rs\" = \"planned\"\n";
    let expected = "book/shown.toml:2: there is no `chapter1/src/b.rs`";
    let gone = format!("{planned}\"chapter1/src/b.rs\" = \"planned\"\n");
    assert_eq!(only_fault(&gone), expected);
    let list = format!("{PARTS}sub = \"planned\"\n\"C::d\" = \"told\"\n");
    let expected = "book/shown.toml:4: `chapter1/src/a.rs` has no item `C::d`";
    assert_eq!(only_fault(&list), expected);
}

#[test]
fn what_is_planned_is_counted() {
    let root = workspace("\"chapter1/src/\" = \"planned\"");
    let (sources, _) = Sources::read(root.path()).unwrap();
    let (counts, faults) = check(root.path(), &sources, &Seen::default());
    assert_eq!(faults, []);
    let counts = counts.to_string();
    assert!(counts.ends_with("2 are not yet shown"), "{counts}");
}

#[test]
fn an_outline_has_signature_contract_and_body() {
    let file = Path::new("chapter1/src/a.rs");
    let html = outline(file, SOURCE, "sub", "../").unwrap();
    assert!(html.contains("pub fn sub(a: u8, b: u8) -&gt; u8;</code>"));
    assert!(
        html.contains("<div class=\"contract\"><p>Subtracts.</p></div>"),
        "{html}"
    );
    assert!(html.contains("<details>"), "{html}");
    assert!(outline(file, SOURCE, "mul", "").is_err());
}

#[test]
fn a_map_has_the_files_own_words() {
    let html = map(&[(Path::new("chapter1/src/a.rs"), SOURCE)], "../");
    assert!(html.contains("<td>Adds.</td>"), "{html}");
}
