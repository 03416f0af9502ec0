//! Truth values. The language has none: `<` yields a number, and `if` asks
//! whether a number is zero. So truth becomes a number and truth again, and
//! once more for each `!`.

use super::{Simplifier, Verdict, is};
use crate::passes::fold::{self, Constant};
use chapter1::ir::{Block, FloatCondition, Inst, InstData, Value};

impl Simplifier<'_> {
    // ANCHOR: compare
    pub(super) fn compare(
        &self,
        condition: FloatCondition,
        args: [Value; 2],
    ) -> Verdict {
        let [a, b] = args;
        if a == b {
            return compare_with_itself(condition);
        }
        match (self.choice(a), self.choice(b)) {
            (Choice::Known(a), Choice::Known(b)) => {
                Verdict::constant(fold::compare(condition, a, b))
            }
            (Choice::Of(of, numbers), Choice::Known(b)) => {
                self.truth(of, numbers.map(|a| condition.holds(a, b)))
            }
            (Choice::Known(a), Choice::Of(of, numbers)) => {
                self.truth(of, numbers.map(|b| condition.holds(a, b)))
            }
            _ => match args.map(|arg| self.zero_plus(arg).unwrap_or(arg)) {
                // Comparisons do not tell one zero from the other.
                plain if plain != args => Verdict::Change(InstData::Compare {
                    condition,
                    args: plain,
                }),
                _ => Verdict::Keep,
            },
        }
    }
    // ANCHOR_END: compare

    pub(super) fn select(
        &mut self,
        block: Block,
        inst: Inst,
        condition: Value,
        [a, b]: [Value; 2],
    ) -> Verdict {
        use Constant::{Number, Truth};
        if a == b {
            return Verdict::Same(a);
        }
        if let Some(Truth(condition)) = self.constant(condition) {
            return Verdict::Same(if condition { a } else { b });
        }
        match (self.constant(a), self.constant(b)) {
            (Some(a), Some(b)) if a == b => Verdict::constant(a),
            (Some(Truth(a)), Some(Truth(b))) => self.truth(condition, [a, b]),
            (Some(Number(a)), Some(Number(b))) if a == 1.0 && is(b, 0.0) => {
                Verdict::Change(InstData::FromBool(condition))
            }
            (Some(Number(a)), Some(Number(b))) if is(a, 0.0) && b == 1.0 => {
                match self.negation_of(condition) {
                    Some(negation) => {
                        let negation = self.insert(block, inst, negation);
                        Verdict::Change(InstData::FromBool(negation))
                    }
                    None => Verdict::Keep,
                }
            }
            _ => Verdict::Keep,
        }
    }

    /// The truth value that is `if_true` where `condition` is true, and else
    /// `if_false`.
    // ANCHOR: truth
    fn truth(
        &self,
        condition: Value,
        [if_true, if_false]: [bool; 2],
    ) -> Verdict {
        match (if_true, if_false) {
            (true, false) => Verdict::Same(condition),
            (false, true) => match self.negation_of(condition) {
                Some(negation) => Verdict::Change(negation),
                None => Verdict::Keep,
            },
            (same, _) => Verdict::constant(Constant::Truth(same)),
        }
    }
    // ANCHOR_END: truth

    /// The truth value that is true where another one is not. There is no
    /// instruction for that; but the opposite of a comparison is one.
    // ANCHOR: negation_of
    fn negation_of(&self, value: Value) -> Option<InstData> {
        match self.data(value)? {
            InstData::Compare { condition, args } => {
                let condition = condition.negated();
                Some(InstData::Compare { condition, args })
            }
            _ => None,
        }
    }
    // ANCHOR_END: negation_of

    /// Which numbers a value can be, and what it depends on.
    fn choice(&self, value: Value) -> Choice {
        match self.data(value) {
            Some(InstData::Const(number)) => Choice::Known(number),
            Some(InstData::FromBool(of)) => Choice::Of(of, [1.0, 0.0]),
            Some(InstData::Select { condition, args }) => {
                match args.map(|arg| self.number(arg)) {
                    [Some(a), Some(b)] => Choice::Of(condition, [a, b]),
                    _ => Choice::Unknown,
                }
            }
            _ => Choice::Unknown,
        }
    }
}

/// Of a number and itself only one thing is known: they do not differ.
/// Whether they are ordered is another question.
// ANCHOR: compare_with_itself
fn compare_with_itself(condition: FloatCondition) -> Verdict {
    match condition {
        FloatCondition::One => Verdict::constant(Constant::Truth(false)),
        FloatCondition::Ueq => Verdict::constant(Constant::Truth(true)),
        FloatCondition::Ult | FloatCondition::Oge => Verdict::Keep,
    }
}
// ANCHOR_END: compare_with_itself

/// The numbers that a value can be.
// ANCHOR: Choice
enum Choice {
    Unknown,
    Known(f64),
    /// The first if this is true, else the second.
    Of(Value, [f64; 2]),
}
// ANCHOR_END: Choice
