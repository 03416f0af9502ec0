//! Pages with one fault each, in a real browser. Where there is none, these
//! tests have nothing to test with, and say so.

mod figures;
mod linked;
mod notes;

use super::*;
use crate::book::render::tests::workspace;
use crate::book::transcript;
use std::fs;

/// What the browser says of a book whose last page holds `html`.
fn visit(html: &str) -> Option<Result<String, String>> {
    if Browser::find().is_none() {
        eprintln!("no browser: nothing is tested");
        return None;
    }
    let root = workspace(&format!("# Page\n\n{html}\n"));
    render::render(root.path()).unwrap();
    Some(check(root.path(), &Options::default()))
}

/// The faults of a page, which has some.
fn faults(html: &str) -> Option<String> {
    visit(html).map(Result::unwrap_err)
}

#[test]
fn a_good_page_can_be_seen_searched_and_turned() {
    let code = format!("```text\n{}\n```", "long ".repeat(100));
    if let Some(result) = visit(&code) {
        assert_eq!(result, Ok(String::new()));
    }
}

#[test]
fn an_error_of_a_script_is_a_fault() {
    let script = "<script>nothing.at.all</script>";
    let Some(faults) = faults(script) else { return };
    let expected = "book/src/page.md:1: 1280-dark: error: ";
    assert!(faults.contains(expected), "{faults}");
    assert!(faults.contains("nothing is not defined"), "{faults}");
    assert!(!faults.contains("without-scripts"), "{faults}");
}

#[test]
fn something_that_cannot_be_loaded_is_a_fault() {
    let Some(faults) = faults("<img src=\"none.png\" alt=\"None\">") else {
        return;
    };
    assert!(faults.contains("none.png"), "{faults}");
}

#[test]
fn what_is_wider_than_a_narrow_window_is_a_fault() {
    let wide = "<div style=\"width: 500px\">wide</div>";
    let Some(faults) = faults(wide) else { return };
    let expected = "390-light: wider than the window: <div style";
    assert!(faults.contains(expected), "{faults}");
    assert!(faults.contains("390-light-without-scripts"), "{faults}");
    assert!(!faults.contains("1280"), "{faults}");
}

#[test]
fn a_book_that_cannot_be_searched_is_a_fault() {
    if Browser::find().is_none() {
        return;
    }
    let root = workspace("# Page\n");
    render::render(root.path()).unwrap();
    for entry in fs::read_dir(root.path().join(RENDERED)).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("searchindex") {
            fs::write(path, "").unwrap();
        }
    }
    let faults = check(root.path(), &Options::default()).unwrap_err();
    assert!(faults.contains("the search does not find `Page`"), "{faults}");
}

#[test]
fn copying_a_transcript_copies_its_command_alone() {
    let Some(program) = Browser::find() else { return };
    let root = workspace("# Page\n\n{{#transcript hello}}\n");
    let recordings = root.path().join(transcript::DIRECTORY);
    fs::create_dir_all(&recordings).unwrap();
    let recording = "$ echo hello\nhello\n$ echo bye\nbye\n";
    fs::write(recordings.join("hello.txt"), recording).unwrap();
    render::render(root.path()).unwrap();
    let page = root.path().join(RENDERED).join("page.html");
    let mut browser = Browser::start(&program).unwrap();
    browser.load(&format!("file://{}", page.display())).unwrap();
    // What mdBook's button copies is the text of the code beside it.
    let copied = "[...document.querySelectorAll('.clip-button')].map(
        button => button.closest('pre').querySelector('code').innerText)";
    let copied = browser.evaluate(copied).unwrap();
    assert_eq!(copied, json!(["echo hello", "echo bye"]));
}

/// Gives the book of a workspace our stylesheet and scripts, renders it, and
/// loads its page.
fn load_in_style(browser: &mut Browser, root: &Path) {
    let theme = root.join(BOOK).join("theme");
    fs::create_dir_all(&theme).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/theme");
    for file in ["book.css", "figures.js"] {
        fs::copy(ours.join(file), theme.join(file)).unwrap();
    }
    let config = root.join(BOOK).join("book.toml");
    let text = fs::read_to_string(&config).unwrap();
    let more = "[output.html]\nadditional-css = [\"theme/book.css\"]\n\
                additional-js = [\"theme/figures.js\"]\n\
                preferred-dark-theme = \"coal\"\n";
    fs::write(config, text + more).unwrap();
    render::render(root).unwrap();
    let page = root.join(RENDERED).join("page.html");
    browser.load(&format!("file://{}", page.display())).unwrap();
}

/// A page with a stepper of three steps, in a browser.
fn stepper(browser: &mut Browser) -> tempfile::TempDir {
    let lines = "   state  `f` is defined\n  lookup  `f` must be ready\n   \
                 state  `f` is ready\n";
    played(browser, lines)
}

/// A page that plays a trace, in a browser.
fn played(browser: &mut Browser, lines: &str) -> tempfile::TempDir {
    let root = workspace("# Page\n\n{{#stepper trace}}\n");
    let recordings = root.path().join(transcript::DIRECTORY);
    fs::create_dir_all(&recordings).unwrap();
    fs::write(recordings.join("trace.txt"), format!("$ true\n{lines}"))
        .unwrap();
    load_in_style(browser, root.path());
    root
}

/// How many steps can be seen.
const STEPS: &str = "[...document.querySelectorAll('.stepper li')]
    .filter(step => step.offsetHeight > 0).length";

#[test]
fn arrow_keys_turn_the_steps_of_a_stepper_and_not_the_page() {
    let Some(program) = Browser::find() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.set(VIEWS[2]).unwrap();
    let _root = stepper(&mut browser);
    assert_eq!(browser.evaluate(STEPS).unwrap(), 1);
    let focus = "document.querySelector('.stepper').focus()";
    browser.evaluate(focus).unwrap();
    let place = "document.querySelector('.controls span').textContent
        + location.pathname.split('/').pop()";
    for (key, expected) in [
        ("ArrowRight", "step 2 of 3page.html"),
        ("End", "step 3 of 3page.html"),
        ("ArrowRight", "step 3 of 3page.html"),
        ("ArrowLeft", "step 2 of 3page.html"),
    ] {
        browser.press(key).unwrap();
        assert_eq!(browser.evaluate(place).unwrap(), expected);
    }
}

#[test]
fn code_stays_while_it_is_executed_and_is_printed_once() {
    let Some(program) = Browser::find() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.set(VIEWS[2]).unwrap();
    let lines = "     run  `f` is called\n    code  the stub\n\
                 \x20           jmp [f]\n    lazy  `f` has no body\n     \
                 run  `f` returns\n";
    let _root = played(&mut browser, lines);
    let code = "[...document.querySelectorAll('.stepper .code')]
        .filter(code => code.offsetHeight > 0).length";
    browser.evaluate("document.querySelector('.stepper').focus()").unwrap();
    for expected in [0, 1, 1, 0] {
        assert_eq!(browser.evaluate(code).unwrap(), expected);
        browser.press("ArrowRight").unwrap();
    }
    let print = json!({ "media": "print" });
    browser.command("Emulation.setEmulatedMedia", print).unwrap();
    assert_eq!(browser.evaluate(code).unwrap(), 1);
}

#[test]
fn without_scripts_and_on_paper_a_stepper_is_a_list() {
    let Some(program) = Browser::find() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.set(VIEWS[2]).unwrap();
    let _root = stepper(&mut browser);
    let print = json!({ "media": "print" });
    browser.command("Emulation.setEmulatedMedia", print).unwrap();
    assert_eq!(browser.evaluate(STEPS).unwrap(), 3);
    browser.set(VIEWS[5]).unwrap();
    let _root = stepper(&mut browser);
    assert_eq!(browser.evaluate(STEPS).unwrap(), 3);
}
