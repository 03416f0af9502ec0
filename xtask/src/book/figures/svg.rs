//! Drawings by hand: an SVG file, checked against the style that all have,
//! and written into a page.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

use super::super::html::escape;

/// A figure, ready for a page.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub(super) title: String,
    pub(super) desc: String,
    /// Its size, in the units of its coordinates, which are pixels.
    pub(super) width: f64,
    pub(super) height: f64,
    /// What stands between `<svg …>` and `</svg>`, on one line.
    pub(super) content: String,
}

/// What is wrong with a drawing, and in which line.
pub(super) type Wrong = (usize, String);

/// What drawings consist of. Nothing here loads or runs anything.
const ELEMENTS: [&str; 14] = [
    "svg", "title", "desc", "g", "rect", "circle", "ellipse", "line",
    "polyline", "polygon", "path", "text", "tspan", "use",
];

/// The style's classes: `theme/book.css` says how each looks.
pub(super) const CLASSES: [&str; 18] = [
    "box", "line", "dash", "thick", "quiet", "code", "small", "strong",
    "middle", "end", "plain", "bar", "grid", "a", "b", "c", "d", "e",
];

/// What has a colour: a class gives it.
const COLOURS: [&str; 6] =
    ["fill", "stroke", "color", "stop-color", "flood-color", "style"];

/// The smallest size of text, in pixels.
const LEGIBLE: f64 = 12.0;

/// As wide as the text of a page. Something wider would be scaled down.
const WIDEST: f64 = 700.0;

/// Arrowheads, which every drawing can use as `url(#arrow)`.
const ARROWS: [(&str, &str); 5] = [
    ("arrow", ""),
    ("arrow-quiet", "quiet"),
    ("arrow-a", "a"),
    ("arrow-b", "b"),
    ("arrow-d", "d"),
];

/// Reads a drawing. Its names get `prefix` on a page.
///
/// # Errors
/// All that the style forbids.
pub(super) fn read(prefix: &str, text: &str) -> Result<Drawing, Vec<Wrong>> {
    let document = Document::parse(text).map_err(|error| {
        vec![(error.pos().row as usize, format!("no SVG: {error}"))]
    })?;
    let mut check = Check::new(&document);
    let root = document.root_element();
    for node in root.descendants().filter(Node::is_element) {
        check.element(node);
    }
    let title = check.text_of(root, "title");
    let desc = check.text_of(root, "desc");
    let (width, height) = check.size(root);
    match check.wrong.is_empty() {
        true => Ok(Drawing {
            title,
            desc,
            width,
            height,
            content: content(prefix, root),
        }),
        false => Err(check.wrong),
    }
}

struct Check<'d> {
    document: &'d Document<'d>,
    ids: BTreeSet<&'d str>,
    wrong: Vec<Wrong>,
}

impl<'d> Check<'d> {
    fn new(document: &'d Document<'d>) -> Check<'d> {
        let mut check =
            Check { document, ids: BTreeSet::new(), wrong: Vec::new() };
        for node in document.descendants() {
            if let Some(id) = node.attribute("id")
                && !check.ids.insert(id)
            {
                check.wrong(node, format!("the id `{id}` stands here twice"));
            }
        }
        check
    }

    fn wrong(&mut self, node: Node, what: impl Into<String>) {
        let at = self.document.text_pos_at(node.range().start);
        self.wrong.push((at.row as usize, what.into()));
    }

    fn element(&mut self, node: Node) {
        let name = node.tag_name().name();
        if !ELEMENTS.contains(&name) {
            self.wrong(node, format!("a figure has no `{name}`"));
        }
        for attribute in node.attributes() {
            if let Err(what) =
                self.attribute(attribute.name(), attribute.value())
            {
                self.wrong(node, what);
            }
        }
    }

    fn attribute(&self, name: &str, value: &str) -> Result<(), String> {
        if COLOURS.contains(&name) && !["none", "currentColor"].contains(&value)
        {
            return Err(format!(
                "`{name}=\"{value}\"` is the same in light and dark: a class \
                 gives the colour"
            ));
        }
        if name.starts_with("on") {
            return Err(format!("`{name}` runs a script"));
        }
        if name == "transform" && value.contains("scale") {
            return Err("what is scaled has no size to be checked".into());
        }
        if name == "font-size" {
            let size = value.trim_end_matches("px").parse::<f64>();
            if size.is_ok_and(|size| size >= LEGIBLE) {
                return Ok(());
            }
            return Err(format!("text of size {value} is not legible"));
        }
        if name == "class" {
            let mut classes = value.split_whitespace();
            return match classes.find(|class| !CLASSES.contains(class)) {
                Some(class) => Err(format!("the style has no `{class}`")),
                None => Ok(()),
            };
        }
        let reference = match name {
            "href" => Some(value),
            _ => value.split_once("url(").map(|(_, rest)| rest),
        };
        reference.map_or(Ok(()), |reference| self.reference(reference))
    }

    /// Whether a drawing has what it refers to.
    fn reference(&self, reference: &str) -> Result<(), String> {
        let reference = reference.trim_end_matches(')');
        let id = reference
            .strip_prefix('#')
            .ok_or_else(|| format!("`{reference}` is outside of the figure"))?;
        let is_arrow = ARROWS.iter().any(|(arrow, _)| *arrow == id);
        match is_arrow || self.ids.contains(id) {
            true => Ok(()),
            false => Err(format!("the figure has no `{id}`")),
        }
    }

    /// The text of a child of the whole drawing, for everybody who does not
    /// see it.
    fn text_of(&mut self, root: Node, name: &str) -> String {
        let mut children = root.children();
        let child = children.find(|child| child.tag_name().name() == name);
        let text = child.map(words).unwrap_or_default();
        if text.is_empty() {
            self.wrong(root, format!("a figure has a `{name}`"));
        }
        text
    }

    fn size(&mut self, root: Node) -> (f64, f64) {
        let view = root.attribute("viewBox").unwrap_or_default();
        let numbers = view.split_whitespace().map(str::parse::<f64>);
        let numbers: Result<Vec<f64>, _> = numbers.collect();
        let Ok([0.0, 0.0, width, height]) = numbers.as_deref() else {
            self.wrong(root, "a figure has `viewBox=\"0 0 WIDTH HEIGHT\"`");
            return (0.0, 0.0);
        };
        if *width > WIDEST {
            let what = format!("wider than the text of a page, {WIDEST}");
            self.wrong(root, what);
        }
        (*width, *height)
    }
}

/// The text in `node`, on one line.
fn words(node: Node) -> String {
    let text = node.descendants().filter(Node::is_text);
    let text: String = text.filter_map(|node| node.text()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All of a drawing but its title and description, with the arrowheads that
/// it uses.
fn content(prefix: &str, root: Node) -> String {
    let mut html = String::new();
    for child in root.children() {
        if !["title", "desc"].contains(&child.tag_name().name()) {
            write(prefix, child, &mut html);
        }
    }
    let arrows = ARROWS.iter().filter_map(|(id, class)| {
        let id = format!("{prefix}{id}");
        html.contains(&format!("(#{id})")).then(|| arrow(&id, class))
    });
    format!("{}{html}", arrows.collect::<String>())
}

fn arrow(id: &str, class: &str) -> String {
    format!(
        "<marker id=\"{id}\" viewBox=\"0 0 9 8\" refX=\"8\" refY=\"4\" \
         markerWidth=\"9\" markerHeight=\"8\" orient=\"auto-start-reverse\" \
         markerUnits=\"userSpaceOnUse\"><path class=\"head {class}\" \
         d=\"M0 0 9 4 0 8Z\"></path></marker>"
    )
}

/// What has been opened is closed by name: HTML has no `<rect/>`.
fn write(prefix: &str, node: Node, html: &mut String) {
    let mut open = Vec::new();
    for node in node.descendants() {
        while let Some(&(end, name)) = open.last()
            && node.range().start >= end
        {
            *html += &format!("</{name}>");
            open.pop();
        }
        if let Some(text) = node.text().filter(|_| node.is_text()) {
            let is_shown = open.iter().any(|&(_, name)| name == "text");
            if is_shown {
                *html += &escape(text).replace("&#10;", " ");
            }
        } else if node.is_element() {
            let name = node.tag_name().name();
            *html += &format!("<{name}");
            for attribute in node.attributes() {
                let value = match attribute.name() {
                    "id" => format!("{prefix}{}", attribute.value()),
                    _ => attribute.value().replace('#', &format!("#{prefix}")),
                };
                let value = escape(&value);
                *html += &format!(" {}=\"{value}\"", attribute.name());
            }
            *html += ">";
            open.push((node.range().end, name));
        }
    }
    for (_, name) in open.into_iter().rev() {
        *html += &format!("</{name}>");
    }
}

#[cfg(test)]
mod tests;
