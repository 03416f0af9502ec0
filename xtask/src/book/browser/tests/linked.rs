//! Linked views in a real browser.

use super::*;
use std::thread;
use std::time::Duration;

/// A page with all views of `sq`, in a browser that shows it as `view` says.
fn linked(program: &Path, view: View) -> (Browser, tempfile::TempDir) {
    let directive = "{{#linked ../../chapter1/programs/sq.ks sq: text tree \
                     ir assembly bytes}}";
    let root = workspace(&format!("# Page\n\n{directive}\n"));
    let programs = root.path().join("chapter1/programs");
    fs::create_dir_all(&programs).unwrap();
    fs::write(programs.join("sq.ks"), "def sq(x) x*x\n").unwrap();
    let theme = root.path().join(BOOK).join("theme");
    fs::create_dir_all(&theme).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/theme");
    for file in ["book.css", "linked.js"] {
        fs::copy(ours.join(file), theme.join(file)).unwrap();
    }
    let config = root.path().join(BOOK).join("book.toml");
    let text = fs::read_to_string(&config).unwrap();
    let more = "[output.html]\nadditional-css = [\"theme/book.css\"]\n\
                additional-js = [\"theme/linked.js\"]\n";
    fs::write(config, text + more).unwrap();
    render::render(root.path()).unwrap();
    let page = root.path().join(RENDERED).join("page.html");
    let mut browser = Browser::start(program).unwrap();
    browser.set(view).unwrap();
    browser.load(&format!("file://{}", page.display())).unwrap();
    (browser, root)
}

/// The part that is looked at, and its relatives, faint ones behind a slash.
const LIT: &str = "['.here', '[aria-current]', '.part'].map(which =>
    [...document.querySelectorAll('.linked ' + which)]
        .map(part => part.textContent.trim()).join(', ')).join(' / ')";

#[test]
fn the_focus_lights_the_relatives_and_arrow_keys_move_it() {
    let Some(program) = Browser::find() else { return };
    let (mut browser, _root) = linked(&program, VIEWS[2]);
    assert_eq!(browser.evaluate(LIT).unwrap(), " /  / ");
    let focus = "[...document.querySelectorAll('.linked .row')]
        .find(row => row.textContent.includes('v3 = mul')).focus()";
    browser.evaluate(focus).unwrap();
    let mul = "v3 = mul v1, v2 / x*x, (* x x), movaps xmm0, xmm14, mulsd \
               xmm0, xmm13, 410f28c6, f2410f59c5 / ";
    let movaps = "movaps xmm0, xmm14 / x*x, (* x x), v3 = mul v1, v2, \
                  410f28c6 / mulsd xmm0, xmm13, f2410f59c5";
    let mulsd = "mulsd xmm0, xmm13 / x*x, (* x x), v3 = mul v1, v2, \
                 f2410f59c5 / movaps xmm0, xmm14, 410f28c6";
    assert_eq!(browser.evaluate(LIT).unwrap(), mul);
    for (key, expected) in [
        ("ArrowRight", movaps),
        ("ArrowDown", mulsd),
        ("ArrowUp", movaps),
        ("ArrowLeft", mul),
    ] {
        browser.press(key).unwrap();
        assert_eq!(browser.evaluate(LIT).unwrap(), expected, "{key}");
    }
    // At the edge, the key does nothing: it does not turn the page either.
    for key in ["ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"] {
        browser.press(key).unwrap();
    }
    let place = "location.pathname.split('/').pop()";
    assert_eq!(browser.evaluate(place).unwrap(), "page.html");
    let at = "document.activeElement.closest('.pane').ariaLabel";
    assert_eq!(browser.evaluate(at).unwrap(), "source");
    // Without the focus, it does.
    browser.evaluate("document.activeElement.blur()").unwrap();
    assert_eq!(browser.evaluate(LIT).unwrap(), " /  / ");
    browser.press("ArrowLeft").unwrap();
    let is_turned = "location.pathname.endsWith('first.html')
        || location.pathname.endsWith('index.html')";
    assert!(browser.wait_until(is_turned).unwrap());
}

#[test]
fn the_tab_key_leads_to_one_part_and_its_relatives_are_said() {
    let Some(program) = Browser::find() else { return };
    let (mut browser, _root) = linked(&program, VIEWS[2]);
    let stops = "document.querySelectorAll('.linked [tabindex=\"0\"]').length";
    assert_eq!(browser.evaluate(stops).unwrap(), 1);
    let focus = "[...document.querySelectorAll('.linked .row')]
        .find(row => row.textContent.includes('mulsd')).focus()";
    browser.evaluate(focus).unwrap();
    assert_eq!(browser.evaluate(stops).unwrap(), 1);
    let said = "document.querySelector('.said[aria-live]').textContent";
    let expected = "source: x*x; tree: (* x x); IR: v3 = mul v1, v2; \
                    bytes: f2410f59c5";
    assert_eq!(browser.evaluate(said).unwrap(), expected);
}

#[test]
fn pointing_lights_the_smallest_part_until_it_ends() {
    let Some(program) = Browser::find() else { return };
    let (mut browser, _root) = linked(&program, VIEWS[2]);
    let place = "(() => {
        const parts = document.querySelectorAll('.pane [data-same]');
        const box = [...parts].find(part => part.textContent === 'x*x')
            .getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
    })()";
    for (place, expected) in
        [(place, "x*x / (* x x), v3 = mul"), ("[1, 1]", " /  / ")]
    {
        let mut lit = String::new();
        // The page may still be moving when it is first pointed at, or not be
        // listening yet. A pointer that comes to where it is tells nothing,
        // so it leaves in between.
        for _ in 0..100 {
            let place = browser.evaluate(place).unwrap();
            for (x, y) in [(&json!(0), &json!(0)), (&place[0], &place[1])] {
                let mouse = json!({ "type": "mouseMoved", "x": x, "y": y });
                browser.command("Input.dispatchMouseEvent", mouse).unwrap();
            }
            lit = browser.evaluate(LIT).unwrap().as_str().unwrap().to_owned();
            if lit.starts_with(expected) {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        assert!(lit.starts_with(expected), "{lit}");
    }
}

/// How the panes lie: `beside` or `below` one another; and whether text is
/// cut off at the side.
const LAYOUT: &str = "(() => {
    const panes = [...document.querySelectorAll('.linked .pane')];
    const boxes = panes.map(pane => pane.getBoundingClientRect());
    const is = test => boxes.slice(1).every((box, i) => test(boxes[i], box));
    const cut = [...document.querySelectorAll('.pane pre')]
        .some(pre => pre.scrollWidth > pre.clientWidth);
    return boxes.length + (is((a, b) => b.top >= a.bottom) ? ' below' : '')
        + (is((a, b) => b.left >= a.right) ? ' beside' : '')
        + (cut ? ' cut' : '');
})()";

#[test]
fn five_panes_of_a_small_function_fit_a_window_and_are_stacked_in_a_narrow_one()
{
    let Some(program) = Browser::find() else { return };
    let wide = View { width: 1200, ..VIEWS[2] };
    for (view, layout) in [
        (wide, "5 beside"),
        (View { has_scripts: false, ..wide }, "5 beside"),
        (VIEWS[0], "5 below"),
        (VIEWS[4], "5 below"),
    ] {
        let (mut browser, _root) = linked(&program, view);
        assert_eq!(browser.evaluate(LAYOUT).unwrap(), layout, "{view:?}");
    }
}

#[test]
fn on_paper_the_panes_are_stacked_and_nothing_is_lit() {
    let Some(program) = Browser::find() else { return };
    let (mut browser, _root) = linked(&program, VIEWS[2]);
    browser.evaluate("document.querySelector('.linked .row').focus()").unwrap();
    let print = json!({ "media": "print" });
    browser.command("Emulation.setEmulatedMedia", print).unwrap();
    assert_eq!(browser.evaluate(LAYOUT).unwrap(), "5 below");
    let lit =
        "[...document.querySelectorAll('.linked pre span')].filter(part =>
        getComputedStyle(part).backgroundColor !== 'rgba(0, 0, 0, 0)').length";
    assert_eq!(browser.evaluate(lit).unwrap(), 0);
}

#[test]
fn without_scripts_all_panes_can_be_read() {
    let Some(program) = Browser::find() else { return };
    let (mut browser, _root) = linked(&program, VIEWS[5]);
    let text = "[...document.querySelectorAll('.linked .pane')]
        .map(pane => pane.innerText.trim().split('\\n').at(-1).trim())
        .join(' | ')";
    let expected = "def sq(x) x*x | (* x x)) | } | ret | c3";
    assert_eq!(browser.evaluate(text).unwrap(), expected);
}
