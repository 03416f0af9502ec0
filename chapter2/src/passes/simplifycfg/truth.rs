//! Branches on numbers that stand for a truth value.
//!
//! Kaleidoscope has numbers only: `if a < b` may reach us as a comparison,
//! made a number, compared with zero, and that may be negated and negated
//! again by operators that the user has defined. A number that is one of two
//! constants, compared with a third, asks for what chose between the two, or
//! for its opposite, or for nothing at all.

use crate::analysis::table;
use chapter1::ir::{ControlFlow, Function, InstData, Value, ValueDef};
use cranelift_entity::SecondaryMap;

/// What a truth value is.
#[derive(Clone, Copy)]
enum Truth {
    /// Always this.
    Known(bool),
    /// The other value, or its opposite.
    Of(Value, bool),
}

/// Makes each branch ask for the condition behind its condition, and those
/// jumps that need not ask at all. Returns whether any has changed.
pub fn simplify_branches(function: &mut Function, flow: &ControlFlow) -> bool {
    let mut truths: SecondaryMap<Value, Option<Truth>> =
        table(function.values.len());
    let mut is_changed = false;
    // Definitions come before uses in this order, so each step looks at one
    // that is known already.
    for &block in flow.reverse_postorder() {
        for &inst in &function.blocks[block].insts {
            if let Some(result) = function.results[inst].expand() {
                truths[result] =
                    truth(function, &truths, &function.insts[inst]);
            }
        }
        let last = function.terminator(block);
        if let InstData::Branch { condition, targets } = function.insts[last]
            && let Some(truth) = truths[condition]
        {
            let [then, otherwise] = targets;
            function.insts[last] = match truth {
                Truth::Known(true) => InstData::Jump(then),
                Truth::Known(false) => InstData::Jump(otherwise),
                Truth::Of(condition, true) => {
                    InstData::Branch { condition, targets }
                }
                Truth::Of(condition, false) => {
                    let targets = [otherwise, then];
                    InstData::Branch { condition, targets }
                }
            };
            is_changed = true;
        }
    }
    is_changed
}

/// What an instruction's result is, if it is a truth value that can be had
/// otherwise.
fn truth(
    function: &Function,
    truths: &SecondaryMap<Value, Option<Truth>>,
    data: &InstData,
) -> Option<Truth> {
    let (condition, args) = match *data {
        InstData::BoolConst(value) => return Some(Truth::Known(value)),
        InstData::Compare { condition, args } => (condition, args),
        _ => return None,
    };
    let (chosen, holds) = match args.map(|arg| number(function, arg)) {
        [Number::Const(a), Number::Const(b)] => {
            return Some(Truth::Known(condition.holds(a, b)));
        }
        [Number::Either(chosen, a), Number::Const(b)] => {
            (chosen, a.map(|a| condition.holds(a, b)))
        }
        [Number::Const(a), Number::Either(chosen, b)] => {
            (chosen, b.map(|b| condition.holds(a, b)))
        }
        _ => return None,
    };
    let behind = truths[chosen].unwrap_or(Truth::Of(chosen, true));
    Some(match (holds, behind) {
        ([a, b], _) if a == b => Truth::Known(a),
        ([a, _], Truth::Known(known)) => Truth::Known(known == a),
        ([a, _], Truth::Of(value, is)) => Truth::Of(value, is == a),
    })
}

/// What is known of a number.
enum Number {
    Const(f64),
    /// The first if the truth value is true, else the second.
    Either(Value, [f64; 2]),
    Any,
}

fn number(function: &Function, value: Value) -> Number {
    let ValueDef::Inst(inst) = function.values[value].def else {
        return Number::Any;
    };
    match function.insts[inst] {
        InstData::Const(value) => Number::Const(value),
        InstData::FromBool(chosen) => Number::Either(chosen, [1.0, 0.0]),
        InstData::Select { condition, args } => {
            let constant = |arg| match function.values[arg].def {
                ValueDef::Inst(inst) => match function.insts[inst] {
                    InstData::Const(value) => Some(value),
                    _ => None,
                },
                _ => None,
            };
            match args.map(constant) {
                [Some(a), Some(b)] => Number::Either(condition, [a, b]),
                _ => Number::Any,
            }
        }
        _ => Number::Any,
    }
}
