//! `x - x` is 0 if `x` is neither NaN nor infinite, and sometimes one knows.

use chapter1::ir::{BinaryOp, Function, InstData, Value};
use chapter2::analysis::Analyses;
use chapter2::passes::{Changed, Pass};
use cranelift_entity::EntitySet;

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
    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let mut changed = Changed::Nothing;
        let mut finite = EntitySet::new();
        for &block in analyses.flow(function).reverse_postorder() {
            for &inst in &function.blocks[block].insts {
                if let InstData::Binary { op: BinaryOp::Sub, args: [a, b] } =
                    function.insts[inst]
                    && a == b
                    && finite.contains(a)
                {
                    function.insts[inst] = InstData::Const(0.0);
                    changed = Changed::Instructions;
                }
                if let Some(result) = function.results[inst].expand()
                    && is_finite(&function.insts[inst], &finite)
                {
                    finite.insert(result);
                }
            }
        }
        changed
    }
    // ANCHOR_END: run
}

// ANCHOR: is_finite
/// Whether an instruction yields a finite number in any case.
pub(super) fn is_finite(data: &InstData, finite: &EntitySet<Value>) -> bool {
    match data {
        InstData::Const(number) => number.is_finite(),
        InstData::FromBool(_) => true,
        InstData::Select { args, .. } => {
            args.iter().all(|&arg| finite.contains(arg))
        }
        _ => false,
    }
}
// ANCHOR_END: is_finite
