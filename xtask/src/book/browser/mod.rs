//! The book in a real browser: every page narrow and wide, light and dark,
//! with scripts and without; the search; the keys.

mod protocol;
mod screenshot;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::fault::{self, Fault};
use super::render::{self, BOOK, RENDERED};
use super::server::Server;
use protocol::Browser;

/// How the browser's check is done.
#[derive(Clone, Default, Debug)]
pub(crate) struct Options {
    /// Whether it is an error when there is no browser.
    pub(crate) is_required: bool,
    /// Where pictures of all pages go.
    pub(crate) screenshots: Option<PathBuf>,
}

/// A window, and what is in it.
#[derive(Clone, Copy, Debug)]
struct View {
    width: u32,
    is_dark: bool,
    has_scripts: bool,
}

const VIEWS: [View; 6] = [
    View { width: 390, is_dark: false, has_scripts: true },
    View { width: 390, is_dark: true, has_scripts: true },
    View { width: 1280, is_dark: false, has_scripts: true },
    View { width: 1280, is_dark: true, has_scripts: true },
    View { width: 390, is_dark: false, has_scripts: false },
    View { width: 1280, is_dark: false, has_scripts: false },
];

/// Checks the pages of the workspace at `root`, as they were last rendered.
/// Without a browser, says so.
pub(crate) fn check(root: &Path, options: &Options) -> Result<String, String> {
    let Some(program) = Browser::find() else {
        let note = "no Chromium or Chrome in the PATH: the book was not \
                    looked at in a browser";
        return match options.is_required {
            true => Err(note.to_owned()),
            false => Ok(note.to_owned()),
        };
    };
    let server = Server::start(&root.join(RENDERED), 0, false)
        .map_err(|error| format!("cannot serve the book: {error}"))?;
    let mut visit = Visit {
        browser: Browser::start(&program)?,
        url: server.url(),
        pages: render::pages(root)?,
        options,
        faults: Vec::new(),
    };
    for view in VIEWS {
        visit.look(view)?;
    }
    visit.use_keys()?;
    visit.search()?;
    fault::none_of(visit.faults)?;
    Ok(String::new())
}

struct Visit<'a> {
    browser: Browser,
    url: String,
    pages: Vec<PathBuf>,
    options: &'a Options,
    faults: Vec<Fault>,
}

impl Visit<'_> {
    /// Loads every page in a window.
    fn look(&mut self, view: View) -> Result<(), String> {
        self.browser.set(view)?;
        for page in self.pages.clone() {
            self.open(&page)?;
            let mut complaints = errors(self.browser.events());
            let wide = self.browser.evaluate(WIDE)?;
            complaints.extend(
                wide.as_str()
                    .map(|what| format!("wider than the window: {what}")),
            );
            let theme = self.browser.evaluate(IS_DARK)?;
            if view.has_scripts && theme != view.is_dark {
                complaints.push("not in the theme asked for".to_owned());
            }
            if self.browser.evaluate(TEXT_LENGTH)? == 0 {
                complaints.push("shows no text".to_owned());
            }
            for complaint in complaints {
                self.fault(&page, &format!("{}: {complaint}", view.name()));
            }
            if let Some(directory) = &self.options.screenshots {
                let name = page.to_string_lossy().replace('/', "-");
                let file = format!("{name}-{}.png", view.name());
                screenshot::take(&mut self.browser, &directory.join(file))?;
            }
        }
        Ok(())
    }

    /// Turns a page with a key, and moves the focus with another.
    fn use_keys(&mut self) -> Result<(), String> {
        self.browser.set(VIEWS[2])?;
        let [first, second, ..] = &*self.pages.clone() else {
            return Ok(());
        };
        self.open(first)?;
        self.browser.press("ArrowRight")?;
        let path = second.with_extension("html");
        let is_there = format!("location.pathname.endsWith({})", json!(path));
        if !self.browser.wait_until(&is_there)? {
            self.fault(first, "the right arrow does not turn the page");
        }
        self.open(first)?;
        self.browser.press("Tab")?;
        let is_moved = "document.activeElement !== document.body";
        if self.browser.evaluate(is_moved)? != true {
            self.fault(first, "the tab key does not move the focus");
        }
        Ok(())
    }

    /// Searches the first page for a word of the last one's title.
    fn search(&mut self) -> Result<(), String> {
        let (Some(first), Some(last)) =
            (self.pages.first().cloned(), self.pages.last().cloned())
        else {
            return Ok(());
        };
        self.open(&last)?;
        let title = self.browser.evaluate(TITLE)?;
        let words = title.as_str().unwrap_or_default().split_whitespace();
        let word = words.max_by_key(|word| word.len()).unwrap_or("nothing");
        self.open(&first)?;
        self.browser.press("/")?;
        for letter in word.chars() {
            self.browser.press(&letter.to_string())?;
        }
        let path = last.with_extension("html");
        let is_found = format!(
            "[...document.querySelectorAll('#mdbook-searchresults a')]\
             .some(link => link.href.includes({}))",
            json!(path)
        );
        if !self.browser.wait_until(&is_found)? {
            self.fault(&last, &format!("the search does not find `{word}`"));
        }
        Ok(())
    }

    fn open(&mut self, page: &Path) -> Result<(), String> {
        let path = page.with_extension("html");
        let url = format!("{}{}", self.url, path.display());
        self.browser.load(&url)
    }

    fn fault(&mut self, page: &Path, what: &str) {
        let source = Path::new(BOOK).join("src").join(page);
        let source = source.with_extension("md");
        self.faults.push(Fault::new(&source, 1, what));
    }
}

impl View {
    /// For example `390-dark`.
    fn name(self) -> String {
        let theme = if self.is_dark { "dark" } else { "light" };
        let scripts = if self.has_scripts { "" } else { "-without-scripts" };
        format!("{}-{theme}{scripts}", self.width)
    }
}

impl Browser {
    /// Shows what is loaded next as `view` says.
    fn set(&mut self, view: View) -> Result<(), String> {
        let View { width, is_dark, has_scripts } = view;
        let size = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1,
            "mobile": false,
        });
        self.command("Emulation.setDeviceMetricsOverride", size)?;
        let value = if is_dark { "dark" } else { "light" };
        let media = json!({
            "features": [{ "name": "prefers-color-scheme", "value": value }],
        });
        self.command("Emulation.setEmulatedMedia", media)?;
        let scripts = json!({ "value": !has_scripts });
        self.command("Emulation.setScriptExecutionDisabled", scripts)?;
        Ok(())
    }
}

/// What scripts, and the browser itself, have complained about.
fn errors(events: &[Value]) -> Vec<String> {
    let error = |event: &Value| {
        let params = &event["params"];
        match event["method"].as_str()? {
            "Runtime.exceptionThrown" => {
                Some(params["exceptionDetails"]["exception"].to_string())
            }
            "Runtime.consoleAPICalled" if params["type"] == "error" => {
                Some(params["args"].to_string())
            }
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                Some(format!("{} {}", entry["text"], entry["url"]))
            }
            _ => None,
        }
    };
    let errors = events.iter().filter_map(error);
    errors.map(|what| format!("error: {what}")).collect()
}

/// What makes the page wider than the window, if it is. What is scrolled by
/// itself, like long lines of code, does not.
const WIDE: &str = "(() => {
    const limit = document.documentElement.clientWidth + 1;
    const scrolls = (element) => {
        if (!element || element.matches('main')) return false;
        const style = getComputedStyle(element).overflowX;
        return style !== 'visible' || scrolls(element.parentElement);
    };
    for (const element of document.querySelectorAll('main *')) {
        const { right, width } = element.getBoundingClientRect();
        if (width > 0 && right > limit && !scrolls(element.parentElement)) {
            return element.outerHTML.slice(0, 120);
        }
    }
    return document.documentElement.scrollWidth > limit ? 'the page' : null;
})()";

/// Whether the page's background is dark.
const IS_DARK: &str = "(() => {
    const color = getComputedStyle(document.documentElement).backgroundColor;
    const parts = color.match(/[0-9.]+/g).slice(0, 3).map(Number);
    return Math.max(...parts) < 128;
})()";

const TEXT_LENGTH: &str = "document.querySelector('main').innerText.length";

const TITLE: &str = "document.querySelector('main h1').innerText";
