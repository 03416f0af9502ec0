//! Constants: what is the same number whichever way is taken becomes that
//! number, and a branch on it becomes a jump.
//!
//! After Wegman and Zadeck, *Constant Propagation with Conditional Branches*
//! (1991). Two things are found together, since each helps the other: which
//! blocks can be reached, and which values are constant. Both begin with the
//! boldest guess, that nothing is reached and that nothing is known to vary,
//! and give up as little of it as they must. So a loop whose variable never
//! changes is seen through, which looking at one instruction after the other
//! cannot do.
//!
//! A value's fact changes twice at most, and each change is told to each use
//! once: linear time.

use super::fold::{
    self,
    Constant::{self, Number, Truth},
};
use super::{Changed, Pass};
use crate::analysis::{Analyses, Uses, table};
use crate::edit::{self, Replacements};
use chapter1::ir::{Block, Function, Inst, InstData, Value, ValueDef};
use chapter1::span::Span;
use cranelift_entity::SecondaryMap;
use std::rc::Rc;

/// The pass.
pub struct Sccp;

impl Pass for Sccp {
    fn name(&self) -> &'static str {
        "sccp"
    }

    fn summary(&self) -> &'static str {
        "constants are worked out, and so are branches on them"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let mut search = Search::new(function);
        search.run();
        let facts = search.facts;
        let instructions = write_constants(function, &facts);
        let params = write_params(function, &facts);
        let branches = take_branches(function);
        if branches {
            analyses.forget();
        }
        let flow = analyses.flow(function);
        let unreachable = edit::remove_unreachable(function, &flow);
        match (branches || unreachable, instructions || params) {
            (true, _) => Changed::ControlFlow,
            (false, true) => Changed::Instructions,
            (false, false) => Changed::Nothing,
        }
    }
}

/// What is known of a value. Facts only ever move down this list.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
// ANCHOR: Fact
enum Fact {
    /// Nothing has been seen that would define it.
    #[default]
    Undefined,
    /// Always the same.
    Constant(Constant),
    /// Not always the same, as far as one can tell.
    Varies,
}
// ANCHOR_END: Fact

impl Fact {
    fn of(constant: Option<Constant>) -> Fact {
        constant.map_or(Fact::Varies, Fact::Constant)
    }

    /// What is known of a value that is the one or the other.
    // ANCHOR: meet
    fn meet(self, other: Fact) -> Fact {
        match (self, other) {
            (Fact::Undefined, fact) | (fact, Fact::Undefined) => fact,
            (a, b) if a == b => a,
            _ => Fact::Varies,
        }
    }
    // ANCHOR_END: meet
}

type Facts = SecondaryMap<Value, Fact>;

// ANCHOR: Search
struct Search<'f> {
    function: &'f Function,
    /// Who reads what; most functions do without.
    uses: Option<Rc<Uses>>,
    /// The block that each instruction stands in.
    blocks: SecondaryMap<Inst, Block>,
    facts: Facts,
    /// For each block, whether it has been looked at.
    is_seen: SecondaryMap<Block, bool>,
    /// For each block, which of the ways out of it can be taken.
    is_taken: SecondaryMap<Block, [bool; 2]>,
    /// Blocks to be looked at, unless they have been.
    reached: Vec<Block>,
    /// Values whose facts have changed, to be told to their uses.
    changed: Vec<Value>,
}
// ANCHOR_END: Search

impl<'f> Search<'f> {
    fn new(function: &'f Function) -> Search<'f> {
        let mut blocks = SecondaryMap::with_default(function.entry());
        blocks.resize(function.insts.len());
        let facts = table(function.values.len());
        for (block, data) in &function.blocks {
            for &inst in &data.insts {
                blocks[inst] = block;
            }
        }
        Search {
            function,
            uses: None,
            blocks,
            facts,
            is_seen: table(function.blocks.len()),
            is_taken: table(function.blocks.len()),
            reached: Vec::new(),
            changed: Vec::new(),
        }
    }

    // ANCHOR: run
    fn run(&mut self) {
        let entry = self.function.entry();
        for &param in self.function.params(entry) {
            self.learn(param, Fact::Varies);
        }
        self.reached.push(entry);
        loop {
            if let Some(value) = self.changed.pop() {
                self.tell(value);
            } else if let Some(block) = self.reached.pop() {
                self.see(block);
            } else {
                return;
            }
        }
    }
    // ANCHOR_END: run

    /// Looks at a block for the first time.
    // ANCHOR: see
    fn see(&mut self, block: Block) {
        if !std::mem::replace(&mut self.is_seen[block], true) {
            for &inst in &self.function.blocks[block].insts {
                self.look_at(inst);
            }
        }
    }
    // ANCHOR_END: see

    /// Lowers the fact of a value. The first one need not be told to anybody:
    /// a definition dominates its uses, so none has been looked at yet.
    // ANCHOR: learn
    fn learn(&mut self, value: Value, fact: Fact) {
        let before = self.facts[value];
        self.facts[value] = before.meet(fact);
        if before != Fact::Undefined && before != self.facts[value] {
            self.changed.push(value);
        }
    }
    // ANCHOR_END: learn

    /// Looks at what reads a value again, as far as it has been looked at.
    /// What is only reached waits for its turn: the values that it defines
    /// are not known yet.
    // ANCHOR: tell
    fn tell(&mut self, value: Value) {
        let uses = self
            .uses
            .get_or_insert_with(|| Rc::new(Uses::compute(self.function)));
        for &used in uses.clone().of(value) {
            if !self.is_seen[self.blocks[used.inst]] {
                continue;
            }
            match used.argument(self.function) {
                Some((way, index)) => self.pass(used.inst, way, index),
                None => self.look_at(used.inst),
            }
        }
    }
    // ANCHOR_END: tell

    /// Passes one argument along a way out of a block, if that is taken.
    // ANCHOR: pass
    fn pass(&mut self, terminator: Inst, way: usize, index: usize) {
        if self.is_taken[self.blocks[terminator]][way] {
            let target = self.function.insts[terminator].targets()[way];
            let param = self.function.params(target.block)[index];
            let arg = self.function.args(&target)[index];
            self.learn(param, self.facts[arg]);
        }
    }
    // ANCHOR_END: pass

    /// Takes a way out of a block, unless it has been taken before.
    // ANCHOR: take
    fn take(&mut self, terminator: Inst, way: usize) {
        let block = self.blocks[terminator];
        if std::mem::replace(&mut self.is_taken[block][way], true) {
            return;
        }
        let target = self.function.insts[terminator].targets()[way];
        for index in 0..self.function.args(&target).len() {
            self.pass(terminator, way, index);
        }
        self.reached.push(target.block);
    }
    // ANCHOR_END: take

    /// Looks at an instruction of a block, the earlier ones being done.
    // ANCHOR: look_at
    fn look_at(&mut self, inst: Inst) {
        match self.function.insts[inst] {
            InstData::Jump(_) => self.take(inst, 0),
            InstData::Branch { condition, .. } => match self.facts[condition] {
                Fact::Undefined => {}
                Fact::Constant(Truth(true)) => self.take(inst, 0),
                Fact::Constant(_) => self.take(inst, 1),
                Fact::Varies => {
                    self.take(inst, 0);
                    self.take(inst, 1);
                }
            },
            data => {
                if let Some(result) = self.function.results[inst].expand() {
                    self.learn(result, self.evaluate(&data));
                }
            }
        }
    }
    // ANCHOR_END: look_at

    /// What an instruction yields, as far as its operands are known.
    // ANCHOR: evaluate
    fn evaluate(&self, data: &InstData) -> Fact {
        match *data {
            InstData::Const(_) | InstData::BoolConst(_) => {
                Fact::of(Constant::of_inst(data))
            }
            InstData::Binary { op, args } => {
                self.of_numbers(args, |a, b| fold::binary(op, a, b))
            }
            InstData::Compare { condition, args } => self
                .of_numbers(args, |a, b| Some(fold::compare(condition, a, b))),
            InstData::FromBool(value) => match self.facts[value] {
                Fact::Constant(Truth(value)) => {
                    Fact::Constant(fold::from_bool(value))
                }
                unknown => unknown,
            },
            InstData::Select { condition, args: [a, b] } => {
                match self.facts[condition] {
                    Fact::Undefined => Fact::Undefined,
                    Fact::Constant(Truth(true)) => self.facts[a],
                    Fact::Constant(_) => self.facts[b],
                    Fact::Varies => self.facts[a].meet(self.facts[b]),
                }
            }
            _ => Fact::Varies,
        }
    }
    // ANCHOR_END: evaluate

    /// What a function of two numbers yields; if they are not both known,
    /// what is known of the first that is not.
    fn of_numbers(
        &self,
        args: [Value; 2],
        result: impl FnOnce(f64, f64) -> Option<Constant>,
    ) -> Fact {
        match args.map(|arg| self.facts[arg]) {
            [Fact::Constant(Number(a)), Fact::Constant(Number(b))] => {
                Fact::of(result(a, b))
            }
            [Fact::Constant(_), unknown] | [unknown, _] => unknown,
        }
    }
}

/// Makes constants of the instructions that always yield the same.
fn write_constants(function: &mut Function, facts: &Facts) -> bool {
    let mut is_changed = false;
    for (inst, data) in function.insts.iter_mut() {
        let Some(result) = function.results[inst].expand() else { continue };
        let is_placed = function.values[result].def == ValueDef::Inst(inst);
        if let Fact::Constant(constant) = facts[result]
            && is_placed
            && Constant::of_inst(data).is_none()
        {
            *data = constant.inst();
            is_changed = true;
        }
    }
    is_changed
}

/// Makes constants of the parameters that always get the same.
fn write_params(function: &mut Function, facts: &Facts) -> bool {
    let is_constant = |param| matches!(facts[param], Fact::Constant(_));
    let mut replacements = Replacements::default();
    for block in function.blocks.keys() {
        if !function.params(block).iter().any(|&param| is_constant(param)) {
            continue;
        }
        let insts = std::mem::take(&mut function.blocks[block].insts);
        for index in 0..function.params(block).len() {
            let param = function.params(block)[index];
            let Fact::Constant(constant) = facts[param] else { continue };
            let span = Span::default();
            let inst = function.push_inst(block, constant.inst(), span);
            let value = function.results[inst].expand();
            replacements.replace(param, value.expect("a constant"));
        }
        function.blocks[block].insts.extend(insts);
    }
    if !replacements.is_empty() {
        replacements.apply(function);
        edit::remove_params(function, is_constant);
    }
    !replacements.is_empty()
}

/// Makes jumps of the branches on constants.
pub(super) fn take_branches(function: &mut Function) -> bool {
    let mut is_changed = false;
    for block in function.blocks.keys() {
        let Some(&last) = function.blocks[block].insts.last() else { continue };
        if let InstData::Branch { condition, .. } = function.insts[last]
            && let Some(Constant::Truth(condition)) =
                Constant::of(function, condition)
        {
            edit::take_branch(function, last, condition);
            is_changed = true;
        }
    }
    is_changed
}

#[cfg(test)]
mod tests;
