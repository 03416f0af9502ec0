//! Items without their bodies, and files without their items.

use std::path::Path;

use super::inventory::{self, Named};
use crate::book::excerpt::Excerpt;
use crate::book::html;

/// The item `name` of a file that holds `text`: signature and contract, with
/// its body, if it has one, to be unfolded. `up` leads from its page to the
/// book's root.
pub(crate) fn outline(
    file: &Path,
    text: &str,
    name: &str,
    up: &str,
) -> Result<String, String> {
    let items = inventory::items(text);
    let item = items.iter().find(|item| item.name == name);
    let item = item
        .ok_or_else(|| format!("`{}` has no item `{name}`", file.display()))?;
    let excerpt = Excerpt::new(file, text, item.lines.clone());
    let contract = html::documentation(&item.contract);
    let signature = html::code("rust", "", &signature(text, item));
    let whole = html::code("rust", "", excerpt.code());
    let body = match item.body {
        Some(_) => {
            format!("<details><summary>The body</summary>{whole}</details>")
        }
        None => String::new(),
    };
    let content =
        format!("{signature}<div class=\"contract\">{contract}</div>{body}");
    let caption = excerpt.caption(file, up);
    Ok(html::figure("listing outline", &caption, &content))
}

/// A table of files, each with what it says of itself. In narrow columns, a
/// path is broken at its slashes.
pub(crate) fn map(files: &[(&Path, &str)], up: &str) -> String {
    let rows = files.iter().map(|(file, text)| {
        let excerpt = Excerpt::new(file, text, 0..1);
        let purpose = inventory::purpose(text).unwrap_or_default();
        let purpose = html::with_code(&html::escape(&purpose));
        let path = file.to_string_lossy();
        let inside = path.split_once("/src/").map_or(&*path, |(_, it)| it);
        let shown = html::escape(inside).replace('/', "/<wbr>");
        let place = excerpt.link(file, &shown, up);
        format!("<tr><td><code>{place}</code></td><td>{purpose}</td></tr>")
    });
    let rows: String = rows.collect();
    format!("<table class=\"map\"><tbody>{rows}</tbody></table>\n")
}

/// The lines before the body, which ends with a brace; all of what has none.
fn signature(text: &str, item: &Named) -> String {
    let end = item.body.as_ref().map_or(item.lines.end, |body| body.start);
    let lines = text.lines().skip(item.lines.start);
    let lines: Vec<&str> = lines.take(end - item.lines.start).collect();
    let depth = lines[0].len() - lines[0].trim_start().len();
    let lines = lines.iter().map(|line| line.get(depth..).unwrap_or(""));
    let lines = lines.collect::<Vec<_>>().join("\n");
    match item.body {
        Some(_) => lines.trim_end_matches('{').trim_end().to_owned() + ";",
        None => lines,
    }
}
