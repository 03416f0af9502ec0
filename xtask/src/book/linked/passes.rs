//! What passes make of a function: of one that stands in a program, and of
//! those that the tests of the passes have.

use std::fs;
use std::path::{Path, PathBuf};

use chapter1::ir::{Function, parse_module};
use chapter2::pipeline::{Level, Pipeline};

use super::compile::Compiled;
use super::pane::{self, Code, Pane, Place};
use super::{figure, version};
use crate::book::html::escape;

/// Where the passes and their tests are.
const PASSES: &str = "chapter2/src/passes";

/// How a pass's test marks its function before the pass, and after it.
const BEFORE: &str = "# before\n";
const AFTER: &str = "\n# after ";

/// What is left of a function after passes: the levels' names, or names of
/// passes with commas between them.
///
/// # Errors
/// If there is no such pass, or no such view.
pub(super) fn pane(
    compiled: &Compiled,
    kind: &str,
    order: &str,
) -> Result<Pane, String> {
    let compiled = compiled.optimised(&pipeline(order)?)?;
    match kind {
        "ir" => Ok(pane::ir(&format!("IR after {order}"), &compiled)),
        "assembly" => pane::assembly(&format!("assembly, {order}"), &compiled),
        "bytes" => pane::bytes(&format!("bytes, {order}"), &compiled),
        other => Err(format!("no pane `{other}` after passes")),
    }
}

fn pipeline(order: &str) -> Result<Pipeline, String> {
    let levels = [("-O0", Level::O0), ("-O1", Level::O1), ("-O2", Level::O2)];
    if let Some((_, level)) = levels.iter().find(|(name, _)| *name == order) {
        return Ok(level.pipeline());
    }
    let names: Vec<&str> = order.split(',').collect();
    Pipeline::named(&names).map_err(|error| error.to_string())
}

/// Unlinks what is new, if panes show what different passes have made: then
/// one number can stand for two things.
pub(super) fn unlink_strangers(
    panes: &mut [Pane],
    names: &[PathBuf],
    before: &Function,
) {
    let orders =
        names.iter().filter_map(|name| Some(name.to_str()?.split_once(':')?.1));
    let mut orders: Vec<&str> = orders.collect();
    orders.dedup();
    if orders.len() < 2 {
        return;
    }
    let is_old = |code: Code| match code {
        Code::Function => true,
        Code::Block(block) => before.blocks.is_valid(block),
        Code::Inst(inst) => before.insts.is_valid(inst),
    };
    for pane in panes {
        pane.parts.retain(|part| match part.place {
            Place::Source(_) => true,
            Place::Code { what, .. } => is_old(what),
        });
    }
}

/// The function of a pass's test, before and after: what the test's recorded
/// result says. `pass` is the directory of the tests.
///
/// # Errors
/// If there is no such test, or its result does not have both.
pub(crate) fn before_and_after(
    root: &Path,
    pass: &str,
    test: &str,
) -> Result<String, String> {
    let file = format!("chapter2__passes__{pass}__tests__{test}.snap");
    let file = Path::new(PASSES).join(pass).join("snapshots").join(file);
    let wrong = |what: String| format!("`{}`: {what}", file.display());
    let text = fs::read_to_string(root.join(&file));
    let text = text.map_err(|error| wrong(error.to_string()))?;
    let [before, pass, after] = split(&text).ok_or_else(|| {
        wrong("there is no `# before` and `# after` in it".into())
    })?;
    let before = functions(before).map_err(wrong)?;
    let after = functions(after).map_err(wrong)?;
    let panes = panes(&before, &after);
    let caption = format!(
        "{} <span class=\"item\">{}</span>",
        escape(pass),
        escape(&test.replace('_', " "))
    );
    Ok(figure(&escape(test), &caption, &panes))
}

/// What a recorded result has: before which pass, and after it.
fn split(text: &str) -> Option<[&str; 3]> {
    let (_, text) = text.split_once(BEFORE)?;
    let (before, after) = text.split_once(AFTER)?;
    let (pass, after) = after.split_once('\n')?;
    Some([before, pass, after])
}

fn functions(text: &str) -> Result<Vec<Function>, String> {
    let module = parse_module(text).map_err(|error| error.to_string())?;
    match module.functions.is_empty() {
        true => Err("it has no function".into()),
        false => Ok(module.functions),
    }
}

/// Functions before and after. Lines of the last one are linked by the names
/// of their values; what is above it, is there to be called.
fn panes(before: &[Function], after: &[Function]) -> [Pane; 2] {
    let last = |functions: &[Function]| functions.len() - 1;
    let (old, new) = (&before[last(before)], &after[last(after)]);
    let place = |code: Code| code.place_in(old, None);
    [
        listed("before", before, |code| Some(place(code))),
        listed("after", after, |code| {
            Some(place(version::origin_of(old, new, code)?))
        }),
    ]
}

/// Functions one below the other, with places in the last one.
fn listed(
    title: &str,
    functions: &[Function],
    place: impl Fn(Code) -> Option<Place>,
) -> Pane {
    let mut text = String::new();
    let (last, others) = functions.split_last().expect("a function");
    for function in others {
        text += &function.to_string();
        text.push('\n');
    }
    let mut pane = pane::ir_of(title, last, place);
    for part in &mut pane.parts {
        part.range = part.range.start + text.len()..part.range.end + text.len();
    }
    pane.text.insert_str(0, &text);
    pane
}

#[cfg(test)]
mod tests;
