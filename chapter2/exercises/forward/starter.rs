//! A pass that changes nothing.

use chapter1::ir::{Function, InstData};
use chapter2::analysis::Analyses;
use chapter2::passes::{Changed, Pass};

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
        for data in function.blocks.values() {
            for &inst in &data.insts {
                match function.insts[inst] {
                    InstData::Load(_slot) => {}
                    InstData::Store { slot: _, value: _ } => {}
                    _ => {}
                }
            }
        }
        Changed::Nothing
    }
}
