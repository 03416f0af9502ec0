//! A pass that changes nothing.

use chapter1::ir::Function;
use chapter2::analysis::Analyses;
use chapter2::passes::{Changed, Pass};

#[derive(Clone)]
pub(super) struct Strength;

impl Pass for Strength {
    fn name(&self) -> &'static str {
        "strength"
    }

    fn summary(&self) -> &'static str {
        "multiplications and divisions become cheaper"
    }

    fn run(&self, function: &mut Function, _: &mut Analyses) -> Changed {
        for block in function.blocks.keys() {
            for inst in std::mem::take(&mut function.blocks[block].insts) {
                function.blocks[block].insts.push(inst);
            }
        }
        Changed::Nothing
    }
}
