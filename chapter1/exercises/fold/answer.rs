//! One walk over the blocks, each after those that dominate it.

use chapter1::ir::{
    BinaryOp, ControlFlow, Function, InstData, Value, ValueDef,
};

// ANCHOR: fold
pub(super) fn fold(function: &mut Function) {
    for &block in ControlFlow::compute(function).reverse_postorder() {
        for inst in function.blocks[block].insts.clone() {
            let number = |value| match definition(function, value) {
                Some(InstData::Const(number)) => Some(number),
                _ => None,
            };
            let truth = |value| match definition(function, value) {
                Some(InstData::BoolConst(truth)) => Some(truth),
                _ => None,
            };
            let folded = match function.insts[inst] {
                InstData::Binary { op, args: [a, b] } => number(a)
                    .zip(number(b))
                    .map(|(a, b)| InstData::Const(compute(op, a, b))),
                InstData::Compare { condition, args: [a, b] } => number(a)
                    .zip(number(b))
                    .map(|(a, b)| InstData::BoolConst(condition.holds(a, b))),
                InstData::FromBool(value) => truth(value)
                    .map(|truth| InstData::Const(f64::from(u8::from(truth)))),
                InstData::Branch { condition, targets: [yes, no] } => {
                    let target = |truth| if truth { yes } else { no };
                    truth(condition).map(target).map(InstData::Jump)
                }
                _ => None,
            };
            function.insts[inst] = folded.unwrap_or(function.insts[inst]);
        }
    }
}
// ANCHOR_END: fold

/// The instruction that yields a value.
// ANCHOR: definition
fn definition(function: &Function, value: Value) -> Option<InstData> {
    match function.values[value].def {
        ValueDef::Inst(inst) => Some(function.insts[inst]),
        _ => None,
    }
}

fn compute(op: BinaryOp, a: f64, b: f64) -> f64 {
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
    }
}
// ANCHOR_END: definition
