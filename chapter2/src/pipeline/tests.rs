//! Which passes run on a function, and which are left out.

use super::Pipeline;
use crate::analysis::Analyses;
use crate::passes::{Changed, Inline, Pass};
use chapter1::ir::{Function, parse_module};
use std::sync::{Arc, Mutex};

/// Writes its name down; changes the function so often, or says so.
struct Scribe {
    name: &'static str,
    changes: Mutex<usize>,
    notes: Arc<Mutex<Vec<&'static str>>>,
}

impl Pass for Scribe {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        "writes its name down"
    }

    fn run(&self, _: &mut Function, _: &mut Analyses) -> Changed {
        self.notes.lock().unwrap().push(self.name);
        let mut left = self.changes.lock().unwrap();
        match left.checked_sub(1) {
            None => Changed::Nothing,
            Some(less) => {
                *left = less;
                Changed::Instructions
            }
        }
    }
}

const CALLER: &str = "
function @g(f64) -> f64 {
block0(v0: f64):
    return v0
}

function @f(f64) -> f64 {
    fn0 = function @g(f64) -> f64
block0(v0: f64):
    v1 = call fn0(v0)
    return v1
}";

/// The passes that run on a module's functions, of those with these names,
/// each of which has so much to change; `inline` is what it says.
fn runs(
    text: &str,
    passes: &[&'static str],
    changes: &[(&str, usize)],
    again: std::ops::Range<usize>,
) -> Vec<&'static str> {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let mut known: Vec<Arc<dyn Pass>> = Vec::new();
    let mut all: Vec<Arc<dyn Pass>> = Vec::new();
    for &name in passes {
        let pass = known.iter().find(|pass| pass.name() == name).cloned();
        let pass = pass.unwrap_or_else(|| {
            let changes = changes.iter().find(|(it, _)| *it == name);
            let changes = Mutex::new(changes.map_or(0, |&(_, count)| count));
            match name {
                "inline" => Arc::new(Inline),
                _ => Arc::new(Scribe { name, changes, notes: notes.clone() }),
            }
        });
        known.push(pass.clone());
        all.push(pass);
    }
    let module = parse_module(text).expect("well-formed text");
    Pipeline::new(all).after_inlining(again).run(module).unwrap();
    notes.lock().unwrap().clone()
}

fn lonely() -> &'static str {
    CALLER.split_once("\n\n").expect("two functions").0
}

#[test]
fn a_pass_is_not_repeated_before_something_else_has_changed() {
    let passes = ["a", "a", "b", "a", "b", "c", "a", "b"];
    let found = runs(lonely(), &passes, &[("a", 1), ("c", 1)], 0..0);
    assert_eq!(found, ["a", "b", "c", "a", "b"]);
}

#[test]
fn a_second_round_runs_only_on_what_others_were_inlined_in() {
    let passes = ["a", "b", "inline", "a", "b", "c"];
    let first_g_then_f = ["a", "b", "a", "b", "c", "a", "b", "c"];
    assert_eq!(runs(CALLER, &passes, &[], 3..5), first_g_then_f);
    // What has changed in the first round alone is no reason.
    let changes = [("b", 1)];
    assert_eq!(runs(lonely(), &passes, &changes, 3..5), ["a", "b", "c"]);
    let all = ["a", "b", "a", "c"];
    assert_eq!(runs(lonely(), &passes, &changes, 0..0), all);
}
