//! The stepper: a recorded `--trace` as a list of complete states. The
//! recording is a transcript, so it is run again and compared; what each
//! line does to the states is computed here. Instructions that it has below
//! a line of `code` are shown for as long as they are what is executed.

use std::sync::LazyLock;

use regex::Regex;

use super::html::escape;

/// The states of a symbol, in their order; `gone` is after the last.
const STATES: [&str; 5] =
    ["defined", "materializing", "resolved", "emitted", "ready"];

/// A symbol and how far it is: an index into `STATES`, or none when it is
/// gone. Where two dylibs have the name, the symbol says in which it is.
type Row = (String, Option<usize>);

/// What a line tells, and the states after it.
struct Step<'a> {
    who: &'a str,
    what: &'a str,
    changed: Option<String>,
    rows: Vec<Row>,
    /// What is being executed.
    code: Option<Code<'a>>,
}

/// Code, as far as it has been executed.
#[derive(Clone)]
struct Code<'a> {
    place: &'a str,
    last: &'a str,
    before: Vec<&'a str>,
}

/// The list of the steps in `output`, each with the states after it.
///
/// # Errors
/// If a line changes a state in a way that nobody knows here, code has no
/// instructions, or there is no line at all.
pub(crate) fn html(name: &str, output: &str) -> Result<String, String> {
    let steps = steps(output)?;
    let last = steps.last();
    let last = last.ok_or(format!("the transcript `{name}` has no trace"))?;
    // Every step has a row for each symbol: the picture does not jump.
    let names = last.rows.iter().map(|(name, _)| name.clone());
    let names: Vec<String> = names.collect();
    let list: String = steps.iter().map(|step| step.html(&names)).collect();
    let class = match steps.iter().any(|step| step.code.is_some()) {
        true => "stepper executing",
        false => "stepper",
    };
    Ok(format!(
        "<figure class=\"{class}\"><figcaption>A trace, step by step\
         </figcaption><ol>{list}</ol></figure>\n"
    ))
}

fn steps(output: &str) -> Result<Vec<Step<'_>>, String> {
    let (mut rows, mut code) = (Vec::new(), None);
    let mut steps = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((who, what)) = told(line) else { continue };
        let mut changed = None;
        match who {
            "state" => changed = Some(change(&mut rows, what)?),
            "run" => code = None,
            "code" => {
                let next = || lines.next_if(|line| line.starts_with(MARGIN));
                let mut before: Vec<&str> =
                    std::iter::from_fn(next).map(str::trim).collect();
                let last = before.pop();
                let last = last.ok_or(format!("no instructions of {what}"))?;
                code = Some(Code { place: what, last, before });
            }
            _ => {}
        }
        let (rows, code) = (rows.clone(), code.clone());
        steps.push(Step { who, what, changed, rows, code });
    }
    Ok(steps)
}

/// What stands before an instruction.
const MARGIN: &str = "            ";

impl Step<'_> {
    fn html(&self, names: &[String]) -> String {
        let table = table(names, &self.rows, self.changed.as_deref());
        let (who, what) = (escape(self.who), escape(&plain(self.what)));
        let code = self.code.as_ref().map(|code| code.html(self.who != "code"));
        let code = code.unwrap_or_default();
        format!(
            "<li><p class=\"told\"><b>{who}</b> {what}</p>{table}{code}</li>"
        )
    }
}

impl Code<'_> {
    /// The instructions, the last of them marked: it waits, or has led
    /// elsewhere.
    fn html(&self, waits: bool) -> String {
        let (still, place) = match waits {
            true => {
                let place = escape(&plain(self.place));
                let text = format!("<b>meanwhile</b> {place} waits");
                (" still", format!("<p class=\"told still\">{text}</p>"))
            }
            false => ("", String::new()),
        };
        let long = if self.before.len() > 7 { " long" } else { "" };
        let lines = self.before.iter().map(|it| format!("  {}\n", escape(it)));
        let (lines, last): (String, _) = (lines.collect(), escape(self.last));
        format!(
            "{place}<pre class=\"code{still}{long}\"><samp>{lines}\
             <b>▸ {last}</b></samp></pre>"
        )
    }
}

/// Who tells a line of a trace, and what. Other lines are the program's.
fn told(line: &str) -> Option<(&str, &str)> {
    let (who, what) = line.trim_start().split_once("  ")?;
    let width = line.len() - what.len();
    (TELLERS.contains(&who) && width == "generate  ".len())
        .then_some((who, what))
}

const TELLERS: [&str; 9] = [
    "state", "lookup", "generate", "compile", "link", "run", "session", "lazy",
    "code",
];

/// Notes a change of state, and returns whose it is.
fn change(rows: &mut Vec<Row>, what: &str) -> Result<String, String> {
    let unknown = || format!("the trace has a change nobody knows: {what}");
    let captures = CHANGE.captures(what).ok_or_else(unknown)?;
    let name = plain(&captures[1]);
    let verb = &captures[2];
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
    let pattern = r"^(`[^`]+`(?: in \w+)?) (.*?)(?:: it is at 0x[0-9a-f]+)?$";
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
        let (symbol, dylib) = match name.split_once(' ') {
            Some((symbol, dylib)) => (symbol, format!(" {}", escape(dylib))),
            None => (&**name, String::new()),
        };
        let name = format!("<code>{}</code>{dylib}", escape(symbol));
        format!("<tr{class}><th>{name}</th>{cells}</tr>")
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
    fn symbols_of_one_name_in_two_dylibs_are_two() {
        let trace = "   state  `f` is ready\n   state  `f` in bodies is \
                     defined\n   state  `f` in bodies is resolved: it is at \
                     0x7f0012345678\n";
        let html = html("a", trace).unwrap();
        let last = &html[html.rfind("<li>").unwrap()..];
        let public = "<tr><th><code>f</code></th>";
        let body = "<tr class=\"changed\"><th><code>f</code> in bodies</th>";
        assert!(last.contains(public) && last.contains(body), "{last}");
        assert_eq!(last.matches("●").count(), 2);
    }

    const EXECUTED: &str = "     run  `f` is called\n    code  the stub of `f`\n\
                            \x20           lea r10, [0x7f0012345678]\n\
                            \x20           jmp [a<b]\n    lazy  `f` is \
                            called\n     run  `f` returns\n\
                            \x20           not code\n";

    #[test]
    fn code_is_shown_while_it_is_executed() {
        let html = html("a", EXECUTED).unwrap();
        assert!(html.starts_with("<figure class=\"stepper executing\">"));
        let code = |class| {
            format!(
                "<pre class=\"{class}\"><samp>  lea r10, [0x7f0012345678]\n\
                 <b>▸ jmp [a&lt;b]</b></samp></pre></li>"
            )
        };
        let steps: Vec<&str> = html.split("<li>").skip(1).collect();
        assert_eq!(steps.len(), 4);
        assert!(!steps[0].contains("<pre"), "{html}");
        assert!(steps[1].ends_with(&code("code")), "{html}");
        assert!(steps[2].ends_with(&code("code still")), "{html}");
        let waits =
            "<p class=\"told still\"><b>meanwhile</b> the stub of f waits";
        assert!(steps[2].contains(waits), "{html}");
        assert!(!steps[3].contains("<pre"), "{html}");
        assert!(!html.contains("not code"), "{html}");
    }

    #[test]
    fn code_without_instructions_is_an_error() {
        let trace = EXECUTED.replace("            ", "");
        let error = html("a", &trace).unwrap_err();
        assert_eq!(error, "no instructions of the stub of `f`");
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
