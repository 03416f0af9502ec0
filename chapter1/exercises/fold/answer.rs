//! One walk over the blocks, each after those that dominate it.

use chapter1::ir::{
    BinaryOp, ControlFlow, Function, Inst, InstData, Value, ValueDef,
};

// ANCHOR: fold
pub(super) fn fold(function: &mut Function) {
    for &block in ControlFlow::compute(function).reverse_postorder() {
        for inst in function.blocks[block].insts.clone() {
            if let Some(folded) = folded(function, inst) {
                function.insts[inst] = folded;
            }
        }
    }
}
// ANCHOR_END: fold

// ANCHOR: folded
fn folded(function: &Function, inst: Inst) -> Option<InstData> {
    let number = |value| match definition(function, value)? {
        InstData::Const(number) => Some(number),
        _ => None,
    };
    let truth = |value| match definition(function, value)? {
        InstData::BoolConst(truth) => Some(truth),
        _ => None,
    };
    Some(match function.insts[inst] {
        InstData::Binary { op, args: [a, b] } => {
            InstData::Const(compute(op, number(a)?, number(b)?))
        }
        InstData::Compare { condition, args: [a, b] } => {
            InstData::BoolConst(condition.holds(number(a)?, number(b)?))
        }
        InstData::FromBool(value) => {
            InstData::Const(f64::from(u8::from(truth(value)?)))
        }
        InstData::Branch { condition, targets: [yes, no] } => {
            InstData::Jump(if truth(condition)? { yes } else { no })
        }
        _ => return None,
    })
}
// ANCHOR_END: folded

/// The instruction that yields a value.
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
