//! What divan prints: a tree of benchmarks, each with its median.

/// The benchmarks in `output`: their names, such as `lower.666`, and the
/// medians of their times in nanoseconds.
pub(crate) fn medians(output: &str) -> Vec<(String, f64)> {
    let mut path: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for line in output.lines() {
        let Some((depth, text)) = branch(line) else { continue };
        let columns: Vec<&str> = text.split('│').collect();
        let [first, _, median, ..] = &*columns else { continue };
        let (name, is_leaf) = name(first);
        path.truncate(depth);
        path.push(slug(name));
        if let (true, Some(time)) = (is_leaf, nanoseconds(median)) {
            found.push((path.join("."), time));
        }
    }
    found
}

/// A name as pages write it: small letters, digits, underlines.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.trim_end_matches('_').to_owned()
}

/// How many branches a line of the tree hangs on, and what hangs there.
fn branch(line: &str) -> Option<(usize, &str)> {
    let (before, text) =
        line.split_once("├─ ").or_else(|| line.split_once("╰─ "))?;
    let is_trunk = before.chars().all(|c| c == '│' || c == ' ');
    is_trunk.then(|| (before.chars().count() / 3, text))
}

/// A name, and whether a time stands behind it.
fn name(column: &str) -> (&str, bool) {
    // Two spaces end the name, which may hold single ones.
    match column.trim_end().rsplit_once("  ") {
        Some((name, time)) => (name.trim(), nanoseconds(time).is_some()),
        None => (column.trim(), false),
    }
}

fn nanoseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let size = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    // Divan's four digits, without what multiplying adds to them.
    Some((number * size * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
20: 23 instructions
compile          fastest       │ slowest       │ median        │ mean
├─ generate                    │               │               │
│  ├─ 20         1.571 µs      │ 26.5 µs       │ 1.667 µs      │ 1.973 µs
│  │             14.63 Mitem/s │ 867.7 Kitem/s │ 13.79 Mitem/s │ 11.65
│  ╰─ one, two   43.8 µs       │ 8.057 ms      │ 44 ms         │ 125.6 µs
╰─ lex           634.3 µs      │ 8.719 ms      │ 6 ns          │ 1.109 ms
                 496.4 MB/s    │ 36.12 MB/s    │ 459.9 MB/s    │ 283.9
";

    #[test]
    fn each_benchmark_has_the_median_of_its_time() {
        let expected =
            [("generate.20", 1667.0), ("generate.one_two", 44e6), ("lex", 6.0)];
        let expected = expected.map(|(name, time)| (name.to_owned(), time));
        assert_eq!(medians(OUTPUT), expected);
    }

    #[test]
    fn names_have_small_letters_digits_and_underlines() {
        assert_eq!(slug("50000 in a chain, eager"), "50000_in_a_chain_eager");
    }
}
