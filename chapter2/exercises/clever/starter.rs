//! The pass that is too clever: `x - x` is 0.

use chapter1::ir::{BinaryOp, Function, InstData};
use chapter2::analysis::Analyses;
use chapter2::passes::{Changed, Pass};

#[derive(Clone)]
pub(super) struct Clever;

impl Pass for Clever {
    fn name(&self) -> &'static str {
        "clever"
    }

    fn summary(&self) -> &'static str {
        "the difference of a value and itself is zero"
    }

    // ANCHOR: run
    fn run(&self, function: &mut Function, _: &mut Analyses) -> Changed {
        let mut changed = Changed::Nothing;
        for inst in function.insts.keys().collect::<Vec<_>>() {
            if let InstData::Binary { op: BinaryOp::Sub, args: [a, b] } =
                function.insts[inst]
                && a == b
            {
                function.insts[inst] = InstData::Const(0.0);
                changed = Changed::Instructions;
            }
        }
        changed
    }
    // ANCHOR_END: run
}
