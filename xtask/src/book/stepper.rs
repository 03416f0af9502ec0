//! The stepper: a recorded `--trace` as a list of complete states. The
//! recording is a transcript, so it is run again and compared; what each
//! line does to the states is computed here.

use std::sync::LazyLock;

use regex::Regex;

use super::html::escape;

/// The states of a symbol, in their order; `gone` is after the last.
const STATES: [&str; 5] =
    ["defined", "materializing", "resolved", "emitted", "ready"];

/// A symbol and how far it is: an index into `STATES`, or none when it is
/// gone.
type Row = (String, Option<usize>);

/// The list of the steps in `output`, each with the states after it.
///
/// # Errors
/// If a line changes a state in a way that nobody knows here, or there is no
/// line at all.
pub(crate) fn html(name: &str, output: &str) -> Result<String, String> {
    let mut rows: Vec<Row> = Vec::new();
    let mut steps = Vec::new();
    for line in output.lines() {
        let Some((who, what)) = told(line) else { continue };
        let changed = match who {
            "state" => Some(change(&mut rows, what)?),
            _ => None,
        };
        steps.push((who, what, changed, rows.clone()));
    }
    if steps.is_empty() {
        return Err(format!("the transcript `{name}` has no trace"));
    }
    // Every step has a row for each symbol: the picture does not jump.
    let names: Vec<String> = rows.into_iter().map(|(name, _)| name).collect();
    let steps = steps.iter().map(|(who, what, changed, rows)| {
        let table = table(&names, rows, changed.as_deref());
        let (who, what) = (escape(who), escape(&plain(what)));
        format!("<li><p class=\"told\"><b>{who}</b> {what}</p>{table}</li>")
    });
    let steps: String = steps.collect();
    Ok(format!(
        "<figure class=\"stepper\"><figcaption>A trace, step by step\
         </figcaption><ol>{steps}</ol></figure>\n"
    ))
}

/// Who tells a line of a trace, and what. Other lines are the program's.
fn told(line: &str) -> Option<(&str, &str)> {
    let (who, what) = line.trim_start().split_once("  ")?;
    let width = line.len() - what.len();
    (TELLERS.contains(&who) && width == "generate  ".len())
        .then_some((who, what))
}

const TELLERS: [&str; 7] =
    ["state", "lookup", "generate", "compile", "link", "run", "session"];

/// Notes a change of state, and returns whose it is.
fn change(rows: &mut Vec<Row>, what: &str) -> Result<String, String> {
    let unknown = || format!("the trace has a change nobody knows: {what}");
    let captures = CHANGE.captures(what).ok_or_else(unknown)?;
    let (name, verb) = (captures[1].to_owned(), &captures[2]);
    let state = match verb {
        "is defined" => Some(0),
        "begins to materialize" => Some(1),
        "is resolved" => Some(2),
        "is emitted" => Some(3),
        "is ready" => Some(4),
        "is gone" => None,
        _ => return Err(unknown()),
    };
    match rows.iter_mut().find(|row| row.0 == name) {
        Some(row) => row.1 = state,
        None => rows.push((name.clone(), state)),
    }
    Ok(name)
}

static CHANGE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^`([^`]+)` (.*?)(?:: it is at 0x[0-9a-f]+)?$";
    Regex::new(pattern).expect("it is a constant")
});

/// A line without the marks of code.
fn plain(what: &str) -> String {
    what.replace('`', "")
}

fn table(names: &[String], rows: &[Row], changed: Option<&str>) -> String {
    let heads = STATES.map(|state| format!("<th>{state}</th>")).concat();
    let body = names.iter().map(|name| {
        let row = rows.iter().find(|row| row.0 == *name);
        let state = row.and_then(|row| row.1);
        let cells = (0..STATES.len()).map(|column| match state {
            Some(at) if at == column => "<td class=\"at\">●</td>",
            Some(at) if at > column => "<td class=\"past\">·</td>",
            _ => "<td></td>",
        });
        let cells: String = cells.collect();
        let class = match changed == Some(name) {
            true => " class=\"changed\"",
            false => "",
        };
        let name = escape(name);
        format!("<tr{class}><th><code>{name}</code></th>{cells}</tr>")
    });
    let body: String = body.collect();
    format!("<table><thead><tr><td></td>{heads}</tr></thead>{body}</table>")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "   state  `f` is defined\n  lookup  `f` must be \
                         ready\n   state  `f` is resolved: it is at \
                         0x7f0012345678\nEvaluated to 1\n   state  `g` is \
                         defined\n   state  `f` is gone\n";

    #[test]
    fn each_line_of_a_trace_is_a_complete_state() {
        let html = html("a", TRACE).unwrap();
        assert_eq!(html.matches("<li>").count(), 5);
        // A row for each of two symbols in each of five steps.
        assert_eq!(html.matches("<tr>").count(), 5 + 10 - 4);
        assert_eq!(html.matches("<tr class=\"changed\">").count(), 4);
        assert!(html.contains("<b>lookup</b> f must be ready"), "{html}");
        let resolved = "<code>f</code></th><td class=\"past\">·</td>\
                        <td class=\"past\">·</td><td class=\"at\">●</td>";
        assert!(html.contains(resolved), "{html}");
        assert!(!html.contains("Evaluated"), "{html}");
    }

    #[test]
    fn a_change_that_nobody_knows_is_an_error() {
        let error = html("a", "   state  `f` is asleep\n").unwrap_err();
        assert!(error.ends_with("nobody knows: `f` is asleep"), "{error}");
    }

    #[test]
    fn a_transcript_without_a_trace_is_an_error() {
        let error = html("a", "Evaluated to 1\n").unwrap_err();
        assert_eq!(error, "the transcript `a` has no trace");
    }
}
