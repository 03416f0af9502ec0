//! A good drawing, and the same with one fault each.

use super::*;
use std::fs;
use std::path::Path;

const GOOD: &str = r##"<svg xmlns="http://www.w3.org/2000/svg"
     viewBox="0 0 200 100">
  <title>One
    title</title>
  <desc>A description</desc>
  <!-- no part of it -->
  <g id="all" class="a"><rect class="box" x="1" y="2"/></g>
  <path class="line" d="M0 0h9" marker-end="url(#arrow-a)"/>
  <use href="#all"/>
  <text font-size="12" class="code">{{#a}} <tspan>b</tspan></text>
</svg>
"##;

fn wrong(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old}");
    let wrong = read("p-", &GOOD.replacen(old, new, 1)).unwrap_err();
    let [(line, what)] = &*wrong else { panic!("not one: {wrong:?}") };
    format!("{line}: {what}")
}

#[test]
fn a_drawing_is_written_as_html_with_names_of_its_own() {
    let drawing = read("p-", GOOD).unwrap();
    assert_eq!((drawing.width, drawing.height), (200.0, 100.0));
    assert_eq!(drawing.title, "One title");
    assert_eq!(drawing.desc, "A description");
    let expected = "<g id=\"p-all\" class=\"a\"><rect class=\"box\" x=\"1\" \
                    y=\"2\"></rect></g><path class=\"line\" d=\"M0 0h9\" \
                    marker-end=\"url(#p-arrow-a)\"></path><use \
                    href=\"#p-all\"></use><text font-size=\"12\" \
                    class=\"code\">&#123;&#123;#a}} <tspan>b</tspan></text>";
    assert!(drawing.content.ends_with(expected), "{}", drawing.content);
    let arrow = "<marker id=\"p-arrow-a\" ";
    assert!(drawing.content.starts_with(arrow), "{}", drawing.content);
    assert_eq!(drawing.content.matches("<marker").count(), 1);
}

#[test]
fn a_drawing_has_a_title_a_description_and_a_size() {
    let title = "<title>One\n    title</title>";
    assert_eq!(wrong(title, ""), "1: a figure has a `title`");
    let desc = "<desc>A description</desc>";
    assert_eq!(wrong(desc, "<desc> </desc>"), "1: a figure has a `desc`");
    assert!(wrong("viewBox=\"0 0 200 100\"", "").contains("viewBox"));
    assert!(wrong("0 0 200", "0 0 701").contains("wider than the text"));
}

#[test]
fn a_colour_that_ignores_the_theme_is_wrong() {
    let expected = "7: `fill=\"#fff\"` is the same in light and dark: a class \
                    gives the colour";
    assert_eq!(wrong("x=\"1\"", "fill=\"#fff\""), expected);
    assert!(wrong("x=\"1\"", "stroke=\"red\"").contains("stroke"));
    assert!(wrong("x=\"1\"", "style=\"fill: red\"").contains("style"));
    assert!(read("", &GOOD.replace("x=\"1\"", "fill=\"none\"")).is_ok());
}

#[test]
fn text_that_nobody_can_read_is_wrong() {
    let small = "font-size=\"11.5\"";
    assert!(wrong("font-size=\"12\"", small).contains("not legible"));
    assert!(wrong("font-size=\"12\"", "font-size=\"1em\"").contains("1em"));
    let scaled = "transform=\"scale(0.5)\"";
    assert!(wrong("font-size=\"12\"", scaled).contains("no size"));
}

#[test]
fn scripts_and_what_is_elsewhere_are_wrong() {
    let script = "<script>1</script><use";
    assert_eq!(wrong("<use", script), "9: a figure has no `script`");
    assert!(wrong("<use", "<image/><use").ends_with("has no `image`"));
    assert!(wrong("x=\"1\"", "onclick=\"f()\"").contains("runs a script"));
    let elsewhere = "href=\"https://example.com/a.svg#all\"";
    assert!(wrong("href=\"#all\"", elsewhere).contains("outside"));
    let elsewhere = "url(other.svg#a)";
    assert!(wrong("url(#arrow-a)", elsewhere).contains("outside"));
}

#[test]
fn names_and_classes_are_known_and_stand_for_one_thing() {
    assert!(wrong("href=\"#all\"", "href=\"#none\"").contains("no `none`"));
    assert!(wrong("\"box\" x", "\"blink\" x").contains("no `blink`"));
    let twice = "<rect id=\"all\" class=\"box\"";
    let expected = "7: the id `all` stands here twice";
    assert_eq!(wrong("<rect class=\"box\"", twice), expected);
    assert!(wrong("</svg>", "").contains("no SVG"));
}

#[test]
fn the_books_stylesheet_knows_all_classes() {
    let theme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/theme");
    let css = fs::read_to_string(theme.join("book.css")).unwrap();
    for class in CLASSES {
        let rule = format!(".drawn .{class}");
        let mut rules = css.lines().filter_map(|it| it.split_once(&rule));
        let ends = |rest: &str| !rest.starts_with(char::is_alphanumeric);
        assert!(rules.any(|(_, rest)| ends(rest)), "{class}");
    }
}
