//! Deltas: what changed between two files, or between two items, as a page
//! shows it.

use similar::{ChangeTag, TextDiff};

use super::anchors::is_marker;
use super::html;

/// So many unchanged lines of a file are shown around a change.
const AROUND: usize = 3;

/// What is compared.
pub(crate) struct Side {
    /// What it is called, as HTML.
    pub(crate) caption: String,
    pub(crate) text: String,
}

impl Side {
    /// A file of this text, without the marks of anchors.
    pub(crate) fn file(name: &str, text: &str) -> Side {
        let lines = text.lines().filter(|line| !is_marker(line));
        let text = lines.map(|line| format!("{line}\n")).collect();
        Side { caption: html::escape(name), text }
    }
}

/// What is new in a file, compared to an older one, as a figure: the changes,
/// and a few lines around each.
///
/// # Errors
/// If nothing has changed.
pub(crate) fn of_files(old: &Side, new: &Side) -> Result<String, String> {
    figure(old, new, AROUND)
}

/// What is new in an excerpt. All of its lines are shown.
///
/// # Errors
/// If nothing has changed.
pub(crate) fn of_excerpts(old: &Side, new: &Side) -> Result<String, String> {
    figure(old, new, old.text.lines().count())
}

/// Lines are marked by sign, and by element for the style sheet.
fn figure(old: &Side, new: &Side, around: usize) -> Result<String, String> {
    let diff = TextDiff::from_lines(&old.text, &new.text);
    let mut lines = String::new();
    for (number, group) in diff.grouped_ops(around).iter().enumerate() {
        if number > 0 {
            lines += &html::escape("  ⋯\n");
        }
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        lines.extend(changes.map(|change| line(change.tag(), change.value())));
    }
    let caption = format!("{} → {}", old.caption, new.caption);
    if lines.is_empty() {
        return Err(format!("nothing has changed: {caption}"));
    }
    let code = format!("<pre><code class=\"lang-rust\">{lines}</code></pre>");
    Ok(html::figure("delta", &caption, &code))
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

    fn sides(old: &str, new: &str) -> (Side, Side) {
        (Side::file("old.rs", old), Side::file("new.rs", new))
    }

    #[test]
    fn changes_have_signs_and_elements() {
        let (old, new) = sides("a\nb\n", "a\n// ANCHOR: c\nc<\n");
        let html = of_files(&old, &new).unwrap();
        let expected = "  a&#10;<del>- b&#10;</del><ins>+ c&lt;&#10;</ins>";
        assert!(html.contains(expected), "{html}");
        assert!(!html.contains("ANCHOR"), "{html}");
    }

    #[test]
    fn lines_of_a_file_far_from_changes_are_left_out() {
        let long = "x\n".repeat(20);
        let (old, new) =
            sides(&format!("a\n{long}b\n"), &format!("A\n{long}B\n"));
        let html = of_files(&old, &new).unwrap();
        assert_eq!(html.matches("  x").count(), 2 * AROUND);
        assert_eq!(html.matches('⋯').count(), 1);
    }

    #[test]
    fn an_excerpt_has_all_its_lines() {
        let long = "x\n".repeat(20);
        let (old, new) = sides(&format!("{long}a\n"), &format!("{long}A\n"));
        let html = of_excerpts(&old, &new).unwrap();
        assert_eq!(html.matches("  x").count(), 20);
        assert!(html.contains("old.rs → new.rs"), "{html}");
    }

    #[test]
    fn no_change_is_an_error() {
        let (old, new) = sides("a\n", "a\n");
        let error = of_files(&old, &new).unwrap_err();
        assert_eq!(error, "nothing has changed: old.rs → new.rs");
        assert!(of_excerpts(&old, &new).is_err());
    }
}
