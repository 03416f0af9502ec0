//! What the machine has done, against the facts.

use super::facts::{Def, Maker};
use super::*;
use std::mem::take;

impl World {
    /// Compares the effects of a step with those due.
    pub(super) fn check(&mut self) {
        let (mut dropped, mut released) = (Vec::new(), Vec::new());
        let mut reported = Vec::new();
        let mut answers = Vec::new();
        for effect in self.machine.take_effects() {
            match effect {
                Effect::Materialize(unit, work, dylib) => {
                    self.begin(unit, work, dylib);
                }
                Effect::Complete(question, result) => {
                    answers.push((question, result));
                }
                Effect::Drop(unit) => dropped.push(unit),
                Effect::Release(work) => released.push(work),
                Effect::Report(names, _) => reported.push(names),
            }
        }
        let sorted = |mut all: Vec<usize>| {
            all.sort();
            all
        };
        assert_eq!(sorted(dropped), sorted(take(&mut self.facts.dropped)));
        released.sort();
        let mut due = take(&mut self.facts.released);
        due.sort();
        assert_eq!(released, due);
        assert_eq!(reported, take(&mut self.facts.reported));
        let died = take(&mut self.facts.died);
        for (question, result) in answers {
            self.check_answer(question, result, &died);
        }
        self.check_waiting();
    }

    /// A unit begins: somebody must want its symbols.
    fn begin(&mut self, unit: usize, work: WorkId, dylib: DylibId) {
        let defs = self.facts.of(Maker::Unit(unit));
        assert!(!defs.is_empty(), "begun twice, or of no use");
        let is_wanted = self.open.values().any(|question| {
            let concerns = self.facts.concerns(question);
            defs.iter().any(|def| concerns.contains(def))
        });
        assert!(is_wanted, "nobody wants {:?}", self.facts.names(&defs));
        let mut names = self.machine.responsibility(work);
        names.sort();
        let mut due = self.facts.names(&defs);
        due.sort();
        assert_eq!(names, due);
        for def in defs {
            let fact = &mut self.facts.defs[def];
            assert_eq!(self.dylibs[fact.dylib], dylib);
            fact.maker = Maker::Work(work);
        }
        self.works.push(work);
    }

    fn check_answer(
        &mut self,
        number: usize,
        result: LookupResult,
        died: &[Def],
    ) {
        let Some(question) = self.open.remove(&number) else {
            let due = self.refused.remove(&number).expect("answered twice");
            return assert_eq!(result.unwrap_err().to_string(), due);
        };
        match result {
            Ok(found) => {
                assert!(self.facts.is_satisfied(&question), "too early");
                self.check_found(&question, &found);
                if question.wanted == Wanted::Ready {
                    for def in self.facts.reachable(&question.roots) {
                        self.facts.defs[def].is_ready = true;
                    }
                }
            }
            Err(LookupError::Failed { symbols, .. }) => {
                let is_hit = |def: &Def| died.contains(def);
                let concerns = self.facts.concerns(&question);
                assert!(concerns.iter().any(is_hit), "for no reason");
                let mut due = self.facts.names(died);
                due.sort();
                assert_eq!(*symbols, due);
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn check_found(&self, question: &Question, found: &[Found]) {
        assert_eq!(found.len(), question.roots.len());
        for (&root, found) in question.roots.iter().zip(found) {
            let fact = &self.facts.defs[root];
            assert!(fact.is_alive);
            assert_eq!(found.entry, fact.id);
            assert_eq!(Some(found.address), fact.address);
            assert_eq!(found.flags, fact.flags);
        }
    }

    /// Those who wait have reason to, and all that they wait for is at work.
    fn check_waiting(&self) {
        for question in self.open.values() {
            assert!(!self.facts.is_satisfied(question), "no answer");
            for def in self.facts.concerns(question) {
                let fact = &self.facts.defs[def];
                assert!(fact.is_alive, "it waits for what is gone");
                assert!(matches!(fact.maker, Maker::Work(_)), "nobody begins");
            }
        }
        assert!(self.refused.is_empty(), "no answer");
        for def in self.facts.alive() {
            let mut needs = self.facts.defs[def].needs.iter();
            assert!(needs.all(|&need| self.facts.defs[need].is_alive));
        }
        let sizes = (self.facts.alive().count(), self.open.len());
        assert_eq!(self.machine.sizes(), sizes);
    }

    /// Nothing is left, in no table.
    pub(super) fn check_empty(&self) {
        let machine = &self.machine;
        assert_eq!(machine.sizes(), (0, 0));
        assert!(machine.dylibs.values().all(FxHashMap::is_empty));
        assert!(machine.units.is_empty());
        assert!(machine.work.is_empty());
        assert!(self.open.is_empty());
    }
}
