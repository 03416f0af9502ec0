//! Random histories against the definition of readiness: a symbol is ready
//! when it, and all that can be reached from it along dependencies, has been
//! emitted.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A step; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Define(usize),
    Lookup(usize, usize, bool),
    Resolve(usize),
    Emit(usize, Vec<usize>),
    Fail(usize),
    Remove(usize),
}

const NAMES: usize = 6;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = 0usize..64;
    let step = prop_oneof![
        4 => number.clone().prop_map(Step::Define),
        4 => (number.clone(), number.clone(), any::<bool>())
            .prop_map(|(a, b, ready)| Step::Lookup(a, b, ready)),
        5 => number.clone().prop_map(Step::Resolve),
        6 => (number.clone(), prop::collection::vec(number.clone(), 0..4))
            .prop_map(|(work, needs)| Step::Emit(work, needs)),
        1 => number.clone().prop_map(Step::Fail),
        1 => number.prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 0..80)
}

/// What the test knows of a symbol's definition.
#[derive(Default)]
struct Known {
    needs: BTreeSet<EntryId>,
    has_address: bool,
    is_emitted: bool,
    is_ready: bool,
}

struct Asked {
    roots: Vec<EntryId>,
    wanted: Wanted,
}

#[derive(Default)]
struct World {
    machine: State<usize, u64>,
    known: BTreeMap<EntryId, Known>,
    trackers: BTreeMap<usize, TrackerId>,
    works: Vec<WorkId>,
    open: BTreeMap<u64, Asked>,
    asked: u64,
}

impl World {
    fn entry(&self, name: usize) -> Option<EntryId> {
        let name = Symbol::new(&format!("model{name}"));
        let dylib = self.machine.dylibs.keys().next()?;
        self.machine.dylibs[dylib].get(&name).copied()
    }

    fn is_alive(&self, id: EntryId) -> bool {
        (0..NAMES).any(|name| self.entry(name) == Some(id))
    }

    /// All that can be reached from some symbols.
    fn reachable(&self, roots: &[EntryId]) -> BTreeSet<EntryId> {
        let mut seen = BTreeSet::new();
        let mut stack = roots.to_vec();
        while let Some(at) = stack.pop() {
            if seen.insert(at) {
                stack.extend(self.known[&at].needs.iter());
            }
        }
        seen
    }

    fn is_satisfied(&self, asked: &Asked) -> bool {
        match asked.wanted {
            Wanted::Resolved => {
                asked.roots.iter().all(|id| self.known[id].has_address)
            }
            Wanted::Ready => self
                .reachable(&asked.roots)
                .iter()
                .all(|id| self.known[id].is_emitted),
        }
    }

    /// Those who asked may use it now.
    fn note_ready(&mut self, asked: &Asked) {
        if asked.wanted == Wanted::Ready {
            for id in self.reachable(&asked.roots) {
                self.known.get_mut(&id).expect("known").is_ready = true;
            }
        }
    }

    fn step(&mut self, step: &Step) {
        let dylib = self.machine.dylibs.keys().next().expect("one dylib");
        match step {
            Step::Define(name) => {
                let name = name % NAMES;
                let tracker = self.machine.add_tracker();
                let symbol = Symbol::new(&format!("model{name}"));
                let symbols = [(symbol, SymbolFlags::FUNCTION)];
                let result =
                    self.machine.define(dylib, tracker, &symbols, name);
                if result.is_ok() {
                    self.trackers.insert(name, tracker);
                    let id = self.entry(name).expect("just defined");
                    self.known.insert(id, Known::default());
                }
            }
            Step::Lookup(a, b, ready) => self.ask(dylib, [*a, *b], *ready),
            Step::Resolve(work) => {
                if let Some(work) = self.work(*work) {
                    self.resolve(work);
                }
            }
            Step::Emit(work, needs) => {
                if let Some(work) = self.work(*work) {
                    self.emit(work, needs);
                }
            }
            Step::Fail(work) => {
                if let Some(work) = self.work(*work) {
                    self.machine.fail(work, Cause::new(Broken));
                }
            }
            Step::Remove(name) => {
                self.remove(name % NAMES);
            }
        }
    }

    /// Removes a symbol, which must be refused if and only if code that
    /// can run refers to it.
    fn remove(&mut self, name: usize) {
        let Some(&tracker) = self.trackers.get(&name) else { return };
        let Some(id) = self.entry(name) else { return };
        let is_used = self.known.iter().any(|(&user, known)| {
            user != id
                && known.is_ready
                && known.needs.contains(&id)
                && self.is_alive(user)
        });
        let result = self.machine.remove(tracker);
        assert_eq!(result.is_err(), is_used, "{result:?}");
    }

    fn work(&self, index: usize) -> Option<WorkId> {
        (!self.works.is_empty()).then(|| self.works[index % self.works.len()])
    }

    fn ask(&mut self, dylib: DylibId, names: [usize; 2], ready: bool) {
        let names = names.map(|name| name % NAMES);
        let wanted = if ready { Wanted::Ready } else { Wanted::Resolved };
        let roots: Option<Vec<EntryId>> =
            names.iter().map(|&name| self.entry(name)).collect();
        self.asked += 1;
        let symbols = names.map(|name| Symbol::new(&format!("model{name}")));
        if let Some(roots) = roots {
            self.open.insert(self.asked, Asked { roots, wanted });
        }
        let order = [(dylib, Visibility::All)];
        self.machine.lookup(&order, &symbols, wanted, None, self.asked);
    }

    fn resolve(&mut self, work: WorkId) {
        let names = self.machine.responsibility(work);
        let ids: Vec<EntryId> = names
            .iter()
            .map(|name| {
                let dylib = self.machine.dylibs.keys().next().expect("one");
                self.machine.dylibs[dylib][name]
            })
            .collect();
        let address = ExecutorAddr::new(16);
        let addresses: Vec<_> =
            names.into_iter().map(|name| (name, address)).collect();
        if self.machine.resolve(work, &addresses).is_ok() {
            for id in ids {
                self.known.get_mut(&id).expect("known").has_address = true;
            }
        }
    }

    fn emit(&mut self, work: WorkId, needs: &[usize]) {
        self.resolve(work);
        let dylib = self.machine.dylibs.keys().next().expect("one");
        let names = self.machine.responsibility(work);
        let ids: Vec<EntryId> =
            names.iter().map(|name| self.machine.dylibs[dylib][name]).collect();
        // What code refers to has been looked up before.
        let needs: Vec<EntryId> = needs
            .iter()
            .filter_map(|&name| self.entry(name % NAMES))
            .filter(|id| {
                !matches!(self.machine.entries[*id].stage, Stage::Lazy(_))
            })
            .collect();
        if self.machine.emit(work, &needs).is_ok() {
            for id in ids {
                let known = self.known.get_mut(&id).expect("known");
                known.is_emitted = true;
                known.needs = needs.iter().copied().collect();
            }
        }
    }

    /// Compares the answers given with those due.
    fn check(&mut self) -> Result<(), TestCaseError> {
        for effect in self.machine.take_effects() {
            match effect {
                Effect::Materialize(_, work, _) => self.works.push(work),
                Effect::Drop(_) | Effect::Release(_) => {}
                Effect::Report(..) => {}
                Effect::Complete(id, result) => {
                    let Some(asked) = self.open.remove(&id) else {
                        let is_missing =
                            matches!(result, Err(LookupError::NotFound(_)));
                        prop_assert!(is_missing, "answered twice");
                        continue;
                    };
                    match result {
                        Ok(_) => {
                            prop_assert!(self.is_satisfied(&asked));
                            self.note_ready(&asked);
                        }
                        Err(_) => {
                            let all = self.reachable(&asked.roots);
                            let is_gone = |&id: &EntryId| !self.is_alive(id);
                            prop_assert!(all.iter().any(is_gone));
                        }
                    }
                }
            }
        }
        for asked in self.open.values() {
            prop_assert!(!self.is_satisfied(asked), "not answered");
            prop_assert!(asked.roots.iter().all(|&id| self.is_alive(id)));
        }
        prop_assert_eq!(self.machine.sizes().1, self.open.len());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn every_lookup_is_answered_when_it_is_due(steps in steps()) {
        let mut world = World::default();
        world.machine.add_dylib();
        for step in &steps {
            world.step(step);
            world.check()?;
        }
    }
}
