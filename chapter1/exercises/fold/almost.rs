//! Almost: what is multiplied by zero is zero. It may be -0 or NaN.

use chapter1::ir::{BinaryOp, Function, InstData, Value, ValueDef};

pub(super) fn fold(function: &mut Function) {
    super::answer::fold(function);
    for inst in function.insts.keys().collect::<Vec<_>>() {
        if let InstData::Binary { op: BinaryOp::Mul, args } =
            function.insts[inst]
            && args.iter().any(|&value| is_zero(function, value))
        {
            function.insts[inst] = InstData::Const(0.0);
        }
    }
}

fn is_zero(function: &Function, value: Value) -> bool {
    match function.values[value].def {
        ValueDef::Inst(inst) => function.insts[inst] == InstData::Const(0.0),
        _ => false,
    }
}
