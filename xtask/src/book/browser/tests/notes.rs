//! The notes of terms and numbers, and what paper shows of a page.

use super::*;
use crate::book::numbers;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// A page with a term, a number, and something folded.
const PAGE: &str = "A lease takes {{value one.a}}. [Elsewhere](first.md)\n\n\
    <details>\n<summary>More</summary>\n\nfolded\n\n</details>\n";

const GLOSSARY: &str = "[[entry]]\nterm = \"lease\"\nforms = [\"lease\"]\n\
    text = \"A range of addresses that was announced once, and in which \
    somebody else gives out places.\"\norc = \"`Mapper`\"\n";

/// The page, rendered with the book's own styles and scripts.
fn page() -> TempDir {
    let root = workspace(&format!("# Page\n\n{PAGE}"));
    let book = root.path().join(BOOK);
    fs::write(book.join("glossary.toml"), GLOSSARY).unwrap();
    fs::write(book.join("src/glossary.md"), "# Terms\n\n{{#glossary}}\n")
        .unwrap();
    let summary = fs::read_to_string(book.join("src/SUMMARY.md")).unwrap();
    let summary = summary + "- [Terms](glossary.md)\n";
    fs::write(book.join("src/SUMMARY.md"), summary).unwrap();
    let data = root.path().join(numbers::DIRECTORY);
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("one.json"), numbers::tests::DATA).unwrap();
    let theme = book.join("theme");
    fs::create_dir_all(&theme).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/theme");
    for file in ["book.css", "notes.css", "notes.js"] {
        fs::copy(ours.join(file), theme.join(file)).unwrap();
    }
    let config = fs::read_to_string(book.join("book.toml")).unwrap();
    let more = "[output.html]\n\
                additional-css = [\"theme/book.css\", \"theme/notes.css\"]\n\
                additional-js = [\"theme/notes.js\"]\n";
    fs::write(book.join("book.toml"), config + more).unwrap();
    render::render(root.path()).unwrap();
    root
}

/// The page in a window, if there is a browser.
fn open(view: View) -> Option<(Browser, TempDir)> {
    let Some(program) = Browser::find() else {
        eprintln!("no browser: nothing is tested");
        return None;
    };
    let mut browser = Browser::start(&program).unwrap();
    browser.set(view).unwrap();
    let root = page();
    let page = root.path().join(RENDERED).join("page.html");
    browser.load(&format!("file://{}", page.display())).unwrap();
    Some((browser, root))
}

/// What the note says that can be seen, if one can.
const NOTE: &str = "(() => {
    const note = document.querySelector('.note');
    return note?.offsetHeight > 0 ? note.textContent : null;
})()";

const TERM: &str = "A range of addresses that was announced once, and in \
                    which somebody else gives out places. In ORC: Mapper.";

const NUMBER: &str = "Median of 3 runs, from 1.0 µs to 4.0 µs; A machine; \
                      2026-01-01";

fn focus(browser: &mut Browser, what: &str) {
    let script = format!("document.querySelector('{what}').focus()");
    browser.evaluate(&script).unwrap();
}

/// Moves the pointer to the middle of `what`; again, should the page still be
/// moving.
fn point_at(browser: &mut Browser, what: &str) {
    let script = format!(
        "(() => {{
            const box = document.querySelector('{what}').getClientRects()[0];
            return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
        }})()"
    );
    let is_there =
        format!("document.querySelector('{what}').matches(':hover')");
    for _ in 0..50 {
        let mut place = browser.evaluate(&script).unwrap();
        place["type"] = json!("mouseMoved");
        browser.command("Input.dispatchMouseEvent", place).unwrap();
        if browser.evaluate(&is_there).unwrap() == true {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the pointer does not come to `{what}`");
}

#[test]
fn the_note_of_a_term_appears_on_focus_and_goes_with_escape() {
    let Some((mut browser, _root)) = open(VIEWS[2]) else { return };
    assert_eq!(browser.evaluate(NOTE).unwrap(), json!(null));
    focus(&mut browser, ".term");
    assert_eq!(browser.evaluate(NOTE).unwrap(), TERM);
    let described = "document.getElementById(document.activeElement
        .getAttribute('aria-describedby')).textContent";
    assert_eq!(browser.evaluate(described).unwrap(), TERM);
    browser.press("Escape").unwrap();
    assert_eq!(browser.evaluate(NOTE).unwrap(), json!(null));
    let is_left = "document.activeElement.matches('.term')
        && !document.activeElement.hasAttribute('aria-describedby')";
    assert_eq!(browser.evaluate(is_left).unwrap(), true);
    focus(&mut browser, "main p a[href=\"first.html\"]");
    focus(&mut browser, ".term");
    assert_eq!(browser.evaluate(NOTE).unwrap(), TERM);
    focus(&mut browser, "main p a[href=\"first.html\"]");
    assert_eq!(browser.evaluate(NOTE).unwrap(), json!(null));
}

#[test]
fn the_note_of_a_term_appears_under_the_pointer() {
    let Some((mut browser, _root)) = open(VIEWS[2]) else { return };
    point_at(&mut browser, ".term");
    assert_eq!(browser.evaluate(NOTE).unwrap(), TERM);
    // One can point at the note itself, to select text in it.
    point_at(&mut browser, ".note");
    let later = "new Promise(then => setTimeout(then, 400))";
    browser.evaluate(later).unwrap();
    assert_eq!(browser.evaluate(NOTE).unwrap(), TERM);
    browser.press("Escape").unwrap();
    assert_eq!(browser.evaluate(NOTE).unwrap(), json!(null));
    point_at(&mut browser, ".term");
    point_at(&mut browser, "h1");
    let is_gone = format!("{NOTE} === null");
    assert!(browser.wait_until(&is_gone).unwrap());
}

#[test]
fn a_note_stays_inside_of_a_narrow_window() {
    let Some((mut browser, _root)) = open(VIEWS[0]) else { return };
    // At the right edge and at the lower one.
    let move_away = "(() => {
        const term = document.querySelector('.term');
        term.style.cssText = 'position: fixed; right: 0; bottom: 0';
    })()";
    browser.evaluate(move_away).unwrap();
    focus(&mut browser, ".term");
    let is_inside = "(() => {
        const box = document.querySelector('.note').getBoundingClientRect();
        const { clientWidth, clientHeight } = document.documentElement;
        return box.width > 200 && box.left >= 0 && box.top >= 0
            && box.right <= clientWidth && box.bottom <= clientHeight;
    })()";
    assert_eq!(browser.evaluate(is_inside).unwrap(), true);
}

#[test]
fn without_scripts_a_term_is_a_link_and_no_more() {
    let Some((mut browser, _root)) = open(VIEWS[5]) else { return };
    focus(&mut browser, ".term");
    assert_eq!(browser.evaluate(NOTE).unwrap(), json!(null));
    let drawn = "getComputedStyle(document.querySelector('.term'), '::after')
        .content + document.querySelector('.term').getAttribute('href')";
    let expected = "noneglossary.html#term-lease";
    assert_eq!(browser.evaluate(drawn).unwrap(), expected);
    browser.press("Enter").unwrap();
    let is_there = "location.hash === '#term-lease'
        && document.querySelector(':target').textContent === 'lease'";
    assert!(browser.wait_until(is_there).unwrap());
}

#[test]
fn a_number_tells_its_origin_on_focus() {
    let Some((mut browser, _root)) = open(VIEWS[2]) else { return };
    focus(&mut browser, ".number");
    assert_eq!(browser.evaluate(NOTE).unwrap(), NUMBER);
    let described = "document.getElementById(document.activeElement
        .getAttribute('aria-describedby')).textContent";
    assert_eq!(browser.evaluate(described).unwrap(), NUMBER);
    browser.press("Escape").unwrap();
    assert_eq!(browser.evaluate(NOTE).unwrap(), json!(null));
}

#[test]
fn without_scripts_a_number_still_tells_its_origin_on_focus() {
    let Some((mut browser, _root)) = open(VIEWS[5]) else { return };
    let drawn = "getComputedStyle(document.querySelector('.number'), '::after')
        .content";
    assert_eq!(browser.evaluate(drawn).unwrap(), "none");
    // Only a key makes the focus visible, and so the note.
    for _ in 0..100 {
        browser.press("Tab").unwrap();
        let is_there = "document.activeElement.matches('.number')";
        if browser.evaluate(is_there).unwrap() == true {
            break;
        }
    }
    let expected = format!("\"{NUMBER}\"");
    assert_eq!(browser.evaluate(drawn).unwrap(), expected);
}

/// How high the first element is that matches, in whole pixels.
fn height(browser: &mut Browser, what: &str) -> i64 {
    let script =
        format!("Math.ceil(document.querySelector('{what}').offsetHeight)");
    browser.evaluate(&script).unwrap().as_i64().unwrap()
}

#[test]
fn on_paper_numbers_have_footnotes_and_nothing_is_folded() {
    let Some((mut browser, _root)) = open(VIEWS[2]) else { return };
    focus(&mut browser, ".number");
    // Asking for a height brings the layout up to date.
    let folded = "document.querySelector('details').offsetHeight > 0
        && document.querySelector('details p').checkVisibility()";
    assert_eq!(browser.evaluate(folded).unwrap(), false);
    assert_eq!(height(&mut browser, "ol.numbers"), 0);
    let print = json!({ "media": "print" });
    browser.command("Emulation.setEmulatedMedia", print).unwrap();
    assert_eq!(browser.evaluate(folded).unwrap(), true);
    assert!(height(&mut browser, "details p") > 0);
    assert!(height(&mut browser, "ol.numbers") > 0);
    let footnote = "document.querySelector('ol.numbers li').innerText";
    assert_eq!(browser.evaluate(footnote).unwrap(), NUMBER);
    assert_eq!(browser.evaluate(NOTE).unwrap(), json!(null));
}
