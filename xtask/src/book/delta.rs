//! Deltas: what changed between two files, as a page shows it.

use std::fs;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::anchors::is_marker;
use super::html;

/// So many unchanged lines are shown around a change.
const AROUND: usize = 3;

/// What is new in `new`, compared to `old`, as a figure; both are paths from
/// `root`. Lines are marked by sign, and by element for the style sheet.
///
/// # Errors
/// If a file cannot be read, or nothing has changed.
pub(crate) fn html(
    root: &Path,
    old: &str,
    new: &str,
) -> Result<String, String> {
    let (before, after) = (read(root, old)?, read(root, new)?);
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = String::new();
    for (number, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if number > 0 {
            lines += &html::escape("  ⋯\n");
        }
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        lines.extend(changes.map(|change| line(change.tag(), change.value())));
    }
    if lines.is_empty() {
        return Err(format!("`{new}` is the same as `{old}`"));
    }
    let [old, new] = [old, new].map(html::escape);
    let caption = format!("{old} → {new}");
    let code = format!("<pre><code class=\"lang-rust\">{lines}</code></pre>");
    Ok(html::figure("delta", &caption, &code))
}

/// The text of a file, without the marks of anchors.
fn read(root: &Path, file: &str) -> Result<String, String> {
    let text = fs::read_to_string(root.join(file))
        .map_err(|error| format!("cannot read `{file}`: {error}"))?;
    let lines = text.lines().filter(|line| !is_marker(line));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

fn line(tag: ChangeTag, text: &str) -> String {
    match tag {
        ChangeTag::Equal => html::escape(&format!("  {text}")),
        ChangeTag::Insert => {
            format!("<ins>{}</ins>", html::escape(&format!("+ {text}")))
        }
        ChangeTag::Delete => {
            format!("<del>{}</del>", html::escape(&format!("- {text}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(old: &str, new: &str) -> Result<String, String> {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("old.rs"), old).unwrap();
        fs::write(root.path().join("new.rs"), new).unwrap();
        html(root.path(), "old.rs", "new.rs")
    }

    #[test]
    fn changes_have_signs_and_elements() {
        let html = delta("a\nb\n", "a\n// ANCHOR: c\nc<\n").unwrap();
        let expected = "  a&#10;<del>- b&#10;</del><ins>+ c&lt;&#10;</ins>";
        assert!(html.contains(expected), "{html}");
        assert!(!html.contains("ANCHOR"), "{html}");
    }

    #[test]
    fn lines_far_from_changes_are_left_out() {
        let long = "x\n".repeat(20);
        let old = format!("a\n{long}b\n");
        let new = format!("A\n{long}B\n");
        let html = delta(&old, &new).unwrap();
        assert_eq!(html.matches("  x").count(), 2 * AROUND);
        assert_eq!(html.matches('⋯').count(), 1);
    }

    #[test]
    fn no_change_is_an_error() {
        assert!(delta("a\n", "a\n").unwrap_err().contains("the same"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = html(Path::new("/nonexistent"), "a.rs", "b.rs");
        assert!(error.unwrap_err().contains("`a.rs`"));
    }
}
