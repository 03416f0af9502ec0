//! Times that are compared: taken in turns, so that whatever slows the
//! machine down slows all of them down.

#![allow(dead_code, reason = "each benchmark uses a part of this")]

use chapter2::passes::Pass;
use std::env;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is measured, and under which name.
pub struct Case<'a> {
    name: String,
    /// How long a round of it takes.
    time: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Case<'a> {
    /// A case.
    pub fn new<O>(
        name: impl Into<String>,
        mut run: impl FnMut() -> O + 'a,
    ) -> Case<'a> {
        Case::with_input(name, || (), move |()| run())
    }

    /// A case that uses up something. Neither making that nor dropping the
    /// output counts.
    pub fn with_input<I, O>(
        name: impl Into<String>,
        mut input: impl FnMut() -> I + 'a,
        mut run: impl FnMut(I) -> O + 'a,
    ) -> Case<'a> {
        let time = move || {
            let input = input();
            let start = Instant::now();
            let output = run(input);
            let time = start.elapsed();
            drop(output);
            time
        };
        Case { name: name.into(), time: Box::new(time) }
    }
}

/// The median times of some cases, each run so often, in turns. Another one
/// begins each round. There is a round before that is not counted.
pub fn medians(cases: &mut [Case<'_>], rounds: usize) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); cases.len()];
    for round in 0..=rounds {
        for turn in 0..cases.len() {
            let index = (turn + round) % cases.len();
            let time = (cases[index].time)();
            if round > 0 {
                times[index].push(time);
            }
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    times.iter_mut().map(median).collect()
}

/// Measures, and prints a line for each case that `cargo xtask measure`
/// reads.
pub fn report(cases: &mut [Case<'_>], rounds: usize) -> Vec<Duration> {
    let times = medians(cases, rounds);
    for (case, time) in cases.iter().zip(&times) {
        println!("  {} {} ns", case.name, time.as_nanos());
    }
    times
}

/// What to call passes that run one after the other: by their names, and a
/// number if they run again.
pub fn labels(passes: &[Arc<dyn Pass>]) -> Vec<String> {
    let name = |(index, pass): (usize, &Arc<dyn Pass>)| {
        let name = pass.name();
        let before = passes[..index].iter().filter(|it| it.name() == name);
        match before.count() {
            0 => name.to_owned(),
            times => format!("{name}_{}", times + 1),
        }
    };
    passes.iter().enumerate().map(name).collect()
}

/// Whether the command line asks for this: if it names any, only for those
/// that have the name in theirs.
pub fn is_wanted(name: &str) -> bool {
    let is_name =
        |word: &String| !word.starts_with('-') && word.parse::<f64>().is_err();
    let wanted: Vec<String> = env::args().skip(1).filter(is_name).collect();
    wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted))
}
