//! The book: made from the crates, and checked against them.
//!
//! | file | what it has |
//! |---|---|
//! | `preprocessor` | all that happens to pages between file and mdBook |
//! | `expand` | pages with their directives replaced |
//! | `markdown` | code blocks and directives in a page |
//! | `sources`, `anchors`, `items` | files, their parts, what these are in |
//! | `excerpt`, `delta`, `html` | what stands for a directive |
//! | `numbers` | measured data, and what pages say of them |
//! | `shown` | what of the code is on pages, and what is to be |
//! | `linked` | a function's text, tree, IR and code side by side |
//! | `figures` | pictures: by hand, from data, of the pipeline |
//! | `glossary` | terms: their list, their first uses, their page |
//! | `words` | names in sentences: whether they are still anybody's |
//! | `stepper`, `fold` | traces step by step; what readers unfold |
//! | `transcript` | recorded commands: shown, run again, compared |
//! | `render`, `serve`, `server` | the book as HTML, and its server |
//! | `compare` | the preprocessor in this process and as a command |
//! | `links`, `rendered` | links, fragments, pictures of rendered pages |
//! | `browser` | the rendered pages in Chromium |
//! | `fault` | what is wrong, and where |

mod anchors;
mod browser;
mod compare;
mod delta;
mod excerpt;
mod expand;
mod fault;
mod figures;
mod fold;
mod glossary;
mod html;
mod items;
mod linked;
mod links;
mod markdown;
mod numbers;
mod preprocessor;
mod render;
mod rendered;
mod serve;
mod server;
mod shown;
mod sources;
mod stepper;
mod transcript;
mod words;

use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::step::{Error, Step};
use crate::test::cargo;

pub(crate) use browser::Options as BrowserOptions;
pub(crate) use numbers::{
    DIRECTORY as DATA, Measurement, Series, text_of as data_text,
};
pub(crate) use preprocessor::run as preprocess;
pub(crate) use transcript::bless;

/// Renders the book, with rustdoc beside it.
pub(crate) fn make(root: &Path, report: &mut dyn Write) -> Result<(), Error> {
    documentation(root).run(report)?;
    let warnings = render(root).run(report)?;
    write!(report, "{warnings}")?;
    Ok(())
}

/// Renders the book and checks it, in the order of what is cheap. Rustdoc has
/// written its pages.
pub(crate) fn test(
    root: &Path,
    browser: &BrowserOptions,
    report: &mut dyn Write,
) -> Result<(), Error> {
    let warnings = render(root).run(report)?;
    write!(report, "{warnings}")?;
    check("book by command", root, compare::check).run(report)?;
    check("links", root, links::check).run(report)?;
    check("transcripts", root, transcript::check).run(report)?;
    look(root, browser, report)
}

/// Looks at the rendered book in a browser.
pub(crate) fn look(
    root: &Path,
    options: &BrowserOptions,
    report: &mut dyn Write,
) -> Result<(), Error> {
    let options = options.clone();
    let step = move |root: &Path| browser::check(root, &options);
    let note = check("browser", root, step).run(report)?;
    if !note.is_empty() {
        writeln!(report, "note: {note}")?;
    }
    Ok(())
}

/// Serves the book until somebody ends it, rendered anew when it changes.
pub(crate) fn serve(root: &Path, does_open: bool) -> Result<(), String> {
    serve::serve(root, |url| {
        println!("{url}");
        if does_open {
            open(url);
        }
    })
}

/// Shows the rendered book in the user's browser.
pub(crate) fn open_rendered(root: &Path) {
    let page = root.join(render::RENDERED).join("index.html");
    open(&page.display().to_string());
}

/// A step that writes what rustdoc says of the workspace.
pub(crate) fn documentation(root: &Path) -> Step {
    let mut command =
        cargo(root, &["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Step::command("doc", command)
}

fn render(root: &Path) -> Step {
    check("book", root, |root| {
        render::render(root)?;
        render::add_documentation(root)?;
        render::warnings(root)
    })
}

fn check(
    name: &'static str,
    root: &Path,
    action: impl FnOnce(&Path) -> Result<String, String> + 'static,
) -> Step {
    let root = root.to_owned();
    Step::check(name, move || action(&root))
}

fn open(what: &str) {
    if let Err(error) = Command::new("xdg-open").arg(what).status() {
        eprintln!("cannot open {what}: {error}");
    }
}
