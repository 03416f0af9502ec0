//! Twice is a sum, and some divisions have an inverse.

use chapter1::ir::{
    BinaryOp, Block, Function, Inst, InstData, Value, ValueDef,
};
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
        let mut changed = Changed::Nothing;
        for block in function.blocks.keys() {
            for inst in std::mem::take(&mut function.blocks[block].insts) {
                if let Some(cheaper) = cheaper(function, block, inst) {
                    function.insts[inst] = cheaper;
                    changed = Changed::Instructions;
                }
                function.blocks[block].insts.push(inst);
            }
        }
        changed
    }
}

// ANCHOR: cheaper
/// What is as good as an instruction. Appends constants that it needs to the
/// block.
fn cheaper(
    function: &mut Function,
    block: Block,
    inst: Inst,
) -> Option<InstData> {
    let InstData::Binary { op, args: [a, b] } = function.insts[inst] else {
        return None;
    };
    let (x, number) = match (op, number(function, a), number(function, b)) {
        (BinaryOp::Mul | BinaryOp::Div, None, Some(number)) => (a, number),
        (BinaryOp::Mul, Some(number), None) => (b, number),
        _ => return None,
    };
    let span = function.spans[inst];
    let mut constant = |number| {
        let inst = function.push_inst(block, InstData::Const(number), span);
        function.results[inst].expect("a constant yields a number")
    };
    let (op, args) = match op {
        BinaryOp::Mul if number == 2.0 => (BinaryOp::Add, [x, x]),
        _ if number == -1.0 => (BinaryOp::Sub, [constant(-0.0), x]),
        BinaryOp::Div => (BinaryOp::Mul, [x, constant(inverse(number)?)]),
        _ => return None,
    };
    Some(InstData::Binary { op, args })
}
// ANCHOR_END: cheaper

// ANCHOR: inverse
/// The inverse of a number, if it has one that is not rounded.
fn inverse(number: f64) -> Option<f64> {
    let fraction = number.to_bits() & ((1 << 52) - 1);
    let is_power_of_two = match number.is_normal() {
        true => fraction == 0,
        false => number.is_finite() && fraction.is_power_of_two(),
    };
    let inverse = 1.0 / number;
    (is_power_of_two && inverse.is_finite()).then_some(inverse)
}
// ANCHOR_END: inverse

/// The number that a value is, if it is a constant.
pub(super) fn number(function: &Function, value: Value) -> Option<f64> {
    match function.values[value].def {
        ValueDef::Inst(inst) => match function.insts[inst] {
            InstData::Const(number) => Some(number),
            _ => None,
        },
        _ => None,
    }
}
