//! Selection: a branch that only decides which of two values goes on becomes
//! an instruction, and the blocks that it chose between go.
//!
//! ```text
//! block0:                             block0:
//!     branch v2, block1, block2           v6 = add v0, v1
//! block1:                                 v5 = select v2, v6, v0
//!     v6 = add v0, v1             →       jump block3(v5)
//!     jump block3(v6)
//! block2:
//!     jump block3(v0)
//! ```
//!
//! Both arms are executed then, so nothing in them may be noticed. Arithmetic
//! cannot: floating-point exceptions are masked, and nothing traps. Calls can.
//!
//! When does it pay? The code generator makes a `select` a conditional jump
//! over one copy. So what is saved is the other jump, at the end of one of
//! the arms; and what it costs is the instructions of the arm not taken. For
//! one cheap instruction that is a good bargain, if only a small one. For two
//! it is a bad one, and so it is for a division. Two values to choose need
//! two conditional jumps, where the branch needed one: they stay a branch.
//!
//! Inner branches come first, so that an arm may have been a branch itself.
//! Each block is looked at twice at most: linear time.

use super::fold::{self, Constant};
use super::{Changed, Pass};
use crate::analysis::{Analyses, table};
use crate::edit::{self, Replacements};
use chapter1::ir::{
    BinaryOp, Block, BlockCall, ControlFlow, Function, Inst, InstData, Type,
    Value, ValueDef, ValueList,
};
use chapter1::span::Span;
use cranelift_entity::SecondaryMap;

/// How many instructions that would not have been executed may be.
const BUDGET: u32 = 1;

/// The pass.
pub struct Select;

impl Pass for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn summary(&self) -> &'static str {
        "branches that only choose a value become instructions"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let flow = analyses.flow(function);
        let mut ways_in = table(function.blocks.len());
        for block in function.blocks.keys() {
            ways_in[block] = flow.predecessors(block).len();
        }
        let uses = count_uses(function);
        let replacements = Replacements::default();
        let mut selection = Selection { function, uses, ways_in, replacements };
        selection.pass_single(&flow);
        let mut is_changed = false;
        for &block in flow.reverse_postorder().iter().rev() {
            is_changed |= selection.head(block).is_some();
        }
        let mut replacements = selection.replacements;
        if !replacements.is_empty() {
            replacements.apply(function);
            edit::remove_params(function, |param| {
                replacements.find(param) != param
            });
        }
        match (is_changed, replacements.is_empty()) {
            (true, _) => Changed::ControlFlow,
            (false, false) => Changed::Instructions,
            (false, true) => Changed::Nothing,
        }
    }
}

/// A way from a branch to where the ways may meet.
struct Arm {
    /// The blocks on the way, which nobody else enters.
    blocks: Vec<Block>,
    /// Where it leads.
    join: BlockCall,
}

struct Selection<'f> {
    function: &'f mut Function,
    /// How many uses each value had before anything was changed.
    uses: SecondaryMap<Value, u32>,
    /// How many ways lead into each block. Where it is one, the block's
    /// parameters have been replaced.
    ways_in: SecondaryMap<Block, usize>,
    replacements: Replacements,
}

impl Selection<'_> {
    fn pass_single(&mut self, flow: &ControlFlow) {
        for &block in flow.reverse_postorder() {
            let last = self.function.terminator(block);
            for index in 0..self.function.insts[last].targets().len() {
                self.pass(self.function.insts[last].targets()[index]);
            }
        }
    }

    /// What is passed to a block that has only one way in is what its
    /// parameters are.
    fn pass(&mut self, target: BlockCall) {
        if self.ways_in[target.block] == 1 {
            let params = self.function.params(target.block).iter();
            for (&param, &arg) in params.zip(self.function.args(&target)) {
                self.replacements.replace(param, arg);
            }
        }
    }

    /// Does without the branch at the end of a block, if that pays.
    // ANCHOR: head
    fn head(&mut self, head: Block) -> Option<()> {
        let last = *self.function.blocks[head].insts.last()?;
        let InstData::Branch { condition, targets } = self.function.insts[last]
        else {
            return None;
        };
        let compare = self.own_compare(condition);
        let condition = self.replacements.find(condition);
        let arms = self.arms(targets)?;
        let [mut args, others] = [self.args(&arms[0]), self.args(&arms[1])];
        let differs = |&index: &usize| args[index] != others[index];
        let different: Vec<usize> = (0..args.len()).filter(differs).collect();
        if different.len() > 1 {
            return None;
        }
        self.function.blocks[head].insts.pop();
        self.hoist(head, compare, &arms);
        for index in different {
            let choice = [args[index], others[index]];
            let span = self.function.spans[last];
            let condition = (condition, compare);
            args[index] = self.choose(head, condition, choice, span);
        }
        self.jump(head, last, arms[0].join.block, &args);
        Some(())
    }
    // ANCHOR_END: head

    /// Ends a block with a jump, in place of the branch to two arms.
    fn jump(&mut self, head: Block, last: Inst, block: Block, args: &[Value]) {
        let args = ValueList::from_slice(args, &mut self.function.lists);
        let join = BlockCall { block, args };
        self.function.insts[last] = InstData::Jump(join);
        self.function.blocks[head].insts.push(last);
        self.ways_in[block] -= 1;
        self.pass(join);
    }

    /// The two ways from a branch to the block where they meet.
    fn arms(&self, [then, other]: [BlockCall; 2]) -> Option<[Arm; 2]> {
        let direct = |join| Arm { blocks: Vec::new(), join };
        if then.block == other.block {
            return Some([direct(then), direct(other)]);
        }
        let mut budget = BUDGET;
        match (self.arm(then, &mut budget), self.arm(other, &mut budget)) {
            (Some(a), Some(b)) if a.join.block == b.join.block => Some([a, b]),
            (Some(a), None) if a.join.block == other.block => {
                Some([a, direct(other)])
            }
            (None, Some(b)) if b.join.block == then.block => {
                Some([direct(then), b])
            }
            _ => None,
        }
    }

    /// The way that begins with a block, as far as nobody else takes it; if
    /// it is cheap. What it costs is taken from the budget.
    // ANCHOR: arm
    fn arm(&self, target: BlockCall, budget: &mut u32) -> Option<Arm> {
        let mut arm = Arm { blocks: Vec::new(), join: target };
        while self.ways_in[arm.join.block] == 1 {
            let block = arm.join.block;
            let insts = &self.function.blocks[block].insts;
            let (&last, body) = insts.split_last()?;
            let InstData::Jump(next) = self.function.insts[last] else {
                return None;
            };
            for &inst in body {
                let cost = cost(&self.function.insts[inst])?;
                *budget = budget.checked_sub(cost)?;
            }
            arm.blocks.push(block);
            arm.join = next;
        }
        (!arm.blocks.is_empty()).then_some(arm)
    }
    // ANCHOR_END: arm

    /// What an arm passes to the block where it ends.
    fn args(&mut self, arm: &Arm) -> Vec<Value> {
        let args = self.function.args(&arm.join).iter();
        args.map(|&arg| self.replacements.find(arg)).collect()
    }

    /// The comparison that only the branch on `condition` reads.
    fn own_compare(&self, condition: Value) -> Option<Inst> {
        let ValueDef::Inst(inst) = self.function.values[condition].def else {
            return None;
        };
        let is_compare =
            matches!(self.function.insts[inst], InstData::Compare { .. });
        (is_compare && self.uses[condition] == 1).then_some(inst)
    }

    /// Moves the instructions of the arms to the end of their head; but the
    /// comparison stays the last, so that its result can stay in the flags.
    fn hoist(&mut self, head: Block, compare: Option<Inst>, arms: &[Arm; 2]) {
        let Function { blocks, insts, .. } = &mut *self.function;
        let body = &mut blocks[head].insts;
        let consts = body.iter().rev();
        let consts = consts.take_while(|&&inst| is_constant(&insts[inst]));
        let before = body.len() - consts.count();
        let at = before.checked_sub(1).filter(|&at| Some(body[at]) == compare);
        let compare = at.map(|at| body.remove(at));
        for &block in arms.iter().flat_map(|arm| &arm.blocks) {
            let blocks = &mut self.function.blocks;
            let mut insts = std::mem::take(&mut blocks[block].insts);
            insts.pop();
            blocks[head].insts.append(&mut insts);
            edit::remove_block(self.function, block);
        }
        self.function.blocks[head].insts.extend(compare);
    }

    /// Appends what yields one of two values. Between truth and its opposite,
    /// there is not much to choose; and a comparison that nobody else reads
    /// can be made its opposite.
    fn choose(
        &mut self,
        head: Block,
        (condition, compare): (Value, Option<Inst>),
        args: [Value; 2],
        span: Span,
    ) -> Value {
        let function = &mut *self.function;
        let is_truth = match (args.map(|arg| truth(function, arg)), compare) {
            ([Some(true), Some(false)], _) => true,
            ([Some(false), Some(true)], Some(compare)) => {
                negate(&mut function.insts[compare]);
                true
            }
            _ => false,
        };
        let data = match (is_truth, function.values[args[0]].ty) {
            (true, Type::Bool) => return condition,
            (true, Type::F64) => InstData::FromBool(condition),
            (false, _) => InstData::Select { condition, args },
        };
        let inst = function.push_inst(head, data, span);
        function.results[inst].expand().expect("it yields a value")
    }
}

fn count_uses(function: &Function) -> SecondaryMap<Value, u32> {
    let mut uses = table(function.values.len());
    for data in function.blocks.values() {
        for &inst in &data.insts {
            function.visit_operands(inst, |value| uses[value] += 1);
        }
    }
    uses
}

fn negate(compare: &mut InstData) {
    if let InstData::Compare { condition, .. } = compare {
        *condition = condition.negated();
    }
}

fn is_constant(data: &InstData) -> bool {
    matches!(data, InstData::Const(_) | InstData::BoolConst(_))
}

/// What it costs to execute an instruction without need, if that is possible.
/// A constant is had where it is used.
// ANCHOR: cost
fn cost(data: &InstData) -> Option<u32> {
    match data {
        _ if is_constant(data) => Some(0),
        InstData::Binary { op: BinaryOp::Div, .. } => None,
        InstData::Binary { .. }
        | InstData::Compare { .. }
        | InstData::FromBool(_) => Some(1),
        _ => None,
    }
}
// ANCHOR_END: cost

/// Whether a value is the constant that says yes, or the one that says no.
fn truth(function: &Function, value: Value) -> Option<bool> {
    let constant = Constant::of(function, value)?;
    let says = |truth| {
        constant == Constant::Truth(truth) || constant == fold::from_bool(truth)
    };
    [true, false].into_iter().find(|&truth| says(truth))
}

#[cfg(test)]
mod tests;
