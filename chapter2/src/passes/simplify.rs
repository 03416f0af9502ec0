//! Simplification: an instruction that yields the same bits as a simpler one,
//! or as a value that is there already.
//!
//! One walk in reverse postorder, so that operands are simple before their
//! users are looked at. What IEEE-754 allows is less than one learns at
//! school. These hold for every `x`, all NaNs being one value:
//!
//! ```text
//! x * 1 = x / 1 = x - 0 = x + -0 = x
//! x * 2 = x + x
//! x / 2ⁿ = x * 2⁻ⁿ                   if 2ⁿ and 2⁻ⁿ are normal numbers
//! ```
//!
//! `x + 0 = x` does not: `-0 + 0` is `0`. Nor `0 - (0 - x) = x`, for the same
//! reason. Both do if `x` cannot be `-0`, and that is often known: a sum is
//! `-0` only if both operands are. Nor `x * 0 = 0` (think of -1, of infinity
//! and of NaN), `x - x = 0`, or `x < x`, which is true of NaN.
//!
//! The file `truth` has what is said of truth values that were numbers for a
//! while.

mod truth;

use super::fold::{self, Constant};
use super::sccp::take_branches;
use super::{Changed, Pass};
use crate::analysis::Analyses;
use crate::edit::{self, Replacements};
use chapter1::ir::{
    BinaryOp, Block, ControlFlow, Function, Inst, InstData, InstList, Value,
    ValueDef,
};
use cranelift_entity::EntitySet;

/// The pass.
pub struct Simplify;

impl Pass for Simplify {
    fn name(&self) -> &'static str {
        "simplify"
    }

    fn summary(&self) -> &'static str {
        "simpler instructions that yield the same bits"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let flow = analyses.flow(function);
        let simplifier = Simplifier {
            function,
            replacements: Replacements::default(),
            never_negative_zero: EntitySet::new(),
            is_changed: false,
        };
        let is_changed = simplifier.run(&flow);
        if take_branches(function) {
            let flow = ControlFlow::compute(function);
            edit::remove_unreachable(function, &flow);
            return Changed::ControlFlow;
        }
        match is_changed {
            true => Changed::Instructions,
            false => Changed::Nothing,
        }
    }
}

/// What to do about an instruction.
enum Verdict {
    Keep,
    /// Its result is this value.
    Same(Value),
    /// Another instruction yields the same.
    Change(InstData),
}

impl Verdict {
    fn constant(constant: Constant) -> Verdict {
        Verdict::Change(constant.inst())
    }
}

struct Simplifier<'f> {
    function: &'f mut Function,
    replacements: Replacements,
    /// The numbers that are known not to be `-0`.
    never_negative_zero: EntitySet<Value>,
    is_changed: bool,
}

impl Simplifier<'_> {
    fn run(mut self, flow: &ControlFlow) -> bool {
        let mut insts = InstList::new();
        for &block in flow.reverse_postorder() {
            insts.clear();
            insts.append(&mut self.function.blocks[block].insts);
            for &inst in &insts {
                self.inst(block, inst);
            }
        }
        self.replacements.apply(self.function);
        self.is_changed
    }

    /// Appends an instruction to its block again, if it is still needed.
    // ANCHOR: inst
    fn inst(&mut self, block: Block, inst: Inst) {
        let Simplifier { function, replacements, .. } = self;
        edit::map_operands(function, inst, |value| replacements.find(value));
        // A change may allow for another one. Each is to something simpler.
        loop {
            match self.verdict(block, inst) {
                Verdict::Keep => break,
                Verdict::Change(data) => self.function.insts[inst] = data,
                Verdict::Same(value) => return self.replace(inst, value),
            }
            self.is_changed = true;
        }
        self.function.blocks[block].insts.push(inst);
        if let Some(result) = self.function.results[inst].expand()
            && self.cannot_be_negative_zero(inst)
        {
            self.never_negative_zero.insert(result);
        }
    }
    // ANCHOR_END: inst

    /// Appends an instruction to a block, for the benefit of `inst`.
    fn insert(&mut self, block: Block, inst: Inst, data: InstData) -> Value {
        let span = self.function.spans[inst];
        let inst = self.function.push_inst(block, data, span);
        self.function.results[inst].expand().expect("it yields a value")
    }

    fn replace(&mut self, inst: Inst, value: Value) {
        let result = self.function.results[inst].expect("it yields a value");
        self.replacements.replace(result, value);
        self.function.values[result].def = ValueDef::Detached;
        self.is_changed = true;
    }

    fn verdict(&mut self, block: Block, inst: Inst) -> Verdict {
        match self.function.insts[inst] {
            InstData::Binary { op, args } => self.binary(block, inst, op, args),
            InstData::Compare { condition, args } => {
                self.compare(condition, args)
            }
            InstData::FromBool(value) => match self.constant(value) {
                Some(Constant::Truth(value)) => {
                    Verdict::constant(fold::from_bool(value))
                }
                _ => Verdict::Keep,
            },
            InstData::Select { condition, args } => {
                self.select(block, inst, condition, args)
            }
            _ => Verdict::Keep,
        }
    }

    // ANCHOR: binary
    fn binary(
        &mut self,
        block: Block,
        inst: Inst,
        op: BinaryOp,
        args: [Value; 2],
    ) -> Verdict {
        let verdict = match args.map(|arg| self.number(arg)) {
            [Some(a), Some(b)] => fold::binary(op, a, b).map(Verdict::constant),
            [None, Some(b)] => self.with_number(block, inst, op, args[0], b),
            [Some(a), None] if op.is_commutative() => {
                self.with_number(block, inst, op, args[1], a)
            }
            _ => None,
        };
        verdict.unwrap_or_else(|| self.negation(op, args))
    }
    // ANCHOR_END: binary

    /// What to do about `x op number`.
    // ANCHOR: with_number
    fn with_number(
        &mut self,
        block: Block,
        inst: Inst,
        op: BinaryOp,
        x: Value,
        number: f64,
    ) -> Option<Verdict> {
        let is_same = match op {
            BinaryOp::Mul | BinaryOp::Div => number == 1.0,
            BinaryOp::Sub => is(number, 0.0),
            BinaryOp::Add if self.is_never_negative_zero(x) => number == 0.0,
            BinaryOp::Add => is(number, -0.0),
        };
        match op {
            _ if is_same => Some(Verdict::Same(x)),
            // No constant to fetch, and an addition is never slower.
            BinaryOp::Mul if number == 2.0 => {
                Some(operation(BinaryOp::Add, [x, x]))
            }
            BinaryOp::Div => exact_inverse(number).map(|inverse| {
                let inverse = InstData::Const(inverse);
                let inverse = self.insert(block, inst, inverse);
                operation(BinaryOp::Mul, [x, inverse])
            }),
            _ => None,
        }
    }
    // ANCHOR_END: with_number

    /// Kaleidoscope's negation is `0 - y`. It is exact, but makes `0` of both
    /// zeros. In a sum with a number that is not `-0`, that makes no
    /// difference.
    // ANCHOR: negation
    fn negation(&self, op: BinaryOp, [a, b]: [Value; 2]) -> Verdict {
        let is_never = |value| self.is_never_negative_zero(value);
        match (op, self.negated(a), self.negated(b)) {
            (BinaryOp::Sub, _, Some(y)) if is_never(a) => {
                match self.number(a) == Some(0.0) && is_never(y) {
                    true => Verdict::Same(y),
                    false => operation(BinaryOp::Add, [a, y]),
                }
            }
            (BinaryOp::Add, _, Some(y)) if is_never(a) => {
                operation(BinaryOp::Sub, [a, y])
            }
            (BinaryOp::Add, Some(y), _) if is_never(b) => {
                operation(BinaryOp::Sub, [b, y])
            }
            (BinaryOp::Add | BinaryOp::Sub, ..) if is_never(a) => {
                match self.zero_plus(b) {
                    Some(x) => operation(op, [a, x]),
                    None => Verdict::Keep,
                }
            }
            _ => Verdict::Keep,
        }
    }
    // ANCHOR_END: negation

    /// `x`, of `0 + x`, which is the same number, and not `-0`.
    fn zero_plus(&self, value: Value) -> Option<Value> {
        let InstData::Binary { op: BinaryOp::Add, args } = self.data(value)?
        else {
            return None;
        };
        match args.map(|arg| self.number(arg) == Some(0.0)) {
            [true, _] => Some(args[1]),
            [_, true] => Some(args[0]),
            [false, false] => None,
        }
    }

    /// `y`, of `0 - y`.
    fn negated(&self, value: Value) -> Option<Value> {
        match self.data(value)? {
            InstData::Binary { op: BinaryOp::Sub, args: [zero, y] } => {
                self.number(zero).filter(|&zero| is(zero, 0.0)).map(|_| y)
            }
            _ => None,
        }
    }

    /// Whether an instruction cannot yield `-0`. Rounded to nearest, a sum is
    /// `-0` only if both operands are, and a difference only if the first is.
    // ANCHOR: cannot_be_negative_zero
    fn cannot_be_negative_zero(&self, inst: Inst) -> bool {
        let holds = |value| self.never_negative_zero.contains(value);
        match self.function.insts[inst] {
            InstData::Const(number) => !is(number, -0.0),
            InstData::FromBool(_) => true,
            InstData::Select { args, .. } => args.into_iter().all(holds),
            InstData::Binary { op, args: [a, b] } => match op {
                BinaryOp::Add => holds(a) || holds(b),
                BinaryOp::Sub => holds(a),
                BinaryOp::Mul | BinaryOp::Div => a == b,
            },
            _ => false,
        }
    }
    // ANCHOR_END: cannot_be_negative_zero

    fn is_never_negative_zero(&self, value: Value) -> bool {
        self.never_negative_zero.contains(value)
    }

    fn constant(&self, value: Value) -> Option<Constant> {
        Constant::of(self.function, value)
    }

    /// The number that a value is, unless that is not known, or NaN.
    fn number(&self, value: Value) -> Option<f64> {
        match self.constant(value)? {
            Constant::Number(number) => Some(number),
            Constant::Truth(_) => None,
        }
    }

    /// The instruction that yields a value, unless a block's parameter does.
    fn data(&self, value: Value) -> Option<InstData> {
        match self.function.values[value].def {
            ValueDef::Inst(inst) => Some(self.function.insts[inst]),
            _ => None,
        }
    }
}

fn operation(op: BinaryOp, args: [Value; 2]) -> Verdict {
    Verdict::Change(InstData::Binary { op, args })
}

/// Whether two numbers have the same bits.
fn is(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

/// The inverse of a power of two, if both are normal numbers. A product with
/// it is the quotient rounded once, as the division does.
// ANCHOR: exact_inverse
fn exact_inverse(number: f64) -> Option<f64> {
    const FRACTION: u64 = (1 << 52) - 1;
    let inverse = 1.0 / number;
    let is_power = number.is_normal() && number.to_bits() & FRACTION == 0;
    (is_power && inverse.is_normal()).then_some(inverse)
}
// ANCHOR_END: exact_inverse

#[cfg(test)]
mod tests;
