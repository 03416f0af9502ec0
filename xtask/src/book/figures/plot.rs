//! Plots: what a file beside the drawings wants to be shown of the data
//! files, computed. `chart` draws it.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::fault::line_at;
use super::super::html::escape;
use super::super::numbers::{Numbers, Quantity, Shown, Unit, shown};
use super::chart;
use super::svg::{self, Drawing, Wrong};

/// A plot, ready for a page.
pub(super) struct Plot {
    pub(super) drawing: Drawing,
    /// Where its numbers are from.
    pub(super) origin: Shown,
    /// The numbers, as HTML.
    pub(super) table: String,
}

/// What a file says of a plot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    pub(super) title: String,
    pub(super) desc: String,
    pub(super) kind: Kind,
    /// What is on the axis of the measured numbers, their unit aside.
    pub(super) values: String,
    /// The same for the other axis.
    pub(super) places: String,
    /// Whether the axis of the measured numbers is logarithmic.
    #[serde(default)]
    pub(super) log: bool,
    /// Where the numbers of each series belong: names of bars; for lines,
    /// numbers, on an axis that is logarithmic if the other one is.
    pub(super) at: Vec<String>,
    /// What the description says, as in `{{claim …}}`.
    #[serde(default)]
    claims: Vec<String>,
    series: Vec<SeriesSpec>,
}

/// How numbers are shown.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A bar for each, from the left.
    Bars,
    /// The same; the bars of different series are put end to end.
    Stacked,
    /// A line for each series.
    Lines,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesSpec {
    #[serde(default)]
    name: String,
    /// An expression for each place, as in `{{value …}}`.
    values: Vec<String>,
}

/// Some of a plot's numbers.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) numbers: Vec<Quantity>,
}

/// Reads what a plot shows, and draws it.
///
/// # Errors
/// If there is no such number, or it cannot be drawn like this.
pub(super) fn read(
    prefix: &str,
    text: &str,
    numbers: &Numbers,
) -> Result<Plot, Wrong> {
    let spec: Spec = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (line_at(text, at), error.message().to_owned())
    })?;
    let at = |part: &str| {
        let line = line_at(text, text.find(part).unwrap_or(0));
        move |what: String| (line, what)
    };
    for claim in &spec.claims {
        numbers.claim(&words(claim)).map_err(at(claim))?;
    }
    let (mut series, mut places) = (Vec::new(), BTreeSet::new());
    for SeriesSpec { name, values } in &spec.series {
        let mut quantities = Vec::new();
        for value in values {
            let (quantity, place) =
                numbers.measured(&words(value)).map_err(at(value))?;
            quantities.push(quantity);
            places.insert(place);
        }
        series.push(Series { name: name.clone(), numbers: quantities });
    }
    let unit = check(&spec, &series).map_err(at(""))?;
    let picture = chart::draw(&spec, &series, unit).map_err(at(""))?;
    let drawing = svg::read(prefix, &picture)
        .map_err(|mut wrong| at("")(wrong.remove(0).1))?;
    let (origin, table) = (origin(&series, &places), table(&spec, &series));
    Ok(Plot { drawing, origin, table })
}

fn words(expression: &str) -> Vec<&str> {
    expression.split_whitespace().collect()
}

/// The unit of all numbers, if they can be drawn together.
fn check(spec: &Spec, series: &[Series]) -> Result<Unit, String> {
    let all = || series.iter().flat_map(|series| &series.numbers);
    let first = all().next().ok_or("a plot of nothing")?;
    if series.iter().any(|it| it.numbers.len() != spec.at.len()) {
        return Err("a series has a number for each place in `at`".into());
    }
    if all().any(|number| number.unit != first.unit) {
        return Err("numbers of different units on one axis".into());
    }
    if spec.kind == Kind::Bars && series.len() > 1 {
        return Err("`bars` has one series; `stacked` and `lines` more".into());
    }
    if spec.kind == Kind::Stacked && spec.log {
        return Err("lengths on a logarithmic axis have no sum".into());
    }
    if all().any(|it| it.runs.iter().any(|run| *run <= 0.0)) {
        return Err("a number that is not positive has no length".into());
    }
    let values = [&spec.values, &spec.places, &spec.title, &spec.desc];
    match values.iter().any(|text| text.trim().is_empty()) {
        true => Err("a plot and its axes have names".into()),
        false => Ok(first.unit),
    }
}

/// What the caption says of the data.
fn origin(series: &[Series], places: &BTreeSet<String>) -> Shown {
    let numbers = || series.iter().flat_map(|series| &series.numbers);
    let runs = numbers().map(|number| number.runs.len()).max().unwrap_or(0);
    let ratios = numbers().flat_map(|number| {
        let median = number.median();
        number.runs.iter().map(move |run| run / median)
    });
    let (least, most) = ratios.fold((1.0f64, 1.0f64), |(least, most), it| {
        (least.min(it), most.max(it))
    });
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let origin = format!(
        "Medians of {runs} runs, which are between {least:.2} and {most:.2} \
         times the median; {}",
        places.join("; ")
    );
    Shown { text: format!("medians of {runs} runs"), origin }
}

/// All numbers with their spread.
fn table(spec: &Spec, series: &[Series]) -> String {
    let heads = series.iter().map(|series| match &*series.name {
        "" => format!("<th>{}</th>", escape(&spec.values)),
        name => format!("<th>{}</th>", escape(name)),
    });
    let heads: String = heads.collect();
    let rows = spec.at.iter().enumerate().map(|(row, place)| {
        let cells = series.iter().map(|series| {
            let number = &series.numbers[row];
            let (least, most) = number.spread();
            format!("<td>{number} <small>({least} to {most})</small></td>")
        });
        let cells: String = cells.collect();
        format!("<tr><th>{}</th>{cells}</tr>", escape(place))
    });
    format!(
        "<table><thead><tr><th>{}</th>{heads}</tr></thead><tbody>{}</tbody>\
         </table>",
        escape(&spec.places),
        rows.collect::<String>()
    )
}

/// A number at a mark of an axis: `1 µs`, not `1.0 µs`.
pub(super) fn mark(number: f64, unit: Unit) -> String {
    shown(number, unit).replace(".0 ", " ")
}

#[cfg(test)]
mod tests;
