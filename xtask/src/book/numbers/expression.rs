//! Expressions over measured numbers: `compile.lower.666 / 2`, and
//! comparisons of two of them.

use super::quantity::{Quantity, Unit};

/// The value of some words: products with `-` between them, which consist of
/// operands with `*` and `/` between them, all taken from the left. An operand
/// is what `lookup` knows by name, or a number, with or without a unit behind
/// it.
pub(crate) fn value(
    words: &[&str],
    lookup: &mut dyn FnMut(&str) -> Result<Quantity, String>,
) -> Result<Quantity, String> {
    let mut terms = words.split(|word| *word == "-");
    let mut result = product(terms.next().unwrap_or_default(), lookup)?;
    for term in terms {
        result = combined(result, "-", product(term, lookup)?)?;
    }
    Ok(result)
}

fn product(
    words: &[&str],
    lookup: &mut dyn FnMut(&str) -> Result<Quantity, String>,
) -> Result<Quantity, String> {
    let mut words = words.iter().copied().peekable();
    let mut result: Option<Quantity> = None;
    let mut operator = "";
    loop {
        let word = words.next().ok_or("a number is missing")?;
        let operand = match word.parse::<f64>() {
            Err(_) => lookup(word)?,
            Ok(number) => {
                let number = Quantity::constant(number);
                let unit = words.next_if(|word| !OPERATORS.contains(word));
                match unit {
                    None => number,
                    Some(unit) => number
                        .with_unit(unit)
                        .ok_or_else(|| format!("no unit `{unit}`"))?,
                }
            }
        };
        result = Some(match result {
            None => operand,
            Some(left) => combined(left, operator, operand)?,
        });
        match words.next() {
            None => return result.ok_or_else(|| "no number".into()),
            Some(word) if OPERATORS.contains(&word) => operator = word,
            Some(word) => return Err(format!("`{word}` is no operator")),
        }
    }
}

/// Whether a comparison such as `a / b < 1.2` holds of the medians. The two
/// sides have the same unit.
pub(crate) fn holds(
    words: &[&str],
    lookup: &mut dyn FnMut(&str) -> Result<Quantity, String>,
) -> Result<(), String> {
    let at = words.iter().position(|word| ["<", ">"].contains(word));
    let at = at.ok_or("a claim compares two numbers, with `<` or `>`")?;
    let left = value(&words[..at], lookup)?;
    let right = value(&words[at + 1..], lookup)?;
    if left.unit != right.unit {
        return Err(format!("`{left}` and `{right}` cannot be compared"));
    }
    let (a, b) = (left.median(), right.median());
    let is_true = if words[at] == "<" { a < b } else { a > b };
    match is_true {
        true => Ok(()),
        false => Err(format!(
            "the claim `{}` is false: {left} on the left, {right} on the \
             right",
            words.join(" ")
        )),
    }
}

const OPERATORS: [&str; 2] = ["*", "/"];

/// Combines run by run: what was measured in the same run was measured on
/// the same machine in the same mood.
fn combined(
    left: Quantity,
    operator: &str,
    right: Quantity,
) -> Result<Quantity, String> {
    let unit = match (left.unit, operator, right.unit) {
        (a, "-", b) if a == b => a,
        (_, "-", _) => {
            return Err(format!("`{left} - {right}` has no unit"));
        }
        (unit, _, Unit::One) | (Unit::One, "*", unit) => unit,
        (a, "/", b) if a == b => Unit::One,
        _ => return Err(format!("`{left} {operator} {right}` has no unit")),
    };
    let (a, b) = (&left.runs, &right.runs);
    let count = a.len().max(b.len());
    if ![1, count].contains(&a.len()) || ![1, count].contains(&b.len()) {
        return Err("two numbers of different runs".into());
    }
    let runs = (0..count).map(|run| {
        let (a, b) = (a[run % a.len()], b[run % b.len()]);
        match operator {
            "-" => a - b,
            "*" => a * b,
            _ => a / b,
        }
    });
    Ok(Quantity { runs: runs.collect(), unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Result<Quantity, String> {
        let runs = match name {
            "fast" => vec![1e3, 2e3, 3e3],
            "slow" => vec![2e3, 6e3, 30e3],
            "other" => vec![1e3, 1e3],
            _ => return Err(format!("no number `{name}`")),
        };
        Ok(Quantity { runs, unit: Unit::Nanosecond })
    }

    fn shown(text: &str) -> Result<String, String> {
        let words: Vec<&str> = text.split(' ').collect();
        value(&words, &mut lookup).map(|value| value.to_string())
    }

    fn claim(text: &str) -> Result<(), String> {
        let words: Vec<&str> = text.split(' ').collect();
        holds(&words, &mut lookup)
    }

    #[test]
    fn a_ratio_is_the_median_of_the_ratios_of_each_run() {
        assert_eq!(shown("slow / fast").unwrap(), "3.0");
        assert_eq!(shown("slow / 2").unwrap(), "3.0 µs");
        assert_eq!(shown("2 * slow / 3 µs").unwrap(), "4.0");
    }

    #[test]
    fn a_difference_is_one_of_products_run_by_run() {
        assert_eq!(shown("slow - fast").unwrap(), "4.0 µs");
        assert_eq!(shown("slow - fast * 2 - 1 µs").unwrap(), "1.0 µs");
        assert!(shown("slow - 2").unwrap_err().contains("no unit"));
        assert!(shown("slow -").unwrap_err().contains("missing"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(shown("slow * fast").unwrap_err().contains("no unit"));
        assert!(shown("1 / fast").unwrap_err().contains("no unit"));
        assert!(shown("slow / other").unwrap_err().contains("different runs"));
        assert!(shown("slow fast").unwrap_err().contains("no operator"));
        assert!(shown("slow /").unwrap_err().contains("missing"));
        assert!(shown("1 us").unwrap_err().contains("no unit"));
        assert!(shown("none").unwrap_err().contains("no number"));
    }

    #[test]
    fn a_false_claim_names_both_sides() {
        assert_eq!(claim("slow / fast < 3.1"), Ok(()));
        assert_eq!(claim("slow > fast * 2"), Ok(()));
        assert_eq!(claim("slow < 6.1 µs"), Ok(()));
        let error = claim("slow / fast < 3").unwrap_err();
        let expected = "the claim `slow / fast < 3` is false: 3.0 on the \
                        left, 3.0 on the right";
        assert_eq!(error, expected);
        assert!(claim("slow < 6").unwrap_err().contains("compared"));
        assert!(claim("slow").is_err());
    }
}
