//! "You are here": the stages that a program of a chapter passes, those that
//! a page is about lit up. Each is a link to the page that tells it.
//!
//! It is a picture made of HTML, not of SVG: its text has the size of the
//! page's text, and where the window is narrow, it takes another shape.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::fault::Fault;
use super::super::html::escape;
use super::super::render::BOOK;

/// The file that has the stages, in the book's directory.
const FILE: &str = "pipeline.toml";

/// What is said of a stage that has a mark.
const WAITS: &str = "; here it waits until it is called";
const BEYOND: &str = "; from here on in another process";

/// The stages of all chapters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stages {
    stages: BTreeMap<String, Stage>,
    /// By the directory of a chapter's pages.
    chapters: BTreeMap<String, Chapter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    /// The page that tells it, from `book/src`.
    page: PathBuf,
    /// What it is.
    about: String,
    /// What stands beside its name.
    #[serde(default)]
    says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapter {
    /// Where programs come from.
    around: String,
    row: Vec<String>,
    /// Who decides when.
    over: String,
    /// Behind this stage a program waits until somebody calls it.
    waits: Option<String>,
    /// This stage and those behind it are in another process.
    beyond: Option<String>,
}

/// The pipeline, which is whole: chapters name stages, and stages pages.
pub(super) struct Pipeline(Stages);

impl Pipeline {
    /// Reads the stages of the workspace at `root`. Without the file there
    /// are none.
    pub(super) fn read(
        root: &Path,
    ) -> io::Result<(Option<Pipeline>, Vec<Fault>)> {
        let file = Path::new(BOOK).join(FILE);
        let text = match fs::read_to_string(root.join(&file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                "[stages]\n[chapters]\n".to_owned()
            }
            text => text?,
        };
        let has =
            |page: &Path| root.join(BOOK).join("src").join(page).is_file();
        Ok(match parse(&text, &has) {
            Ok(pipeline) => (Some(pipeline), Vec::new()),
            Err(what) => (None, vec![Fault::new(&file, 1, what)]),
        })
    }

    /// The picture for the page at `path`, which is about `here`.
    ///
    /// # Errors
    /// If the page is in no chapter, or its chapter has no such stage.
    pub(super) fn html(
        &self,
        path: &Path,
        here: &[&str],
    ) -> Result<String, String> {
        let page = path.strip_prefix(Path::new(BOOK).join("src"));
        let page = page.unwrap_or(path);
        let directory = page.parent().unwrap_or(Path::new(""));
        let chapter = self.0.chapters.get(&*directory.to_string_lossy());
        let chapter =
            chapter.ok_or("this page is in no chapter with stages")?;
        if here.is_empty() {
            return Err("wrong number of words in `here`".into());
        }
        let all = chapter.all().collect::<Vec<_>>();
        if let Some(stage) = here.iter().find(|stage| !all.contains(stage)) {
            return Err(format!(
                "the chapter has no stage `{stage}`, only {}",
                all.join(", ")
            ));
        }
        let row = chapter.row.iter().map(|name| {
            let [waits, beyond] = [&chapter.waits, &chapter.beyond]
                .map(|stage| stage.as_ref() == Some(name));
            let (class, note) = match (waits, beyond) {
                (false, false) => ("", ""),
                (true, false) => (" class=\"waits\"", WAITS),
                (false, true) => (" class=\"beyond\"", BEYOND),
                (true, true) => (" class=\"waits beyond\"", BEYOND),
            };
            let link = self.link(name, note, directory, here);
            format!("<li{class}>{link}</li>")
        });
        let row: String = row.collect();
        let around = self.link(&chapter.around, "", directory, here);
        let over = self.link(&chapter.over, "", directory, here);
        Ok(format!(
            "<nav class=\"here\" aria-label=\"This page is about: {}\">\
             <p class=\"around\">{around}</p><ol>{row}</ol>\
             <p class=\"over\">{over}</p></nav>\n",
            here.join(", ")
        ))
    }

    fn link(
        &self,
        name: &str,
        note: &str,
        directory: &Path,
        here: &[&str],
    ) -> String {
        let Stage { page, about, says } = &self.0.stages[name];
        let up = "../".repeat(directory.components().count());
        // Links in HTML are not mdBook's to change.
        let page = page.with_extension("html");
        let current = match here.contains(&name) {
            true => " aria-current=\"step\"",
            false => "",
        };
        let says = match &**says {
            "" => String::new(),
            text => format!(" <span>{}</span>", escape(text)),
        };
        format!(
            "<a href=\"{up}{}\" title=\"{}{note}\"{current}>{}{says}</a>",
            page.display(),
            escape(about),
            escape(name)
        )
    }
}

impl Chapter {
    fn all(&self) -> impl Iterator<Item = &str> {
        let ends = [&self.around, &self.over].into_iter();
        ends.chain(&self.row).map(String::as_str)
    }
}

fn parse(text: &str, has: &dyn Fn(&Path) -> bool) -> Result<Pipeline, String> {
    let stages: Stages =
        toml::from_str(text).map_err(|error| error.message().to_owned())?;
    for (name, stage) in &stages.stages {
        if !has(&stage.page) {
            let page = stage.page.display();
            return Err(format!("`{name}`: there is no page `{page}`"));
        }
    }
    for (chapter, row) in &stages.chapters {
        let marks = [&row.waits, &row.beyond].into_iter().flatten();
        if let Some(mark) = marks.clone().find(|mark| !row.row.contains(mark)) {
            return Err(format!(
                "`{chapter}` has no stage `{mark}` in its row"
            ));
        }
        let mut names = row.all();
        if let Some(name) = names.find(|it| !stages.stages.contains_key(*it)) {
            return Err(format!("`{chapter}`: there is no stage `{name}`"));
        }
    }
    Ok(Pipeline(stages))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: &str = r#"
        [stages.prompt]
        page = "one/prompt.md"
        about = "in and out"
        [stages.ir]
        page = "one/ir.md"
        about = "A & B"
        [stages.call]
        page = "two/call.md"
        about = "calls"
        [stages.session]
        page = "one/session.md"
        about = "all"
        says = "who, when"
        [chapters.one]
        around = "prompt"
        row = ["ir", "call"]
        over = "session"
        waits = "ir"
        beyond = "call"
    "#;

    fn html(page: &str, here: &[&str]) -> Result<String, String> {
        let pipeline = parse(STAGES, &|_| true)?;
        pipeline.html(&Path::new("book/src").join(page), here)
    }

    #[test]
    fn the_stages_of_a_page_are_lit_and_all_are_links() {
        let html = html("one/a.md", &["ir", "session"]).unwrap();
        let ir = "<li class=\"waits\"><a href=\"../one/ir.html\" \
                  title=\"A &amp; B; here it waits until it is called\" \
                  aria-current=\"step\">ir</a></li>";
        assert!(html.contains(ir), "{html}");
        assert!(html.contains("about: ir, session\""), "{html}");
        let call = "<li class=\"beyond\"><a href=\"../two/call.html\" \
                    title=\"calls; from here on in another process\">call</a></li>";
        assert!(html.contains(call), "{html}");
        let session = "title=\"all\" aria-current=\"step\">session <span>";
        assert!(html.contains(session), "{html}");
        assert_eq!(html.matches("aria-current").count(), 2);
        assert_eq!(html.matches('\n').count(), 1);
    }

    #[test]
    fn a_stage_that_the_chapter_does_not_have_is_refused() {
        let expected = "the chapter has no stage `optimise`, only prompt, \
                        session, ir, call";
        let error = html("one/a.md", &["ir", "optimise"]).unwrap_err();
        assert_eq!(error, expected);
        assert!(html("a.md", &["ir"]).unwrap_err().contains("no chapter"));
        assert!(html("one/a.md", &[]).unwrap_err().contains("words"));
    }

    #[test]
    fn a_list_that_names_what_there_is_not_is_refused() {
        let wrong = |text: &str| parse(text, &|_| true).err().unwrap();
        let text = STAGES.replace("[\"ir\",", "[\"ir\", \"code\",");
        assert!(wrong(&text).ends_with("`one`: there is no stage `code`"));
        let text = STAGES.replace("waits = \"ir\"", "waits = \"session\"");
        assert!(wrong(&text).contains("no stage `session` in its row"));
        assert!(wrong("[stages]").contains("chapters"));
        let page = parse(STAGES, &|page| page != Path::new("two/call.md"));
        let expected = "`call`: there is no page `two/call.md`";
        assert_eq!(page.err().unwrap(), expected);
    }
}
