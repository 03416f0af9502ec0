//! Almost: 0 - (a - b) is b - a, unless a is 0 and b is -0.

use super::answer::{self, negated};
use chapter1::ir::{BinaryOp, Function, InstData, ValueDef};
use chapter2::analysis::Analyses;
use chapter2::passes::{Changed, Pass};

#[derive(Clone)]
pub(super) struct Minus;

impl Pass for Minus {
    fn name(&self) -> &'static str {
        "minus"
    }

    fn summary(&self) -> &'static str {
        "negations that cancel each other go"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let mut changed = answer::Minus.run(function, analyses);
        for inst in function.insts.keys().collect::<Vec<_>>() {
            let Some(result) = function.results[inst].expand() else {
                continue;
            };
            let Some(difference) = negated(function, result) else { continue };
            if let ValueDef::Inst(inner) = function.values[difference].def
                && let InstData::Binary { op: BinaryOp::Sub, args: [a, b] } =
                    function.insts[inner]
            {
                let op = BinaryOp::Sub;
                function.insts[inst] = InstData::Binary { op, args: [b, a] };
                changed = Changed::Instructions;
            }
        }
        changed
    }
}
