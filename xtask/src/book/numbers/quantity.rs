//! Quantities: one number per run, and their unit.

use std::fmt;

/// What was measured, or computed from that: in each of several runs once. A
/// constant has one number only.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Quantity {
    pub(crate) runs: Vec<f64>,
    pub(crate) unit: Unit,
}

/// What a number counts. There are no products of them: `µs` times `µs` is
/// refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    /// Nothing: a ratio, or a count.
    One,
    Nanosecond,
    Byte,
}

/// The names of units, with their sizes; for each unit in ascending order.
const NAMES: [(&str, Unit, f64); 8] = [
    ("ns", Unit::Nanosecond, 1.0),
    ("µs", Unit::Nanosecond, 1e3),
    ("ms", Unit::Nanosecond, 1e6),
    ("s", Unit::Nanosecond, 1e9),
    ("B", Unit::Byte, 1.0),
    ("KiB", Unit::Byte, 1024.0),
    ("MiB", Unit::Byte, 1_048_576.0),
    ("GiB", Unit::Byte, 1_073_741_824.0),
];

impl Quantity {
    /// A number that nobody measured.
    pub(crate) fn constant(number: f64) -> Quantity {
        Quantity { runs: vec![number], unit: Unit::One }
    }

    /// The same numbers in a unit such as `µs`, if there is one of the name.
    pub(crate) fn with_unit(self, name: &str) -> Option<Quantity> {
        let (_, unit, size) = NAMES.into_iter().find(|it| it.0 == name)?;
        let runs = self.runs.into_iter().map(|number| number * size);
        Some(Quantity { runs: runs.collect(), unit })
    }

    /// The one in the middle, or between the two that are.
    pub(crate) fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        match sorted.len() % 2 {
            1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
        }
    }

    /// The smallest and the largest, as text.
    pub(crate) fn spread(&self) -> (String, String) {
        let sorted = self.sorted();
        let last = sorted.len() - 1;
        (shown(sorted[0], self.unit), shown(sorted[last], self.unit))
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.runs.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// Its median, to two digits: `31 µs`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&shown(self.median(), self.unit))
    }
}

/// The least unit below a thousand of which the number is.
pub(crate) fn shown(number: f64, unit: Unit) -> String {
    let fitting = NAMES.into_iter().filter(|it| it.1 == unit);
    let mut best = None;
    for (name, _, size) in fitting {
        if best.is_none() || number.abs() >= size {
            best = Some((name, size));
        }
    }
    match best {
        Some((name, size)) => format!("{} {name}", digits(number / size)),
        None => digits(number),
    }
}

/// Two digits that count, and zeros: machines are not more exact than that.
fn digits(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let place = number.abs().log10().floor() as i32 - 1;
    let unit = 10f64.powi(place.abs());
    match place {
        1.. => format!("{:.0}", (number / unit).round() * unit),
        _ => format!("{:.*}", place.unsigned_abs() as usize, number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(runs: &[f64]) -> Quantity {
        Quantity { runs: runs.to_vec(), unit: Unit::Nanosecond }
    }

    #[test]
    fn the_median_is_shown_to_two_digits_in_a_fitting_unit() {
        for (number, expected) in [
            (0.0, "0 ns"),
            (0.123, "0.12 ns"),
            (7.0, "7.0 ns"),
            (999.0, "1000 ns"),
            (1000.0, "1.0 µs"),
            (44_270.0, "44 µs"),
            (123_456.0, "120 µs"),
            (2.66e9, "2.7 s"),
        ] {
            assert_eq!(time(&[number]).to_string(), expected);
        }
        assert_eq!(Quantity::constant(3.456).to_string(), "3.5");
        let size = Quantity::constant(5.25).with_unit("MiB").unwrap();
        assert_eq!(size.to_string(), "5.2 MiB");
    }

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(time(&[9.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(time(&[9.0, 1.0, 2.0, 4.0]).median(), 3.0);
        let spread = ("1.0 ns".to_owned(), "9.0 ns".to_owned());
        assert_eq!(time(&[9.0, 1.0, 2.0]).spread(), spread);
    }

    #[test]
    fn a_unit_that_nobody_knows_is_refused() {
        assert_eq!(Quantity::constant(1.0).with_unit("us"), None);
    }
}
