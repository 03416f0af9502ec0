//! The plot itself: drawn by `plotters`, in colours that stand for classes of
//! the style.

use std::fmt::Write;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use roxmltree::{Document, Node};

use super::super::numbers::{Quantity, Unit};
use super::plot::{Kind, Series, Spec, mark};

/// As wide as a page's text.
const WIDTH: u32 = 680;
/// A bar with the space around it.
const ROW: u32 = 34;
const BAR: i32 = 22;
/// What is above the bars or lines: names of series.
const HEAD: u32 = 34;
/// The height of text, and the width of a letter, more or less.
const TEXT: u32 = 12;
const LETTER: u32 = 7;

/// The colours that are drawn with, each for the classes it stands for.
const INK: RGBColor = RGBColor(0, 0, 1);
const AXIS: RGBColor = RGBColor(0, 0, 2);
const GRID: RGBColor = RGBColor(0, 0, 3);
const HUES: [&str; 5] = ["a", "b", "c", "d", "e"];

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<T = ()> = Result<T, String>;

/// A plot as SVG in our style.
///
/// # Errors
/// If there are more series than hues, or a place of a line is no number.
pub(super) fn draw(
    spec: &Spec,
    series: &[Series],
    unit: Unit,
) -> Drawn<String> {
    if series.len() > HUES.len() {
        return Err(format!("a plot has at most {} series", HUES.len()));
    }
    let height = match spec.kind {
        Kind::Lines => 360,
        _ => HEAD + ROW * spec.at.len() as u32 + 56,
    };
    let mut picture = String::new();
    let backend = SVGBackend::with_string(&mut picture, (WIDTH, height));
    let canvas = backend.into_drawing_area();
    names(&canvas, series)?;
    let plot = Plotted { spec, series, unit };
    match (spec.kind, spec.log) {
        (Kind::Lines, _) => plot.lines(&canvas)?,
        (_, true) => {
            let (least, most) = plot.extremes();
            plot.bars(
                &canvas,
                (least / 2.0..most * 4.0).log_scale(),
                least / 2.0,
            )?;
        }
        (_, false) => plot.bars(&canvas, 0.0..plot.longest() * 1.15, 0.0)?,
    }
    canvas.present().map_err(text_of)?;
    drop(canvas);
    styled(spec, &picture, height)
}

struct Plotted<'a> {
    spec: &'a Spec,
    series: &'a [Series],
    unit: Unit,
}

impl Plotted<'_> {
    /// The smallest and the largest number of all runs.
    fn extremes(&self) -> (f64, f64) {
        let numbers = self.series.iter().flat_map(|series| &series.numbers);
        extremes(numbers.flat_map(|number| &number.runs))
    }

    /// The length of the longest row.
    fn longest(&self) -> f64 {
        let row = |row: usize| -> f64 {
            self.series.iter().map(|it| it.numbers[row].median()).sum()
        };
        let longest = (0..self.spec.at.len()).map(row).fold(0.0, f64::max);
        longest.max(self.extremes().1)
    }

    /// Bars from the left, a row for each place, with their values at their
    /// ends.
    fn bars<X>(&self, canvas: &Canvas, axis: X, start: f64) -> Drawn
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
    {
        let Plotted { spec, unit, .. } = *self;
        let rows = spec.at.len() as f64;
        let letters = spec.at.iter().map(|at| at.chars().count()).max();
        let left = LETTER * letters.unwrap_or(0) as u32 + 20;
        let mut chart = ChartBuilder::on(canvas)
            .margin_top(HEAD)
            .margin_right(24)
            .x_label_area_size(48)
            .y_label_area_size(left)
            .build_cartesian_2d(axis, 0.0..rows)
            .map_err(text_of)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .x_labels(6)
            .axis_style(AXIS)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(font())
            .x_desc(&spec.values)
            .x_label_formatter(&|number| mark(*number, unit))
            .draw()
            .map_err(text_of)?;
        let area = chart.plotting_area();
        for row in 0..spec.at.len() {
            let y = rows - row as f64 - 0.5;
            let at = |number: f64| area.map_coordinate(&(number, y));
            self.row(canvas, row, start, &at)?;
        }
        Ok(())
    }

    /// A row of bars, from `start` on; `at` knows where numbers are in it.
    fn row(
        &self,
        canvas: &Canvas,
        row: usize,
        start: f64,
        at: &dyn Fn(f64) -> (i32, i32),
    ) -> Drawn {
        let (left, y) = at(start);
        write_at(canvas, &self.spec.at[row], (left - 10, y), HPos::Right)?;
        let (mut sum, mut from) = (0.0, left);
        for (index, series) in self.series.iter().enumerate() {
            sum += series.numbers[row].median();
            let to = at(sum).0;
            let corners = [(from, y - BAR / 2), (to, y + BAR / 2)];
            let bar = Rectangle::new(corners, hue(index).filled());
            canvas.draw(&bar).map_err(text_of)?;
            from = to;
        }
        if let [series] = self.series {
            let (least, most) = extremes(&series.numbers[row].runs);
            from = at(most).0;
            let line = PathElement::new([at(least), at(most)], INK);
            canvas.draw(&line).map_err(text_of)?;
        }
        let sum = Quantity { runs: vec![sum], unit: self.unit };
        write_at(canvas, &sum.to_string(), (from + 6, y), HPos::Left)
    }

    fn lines(&self, canvas: &Canvas) -> Drawn {
        let places = self.spec.at.iter().map(|place| place.parse::<f64>());
        let places: Vec<f64> =
            places.collect::<Result<_, _>>().map_err(|_| {
                "the places of lines are positive numbers".to_owned()
            })?;
        let (least_place, most_place) = extremes(&places);
        if !(least_place > 0.0 && most_place.is_finite()) {
            return Err("the places of lines are positive numbers".into());
        }
        let (least, most) = self.extremes();
        match self.spec.log {
            true => self.lines_on(
                canvas,
                &places,
                (least_place / 1.5..most_place * 1.5).log_scale(),
                (least / 1.5..most * 1.5).log_scale(),
            ),
            false => self.lines_on(
                canvas,
                &places,
                0.0..most_place * 1.05,
                0.0..most * 1.05,
            ),
        }
    }

    fn lines_on<X, Y>(
        &self,
        canvas: &Canvas,
        places: &[f64],
        x: X,
        y: Y,
    ) -> Drawn
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
    {
        let Plotted { spec, unit, .. } = *self;
        let mut chart = ChartBuilder::on(canvas)
            .margin_top(HEAD)
            .margin_right(24)
            .x_label_area_size(48)
            .y_label_area_size(84)
            .build_cartesian_2d(x, y)
            .map_err(text_of)?;
        chart
            .configure_mesh()
            .x_labels(8)
            .y_labels(8)
            .axis_style(AXIS)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(font())
            .x_desc(&spec.places)
            .y_desc(&spec.values)
            .disable_x_mesh()
            .x_label_formatter(&|_| String::new())
            .set_tick_mark_size(LabelAreaPosition::Bottom, 0)
            .y_label_formatter(&|number| mark(*number, unit))
            .draw()
            .map_err(text_of)?;
        // The places are marked that there are numbers for, and no others.
        let bottom = chart.plotting_area().get_y_axis_pixel_range().end;
        let top = chart.plotting_area().get_y_axis_pixel_range().start;
        for (place, name) in places.iter().zip(&spec.at) {
            let least = self.extremes().0;
            let at = chart.plotting_area().map_coordinate(&(*place, least));
            let line = PathElement::new([(at.0, top), (at.0, bottom)], GRID);
            canvas.draw(&line).map_err(text_of)?;
            write_at(canvas, name, (at.0, bottom + 14), HPos::Center)?;
        }
        for (index, series) in self.series.iter().enumerate() {
            let medians = series.numbers.iter().map(Quantity::median);
            let points: Vec<_> = places.iter().copied().zip(medians).collect();
            let dots = points
                .iter()
                .map(|&point| Circle::new(point, 4, hue(index).filled()));
            chart.draw_series(dots).map_err(text_of)?;
            let line = LineSeries::new(points, hue(index).stroke_width(2));
            chart.draw_series(line).map_err(text_of)?;
        }
        Ok(())
    }
}

/// The smallest and the largest of some numbers.
fn extremes<'n>(numbers: impl IntoIterator<Item = &'n f64>) -> (f64, f64) {
    let numbers = numbers.into_iter();
    numbers.fold((f64::INFINITY, 0.0), |(least, most), &number| {
        (least.min(number), most.max(number))
    })
}

/// The names of the series, in their colours, if there are several.
fn names(canvas: &Canvas, series: &[Series]) -> Drawn {
    if series.len() < 2 {
        return Ok(());
    }
    let mut x = 20;
    for (index, series) in series.iter().enumerate() {
        let box_ = Rectangle::new([(x, 8), (x + 12, 20)], hue(index).filled());
        canvas.draw(&box_).map_err(text_of)?;
        write_at(canvas, &series.name, (x + 18, 14), HPos::Left)?;
        x += 18 + LETTER as i32 * series.name.chars().count() as i32 + 20;
    }
    Ok(())
}

fn write_at(canvas: &Canvas, text: &str, at: (i32, i32), side: HPos) -> Drawn {
    let style = font().pos(Pos::new(side, VPos::Center));
    canvas.draw_text(text, &style, at).map_err(text_of)
}

fn font() -> TextStyle<'static> {
    // The backend makes of it what has this height in most fonts.
    let size = f64::from(TEXT) * 1.24;
    TextStyle::from(("sans-serif", size).into_font()).color(&INK)
}

fn hue(index: usize) -> RGBColor {
    RGBColor(index as u8 + 1, 0, 0)
}

fn text_of(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What stands in a drawing, with classes for colours.
fn styled(spec: &Spec, picture: &str, height: u32) -> Drawn<String> {
    let document = Document::parse(picture).map_err(text_of)?;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\"><title>{}</title>\
         <desc>{}</desc>",
        escaped(&spec.title),
        escaped(&spec.desc)
    );
    let nodes = document.root_element().descendants().skip(1);
    for node in nodes.filter(Node::is_element) {
        let (name, class) = (node.tag_name().name(), class(node)?);
        write!(svg, "<{name} class=\"{class}\"").map_err(text_of)?;
        for attribute in node.attributes() {
            if GEOMETRY.contains(&attribute.name()) {
                let value = escaped(attribute.value());
                write!(svg, " {}=\"{value}\"", attribute.name())
                    .map_err(text_of)?;
            }
        }
        let text = escaped(node.text().unwrap_or_default().trim());
        write!(svg, ">{text}</{name}>").map_err(text_of)?;
    }
    Ok(svg + "</svg>")
}

/// What is kept of a shape, besides its colour.
const GEOMETRY: [&str; 16] = [
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "width",
    "height",
    "cx",
    "cy",
    "r",
    "points",
    "d",
    "dy",
    "text-anchor",
    "transform",
];

/// The classes that the colour of a shape stands for.
fn class(node: Node) -> Drawn<String> {
    let color = ["fill", "stroke"]
        .into_iter()
        .find_map(|name| node.attribute(name).filter(|color| *color != "none"));
    let color = color.unwrap_or_default().trim_start_matches('#');
    let color = u32::from_str_radix(color, 16).unwrap_or(0);
    let is_text = node.tag_name().name() == "text";
    let is_filled = node.attribute("fill").is_some_and(|it| it != "none");
    Ok(match (color, color >> 16) {
        (1, _) if is_text => "small".to_owned(),
        (1 | 2, _) => "line".to_owned(),
        (3, _) => "grid".to_owned(),
        (_, series @ 1..) => {
            let hue = HUES[series as usize - 1];
            let kind = if is_filled { "bar" } else { "line thick" };
            format!("{hue} {kind}")
        }
        _ => return Err(format!("a shape without a class: {node:?}")),
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
