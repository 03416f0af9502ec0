//! What each slot holds is known from its first load or store in a block on.

use chapter1::ir::{Function, Inst, InstData, Slot, Value};
use chapter2::analysis::Analyses;
use chapter2::edit::{Replacements, retain_insts};
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

    // ANCHOR: run
    fn run(&self, function: &mut Function, _: &mut Analyses) -> Changed {
        let mut replacements = Replacements::default();
        let (mut gone, mut loaded) = (EntitySet::new(), EntitySet::new());
        for data in function.blocks.values() {
            let mut held: HashMap<Slot, Value> = HashMap::new();
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
    // ANCHOR_END: run
}

// ANCHOR: clean_up
/// Removes loads, and the stores to slots that are not loaded any more.
pub(super) fn clean_up(
    function: &mut Function,
    gone: &EntitySet<Inst>,
    loaded: &EntitySet<Slot>,
) -> Changed {
    let is_kept = |function: &Function, inst| match function.insts[inst] {
        InstData::Load(_) => !gone.contains(inst),
        InstData::Store { slot, .. } => loaded.contains(slot),
        _ => true,
    };
    match retain_insts(function, is_kept) {
        true => Changed::Instructions,
        false => Changed::Nothing,
    }
}
// ANCHOR_END: clean_up
