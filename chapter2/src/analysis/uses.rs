//! Who reads a value: the uses of each, in one table.

use chapter1::ir::{Function, Inst, InstData, Value};

/// A place where a value is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// The instruction that reads it.
    pub inst: Inst,
    /// Which of the instruction's operands it is, counted as
    /// [`Function::visit_operands`] visits them.
    pub operand: u32,
}

impl Use {
    /// If the value is passed to a block: which of the instruction's targets
    /// that is, and which of its parameters.
    pub fn argument(self, function: &Function) -> Option<(usize, usize)> {
        let operand = self.operand as usize;
        match &function.insts[self.inst] {
            InstData::Jump(_) => Some((0, operand)),
            InstData::Branch { targets: [then, _], .. } => {
                // The condition is the first operand.
                let index = operand.checked_sub(1)?;
                match index.checked_sub(function.args(then).len()) {
                    None => Some((0, index)),
                    Some(index) => Some((1, index)),
                }
            }
            _ => None,
        }
    }
}

/// The uses of each value of a function. A snapshot.
pub struct Uses {
    uses: Vec<Use>,
    /// Where the uses of each value end in `uses`; they begin where those of
    /// the value before end.
    ends: Vec<u32>,
}

impl Uses {
    /// Collects the uses: counts them, and then puts each where it belongs.
    pub fn compute(function: &Function) -> Uses {
        let mut ends = vec![0; function.values.len()];
        visit(function, |value, _| ends[value.as_u32() as usize] += 1);
        let mut sum = 0;
        for end in &mut ends {
            let count = std::mem::replace(end, sum);
            sum += count;
        }
        let nothing = Use { inst: Inst::from_u32(0), operand: 0 };
        let mut uses = vec![nothing; sum as usize];
        // Each value's entry moves from the beginning of its uses to the end.
        visit(function, |value, used| {
            let end = &mut ends[value.as_u32() as usize];
            uses[*end as usize] = used;
            *end += 1;
        });
        Uses { uses, ends }
    }

    /// The uses of a value that was there when they were collected.
    pub fn of(&self, value: Value) -> &[Use] {
        let index = value.as_u32() as usize;
        let start = index.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.uses[start as usize..self.ends[index] as usize]
    }
}

fn visit(function: &Function, mut visit: impl FnMut(Value, Use)) {
    for data in function.blocks.values() {
        for &inst in &data.insts {
            let mut operand = 0;
            function.visit_operands(inst, |value| {
                visit(value, Use { inst, operand });
                operand += 1;
            });
        }
    }
}
