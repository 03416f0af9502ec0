//! Figures of passes, and such with one fault each.

use super::super::{Linked, relatives};
use super::*;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The figure of `sq` with these panes.
fn sq(panes: &str) -> Result<String, String> {
    let words = format!("chapter1/programs/sq.ks sq: {panes}");
    let words: Vec<&str> = words.split(' ').collect();
    Linked::new(&words, |file| Ok(PathBuf::from(file)))?.html(&workspace())
}

#[test]
fn a_function_is_shown_after_passes() {
    let html = sq("text ir:mem2reg assembly:mem2reg").unwrap();
    assert!(html.contains("<p>IR after mem2reg</p>"), "{html}");
    assert!(html.contains("v3 = mul v0, v0"), "{html}");
    assert!(html.contains("<p>assembly, mem2reg</p>"), "{html}");
    assert!(!html.contains("load"), "{html}");
    let html = sq("ir:-O2 bytes:-O2").unwrap();
    assert!(html.contains("<p>bytes, -O2</p>"), "{html}");
}

#[test]
fn what_passes_have_left_is_linked_to_what_it_was() {
    let text = fs::read_to_string(workspace().join("chapter1/programs/sq.ks"));
    let compiled = Compiled::new(text.unwrap(), "sq").unwrap();
    let after = pane(&compiled, "ir", "mem2reg").unwrap();
    let panes = [pane::ir("IR", &compiled), after];
    let rows = |pane: &Pane| -> Vec<String> {
        let parts = pane.parts.iter();
        let texts = parts.map(|part| pane.text[part.range.clone()].trim());
        texts.map(str::to_owned).collect()
    };
    let all = [rows(&panes[0]), rows(&panes[1])].concat();
    let product = "v3 = mul v1, v2";
    let number = all.iter().position(|row| row == product).unwrap();
    let same = &relatives(&panes)[number].same;
    let same: Vec<&str> = same.iter().map(|&it| &*all[it]).collect();
    assert_eq!(same, ["v3 = mul v0, v0"]);
}

#[test]
fn unknown_passes_and_views_are_faults() {
    assert_eq!(sq("ir:magic").unwrap_err(), "there is no pass `magic`");
    let expected = "no pane `tree` after passes";
    assert_eq!(sq("tree:-O2").unwrap_err(), expected);
    assert_eq!(sq("ir:-O7").unwrap_err(), "there is no pass `-O7`");
}

/// What is new after one order has nothing to do with what is new after
/// another one, whatever its number.
#[test]
fn after_different_passes_only_what_is_old_is_linked() {
    let text = "def f(n) if n < 2 then n else f(n-1) + f(n-2)";
    let compiled = Compiled::new(text.to_owned(), "f").unwrap();
    let names = ["ir:mem2reg", "ir:-O2"].map(PathBuf::from);
    let panes = || {
        ["mem2reg", "-O2"].map(|order| pane(&compiled, "ir", order).unwrap())
    };
    let (before, mut after) = (panes(), panes());
    unlink_strangers(&mut after, &names, compiled.function());
    let count = |panes: &[Pane]| -> usize {
        panes.iter().map(|pane| pane.parts.len()).sum()
    };
    assert!(count(&after) < count(&before));
    let mut same = panes();
    unlink_strangers(&mut same[..1], &names[..1], compiled.function());
    assert_eq!(count(&same), count(&before));
}

#[test]
fn a_test_of_a_pass_is_shown_before_and_after() {
    let test = "a_branch_on_a_constant_becomes_a_jump";
    let html = before_and_after(&workspace(), "sccp", test).unwrap();
    assert!(html.contains("<p>before</p>"), "{html}");
    assert!(html.contains("<p>after</p>"), "{html}");
    assert!(html.contains("a branch on a constant becomes a jump"), "{html}");
    // A line of it is linked to the same line of the other.
    assert!(html.contains(">    v2 = const 1"), "{html}");
    assert_eq!(html.matches("v4 = ult v2, v3").count(), 1, "{html}");
    assert_eq!(html.matches("v4 = bconst true").count(), 1, "{html}");
}

#[test]
fn what_is_no_such_test_is_a_fault() {
    let root = tempfile::tempdir().unwrap();
    let fault =
        |test: &str| before_and_after(root.path(), "inline", test).unwrap_err();
    assert!(fault("a").contains("No such file"), "{}", fault("a"));
    let directory = root.path().join(PASSES).join("inline/snapshots");
    fs::create_dir_all(&directory).unwrap();
    let record = |text: &str| {
        let name = "chapter2__passes__inline__tests__a.snap";
        fs::write(directory.join(name), text).unwrap();
        fault("a")
    };
    assert!(record("---\n").ends_with("no `# before` and `# after` in it"));
    let text = record("---\n# before\nfunction\n\n# after it\nfunction\n");
    assert!(text.contains("expected"), "{text}");
    let text = record("# before\n\n\n# after it\n\n");
    assert!(text.ends_with("it has no function"), "{text}");
}
