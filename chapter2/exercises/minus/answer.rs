//! One walk over the instructions, and the two rules that hold.

use chapter1::ir::{BinaryOp, Function, Inst, InstData, Value, ValueDef};
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
        let mut changed = Changed::Nothing;
        for &block in analyses.flow(function).reverse_postorder() {
            for index in 0..function.blocks[block].insts.len() {
                let inst = function.blocks[block].insts[index];
                while let Some(better) = better(function, inst) {
                    function.insts[inst] = better;
                    changed = Changed::Instructions;
                }
            }
        }
        changed
    }
}

// ANCHOR: better
/// An instruction that does without two negations.
pub(super) fn better(function: &Function, inst: Inst) -> Option<InstData> {
    match function.insts[inst] {
        InstData::Binary { op: op @ (BinaryOp::Mul | BinaryOp::Div), args }
            if args[0] == args[1] =>
        {
            let a = negated(function, args[0])?;
            Some(InstData::Binary { op, args: [a, a] })
        }
        InstData::Compare { condition, args: [a, b] } => {
            let args = [negated(function, b)?, negated(function, a)?];
            Some(InstData::Compare { condition, args })
        }
        _ => None,
    }
}
// ANCHOR_END: better

/// `a`, if a value is `0 - a`.
pub(super) fn negated(function: &Function, value: Value) -> Option<Value> {
    let definition = |value: Value| match function.values[value].def {
        ValueDef::Inst(inst) => Some(function.insts[inst]),
        _ => None,
    };
    let InstData::Binary { op: BinaryOp::Sub, args: [zero, a] } =
        definition(value)?
    else {
        return None;
    };
    let is_zero = definition(zero)? == InstData::Const(0.0);
    is_zero.then_some(a)
}
