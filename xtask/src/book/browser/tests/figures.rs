//! Figures in a real browser: to be read in light and dark and on a phone,
//! and to be heard.

use super::*;
use crate::book::figures::DIRECTORY;
use crate::book::numbers::{DIRECTORY as DATA, tests::DATA as NUMBERS};

/// A page with a drawing in every class, a plot and the pipeline. Its drawing
/// is as wide as one can be.
fn figures(browser: &mut Browser) -> tempfile::TempDir {
    let root = workspace(
        "# Page\n\n{{#here code}}\n\n{{#figure all}}\n\n{{#plot some}}\n",
    );
    let write = |path: String, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let hues = ["a", "b", "c", "d", "e", "quiet", "strong"].map(|class| {
        format!(
            "<g class=\"{class}\"><rect class=\"box\" x=\"1\" y=\"1\" \
             width=\"98\" height=\"30\"/><text class=\"small\" x=\"5\" \
             y=\"20\">words</text></g>"
        )
    });
    let drawing = format!(
        "<svg viewBox=\"0 0 700 100\"><title>All classes</title>\
         <desc>A box in each hue</desc>{}</svg>",
        hues.concat()
    );
    write(format!("{DIRECTORY}/all.svg"), &drawing);
    let plot = "title = \"A plot\"\ndesc = \"One is twice the other\"\n\
                kind = \"bars\"\nvalues = \"time\"\nplaces = \"name\"\n\
                at = [\"a\", \"b\"]\n[[series]]\n\
                values = [\"one.a\", \"one.b\"]\n";
    write(format!("{DIRECTORY}/some.toml"), plot);
    write(format!("{DATA}/one.json"), NUMBERS);
    let stages = ["prompt", "code", "call", "session"].map(|name| {
        format!("[stages.{name}]\npage = \"first.md\"\nabout = \"{name}\"\n")
    });
    let row = "[chapters.\"\"]\naround = \"prompt\"\n\
               row = [\"code\", \"call\"]\nover = \"session\"\n";
    let pipeline = stages.concat() + row;
    write(format!("{BOOK}/pipeline.toml"), &pipeline);
    load_in_style(browser, root.path());
    root
}

/// The least contrast of a text with what is behind it, as the guidelines
/// for accessible pages compute it.
const CONTRAST: &str = "(() => {
    const canvas = document.createElement('canvas').getContext('2d');
    const light = (color) => {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        const linear = parts.map(part => part / 255).map(part =>
            part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const page = getComputedStyle(document.documentElement).backgroundColor;
    const contrasts = [...document.querySelectorAll('.drawn text')].map(text => {
        const box = text.parentElement.querySelector('.box');
        const behind = light(box ? getComputedStyle(box).fill : page);
        const ink = light(getComputedStyle(text).fill);
        return (Math.max(ink, behind) + 0.05) / (Math.min(ink, behind) + 0.05);
    });
    return contrasts.length > 7 ? Math.min(...contrasts) : 0;
})()";

#[test]
fn figures_can_be_read_in_light_and_dark() {
    let Some(program) = Browser::find() else { return };
    let mut browser = Browser::start(&program).unwrap();
    for view in [VIEWS[2], VIEWS[3]] {
        browser.set(view).unwrap();
        let _root = figures(&mut browser);
        assert_eq!(browser.evaluate(IS_DARK).unwrap(), view.is_dark);
        let contrast = browser.evaluate(CONTRAST).unwrap();
        let contrast = contrast.as_f64().unwrap();
        assert!(contrast >= 4.5, "{view:?}: {contrast}");
    }
}

/// The size of the smallest text in a figure, in pixels of the screen.
const SMALLEST: &str = "Math.min(...[...document.querySelectorAll(
    '.drawn text')].map(text => parseFloat(getComputedStyle(text).fontSize)
        * text.getScreenCTM().d))";

#[test]
fn a_narrow_window_neither_shrinks_a_figure_nor_is_widened_by_it() {
    let Some(program) = Browser::find() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.set(VIEWS[0]).unwrap();
    let _root = figures(&mut browser);
    assert_eq!(browser.evaluate(WIDE).unwrap(), Value::Null);
    assert_eq!(browser.evaluate(SMALLEST).unwrap(), 12);
    let height = "document.querySelector('.here').offsetHeight";
    let height = browser.evaluate(height).unwrap().as_i64().unwrap();
    assert!((40..=80).contains(&height), "{height}");
}

#[test]
fn who_does_not_see_a_figure_hears_what_it_shows() {
    let Some(program) = Browser::find() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.set(VIEWS[2]).unwrap();
    let _root = figures(&mut browser);
    let tree = browser.command("Accessibility.getFullAXTree", json!({}));
    let tree = tree.unwrap();
    let nodes = tree["nodes"].as_array().unwrap();
    let has = |role: &str, name: &str, description: Value| {
        nodes.iter().any(|node| {
            node["role"]["value"] == role
                && node["name"]["value"] == name
                && node["description"]["value"] == description
        })
    };
    let told = json!("A box in each hue");
    assert!(has("image", "All classes", told), "{tree:#}");
    let told = json!("One is twice the other");
    assert!(has("image", "A plot", told), "{tree:#}");
    let place = "This page is about: code";
    assert!(has("navigation", place, Value::Null), "{tree:#}");
}

#[test]
fn a_stage_leads_to_the_page_that_tells_it() {
    let Some(program) = Browser::find() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.set(VIEWS[2]).unwrap();
    let _root = figures(&mut browser);
    let lit = "[...document.querySelectorAll('.here [aria-current]')].map(
        link => link.textContent)";
    assert_eq!(browser.evaluate(lit).unwrap(), json!(["code"]));
    let click = "document.querySelector('.here li:last-child a').click()";
    browser.evaluate(click).unwrap();
    let is_there = "location.pathname.endsWith('/first.html')";
    assert!(browser.wait_until(is_there).unwrap());
}
