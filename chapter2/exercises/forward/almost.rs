//! Almost: what a slot holds at the end of a block in the table need not be
//! what it holds at the beginning of the next.

use super::answer::clean_up;
use chapter1::ir::{Function, InstData, Slot, Value};
use chapter2::analysis::Analyses;
use chapter2::edit::Replacements;
use chapter2::passes::{Changed, Pass};
use cranelift_entity::EntitySet;
use std::collections::HashMap;

#[derive(Clone)]
pub(super) struct Forward;

impl Pass for Forward {
    fn name(&self) -> &'static str {
        "forward"
    }

    fn summary(&self) -> &'static str {
        "what has been stored is not loaded"
    }

    fn run(&self, function: &mut Function, _: &mut Analyses) -> Changed {
        let mut replacements = Replacements::default();
        let (mut gone, mut loaded) = (EntitySet::new(), EntitySet::new());
        let mut held: HashMap<Slot, Value> = HashMap::new();
        for data in function.blocks.values() {
            for &inst in &data.insts {
                match function.insts[inst] {
                    InstData::Store { slot, value } => {
                        held.insert(slot, value);
                    }
                    InstData::Load(slot) => {
                        let result = function.results[inst].unwrap();
                        let value = *held.entry(slot).or_insert(result);
                        if value == result {
                            loaded.insert(slot);
                        } else {
                            replacements.replace(result, value);
                            gone.insert(inst);
                        }
                    }
                    _ => {}
                }
            }
        }
        replacements.apply(function);
        clean_up(function, &gone, &loaded)
    }
}
