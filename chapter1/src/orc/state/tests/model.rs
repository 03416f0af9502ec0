//! Random histories of the machine, step by step against what ought to be.
//!
//! | file | what it has |
//! |---|---|
//! | `facts` | what ought to be: definitions, who needs whom, who waits |
//! | `steps` | each operation, on the machine and on the facts |
//! | `check` | what the machine has done, against the facts |
//!
//! The facts know nothing of how the machine works: it watches lookups walk,
//! they say what can be reached.

mod check;
mod facts;
mod steps;

use super::*;
use facts::{Facts, Question};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// An operation; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Op {
    /// A unit: dylib, tracker, and for each symbol name and kind.
    Define(usize, usize, Vec<(usize, usize)>),
    /// A lookup: dylibs and whether it sees all of them, names, whether they
    /// shall be ready, and who asks.
    Lookup(Vec<(usize, bool)>, Vec<usize>, bool, Option<usize>),
    /// Addresses for some work; perhaps one is forgotten.
    Resolve(usize, bool),
    /// The end of some work, and what its symbols need.
    Emit(usize, Vec<usize>),
    Fail(usize),
    /// Removal by a tracker.
    Remove(usize),
    /// The symbols of some work that are in this set are handed on.
    Delegate(usize, usize),
    Replace(usize, usize),
    Hold(usize),
    LetGo(usize),
}

const DYLIBS: usize = 3;
const NAMES: usize = 4;
const TRACKERS: usize = 5;

fn steps() -> impl Strategy<Value = Vec<Op>> {
    use Op::*;
    use prop::collection::vec;
    let n = || 0usize..64;
    let order = || vec((n(), any::<bool>()), 1..4);
    let asker = prop::option::weighted(0.7, n());
    let step = prop_oneof![
        6 => (n(), n(), vec((n(), n()), 0..4))
            .prop_map(|(dylib, tracker, all)| Define(dylib, tracker, all)),
        8 => (order(), vec(n(), 0..3), any::<bool>(), asker)
            .prop_map(|(o, names, ready, asker)| Lookup(o, names, ready, asker)),
        8 => (n(), prop::bool::weighted(0.1))
            .prop_map(|(work, is_partial)| Resolve(work, is_partial)),
        8 => (n(), vec(n(), 0..4)).prop_map(|(work, all)| Emit(work, all)),
        1 => n().prop_map(Fail),
        3 => n().prop_map(Remove),
        2 => (n(), n()).prop_map(|(work, set)| Delegate(work, set)),
        2 => (n(), n()).prop_map(|(work, set)| Replace(work, set)),
        1 => n().prop_map(Hold),
        1 => n().prop_map(LetGo),
    ];
    vec(step, 0..100)
}

/// The machine, and what is known of it.
struct World {
    machine: State<usize, usize>,
    dylibs: Vec<DylibId>,
    trackers: Vec<TrackerId>,
    facts: Facts,
    /// Lookups without an answer.
    open: BTreeMap<usize, Question>,
    /// Lookups that are answered at once, each with the only right answer.
    refused: BTreeMap<usize, String>,
    asked: usize,
    /// All work that was ever begun.
    works: Vec<WorkId>,
}

impl World {
    fn new() -> World {
        let mut machine = State::default();
        World {
            dylibs: (0..DYLIBS).map(|_| machine.add_dylib()).collect(),
            trackers: (0..TRACKERS).map(|_| machine.add_tracker()).collect(),
            machine,
            facts: Facts::default(),
            open: BTreeMap::new(),
            refused: BTreeMap::new(),
            asked: 0,
            works: Vec::new(),
        }
    }
}

fn name(number: usize) -> Symbol {
    Symbol::new(&format!("model{number}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_machine_does_what_it_ought_to(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.clear();
        world.check();
        world.check_empty();
    }
}
