//! Figures: drawn by hand, drawn from data, and the pipeline at the top of a
//! page. All of them follow the page's theme, and say what they show to those
//! who cannot see it.
//!
//! | file | what it has |
//! |---|---|
//! | `svg` | drawings by hand, and the style that they keep to |
//! | `pipeline` | where on a program's way a page is |
//! | `plot`, `chart` | what a plot shows, and the plot itself |

mod chart;
mod pipeline;
mod plot;
mod svg;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::html::escape;
use super::numbers::{Numbers, Shown};
use pipeline::Pipeline;
use plot::Plot;
use svg::Drawing;

/// Where figures are, from the workspace's root.
pub(crate) const DIRECTORY: &str = "book/figures";

/// All figures. One that is wrong is none: its fault is known already.
pub(crate) struct Figures {
    drawings: BTreeMap<String, Option<Drawing>>,
    plots: BTreeMap<String, Option<Plot>>,
    pipeline: Option<Pipeline>,
}

/// The figures that a page has had.
pub(crate) type Drawn = BTreeSet<String>;

impl Figures {
    /// Reads the figures of the workspace at `root`, and draws its plots.
    pub(crate) fn read(
        root: &Path,
        numbers: &Numbers,
    ) -> io::Result<(Figures, Vec<Fault>)> {
        let (mut drawings, mut faults) = (BTreeMap::new(), Vec::new());
        for file in files(root, "svg")? {
            let name = name_of(&file);
            let text = fs::read_to_string(root.join(&file))?;
            let drawing = svg::read(&prefix(&name), &text);
            let wrong = drawing.as_ref().err().into_iter().flatten();
            faults.extend(
                wrong.map(|(line, what)| Fault::new(&file, *line, what)),
            );
            drawings.insert(name, drawing.ok());
        }
        let mut plots = BTreeMap::new();
        for file in files(root, "toml")? {
            let name = name_of(&file);
            let text = fs::read_to_string(root.join(&file))?;
            let plot = plot::read(&prefix(&name), &text, numbers);
            let wrong = plot.as_ref().err();
            faults.extend(
                wrong.map(|(line, what)| Fault::new(&file, *line, what)),
            );
            plots.insert(name, plot.ok());
        }
        let (pipeline, wrong) = Pipeline::read(root)?;
        faults.extend(wrong);
        Ok((Figures { drawings, plots, pipeline }, faults))
    }

    /// What stands for `{{#figure NAME}}`.
    pub(crate) fn figure(
        &self,
        name: &str,
        drawn: &mut Drawn,
    ) -> Result<String, String> {
        let drawing = self.drawings.get(name);
        let drawing = drawing
            .ok_or_else(|| format!("no figure `{DIRECTORY}/{name}.svg`"))?;
        once(name, drawn)?;
        Ok(drawing.as_ref().map_or(String::new(), |drawing| {
            let caption = escape(&drawing.title);
            html(name, drawing, &format!("<figcaption>{caption}</figcaption>"))
        }))
    }

    /// What stands for `{{#plot NAME}}`. Its data are among the page's
    /// numbers.
    pub(crate) fn plot(
        &self,
        name: &str,
        drawn: &mut Drawn,
        numbers: &mut Vec<Shown>,
    ) -> Result<String, String> {
        let plot = self.plots.get(name);
        let plot =
            plot.ok_or_else(|| format!("no plot `{DIRECTORY}/{name}.toml`"))?;
        once(name, drawn)?;
        let Some(Plot { drawing, origin, table }) = plot else {
            return Ok(String::new());
        };
        numbers.push(origin.clone());
        let caption = escape(&drawing.title);
        let origin = origin.html(numbers.len());
        let behind = format!(
            "<figcaption>{caption} ({origin})</figcaption><details><summary>\
             The same as numbers</summary>{table}</details>"
        );
        Ok(html(name, drawing, &behind))
    }

    /// What stands for `{{#here STAGE…}}` on the page at `path`.
    pub(crate) fn here(
        &self,
        path: &Path,
        stages: &[&str],
    ) -> Result<String, String> {
        let pipeline = self.pipeline.as_ref();
        pipeline.map_or(Ok(String::new()), |it| it.html(path, stages))
    }
}

/// Notes a figure of a page. Its names can stand there only once.
fn once(name: &str, drawn: &mut Drawn) -> Result<(), String> {
    match drawn.insert(name.to_owned()) {
        true => Ok(()),
        false => Err(format!("the page has the figure `{name}` already")),
    }
}

/// What the names in a figure begin with.
fn prefix(name: &str) -> String {
    format!("figure-{name}-")
}

/// A figure as HTML, on one line. What is wide scrolls by itself.
fn html(name: &str, drawing: &Drawing, behind: &str) -> String {
    let Drawing { title, desc, width, height, content } = drawing;
    let (title, desc, prefix) = (escape(title), escape(desc), prefix(name));
    format!(
        "<figure class=\"drawn\"><div class=\"sheet\"><svg role=\"img\" \
         viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" aria-labelledby=\"{prefix}title\" \
         aria-describedby=\"{prefix}desc\"><title id=\"{prefix}title\">\
         {title}</title><desc id=\"{prefix}desc\">{desc}</desc>{content}</svg>\
         </div>{behind}</figure>\n"
    )
}

/// The files of a kind among the figures, in their order.
fn files(root: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let directory = root.join(DIRECTORY);
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let file = Path::new(DIRECTORY).join(entry?.file_name());
        if file.extension().is_some_and(|found| found == extension) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn name_of(file: &Path) -> String {
    let name = file.file_stem().expect("it has one");
    name.to_string_lossy().into_owned()
}
