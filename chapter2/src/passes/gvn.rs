//! Global value numbering: what has been computed already is not computed
//! again.
//!
//! The walk goes down the dominator tree. Each pure instruction is looked up
//! in a table by what it does and by the *numbers* of its operands, a number
//! being the first value known to be equal. If a value is found whose block
//! dominates this one, it serves; if not, the instruction takes the place in
//! the table. (A value of a block that does not dominate this one is of no
//! use to any block that the walk has yet to visit, so nothing is lost, and
//! the table needs no scopes.) After Briggs, Cooper and Simpson, *Value
//! Numbering* (1997), section 4.
//!
//! Equal means equal in every bit, but that all NaNs are one value: `a + b`
//! and `b + a` are equal, `0` and `-0` are not.
//!
//! Some things beyond the table. A block parameter for which every way into
//! the block passes the same number is that number; so is one that a loop
//! passes on to itself unchanged. Of two parameters that are always passed the
//! same, one is enough. In a block that is entered only if some condition
//! holds, it holds: what is asked again there has been answered.
//! And a comparison that nobody but its block's own branch looks at stays
//! even if its result is known to be in some register: on this machine such a
//! comparison is one instruction, as is the look at the register, and it
//! keeps no register busy meanwhile.

use super::{Changed, Pass};
use crate::analysis::{Analyses, DominatorTree, table};
use crate::edit::{self, Replacements};
use chapter1::ir::{
    BinaryOp, Block, ControlFlow, FloatCondition, Function, Inst, InstData,
    Value, ValueDef,
};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, SecondaryMap};
use rustc_hash::FxHashMap;

/// The pass.
pub struct Gvn;

impl Pass for Gvn {
    fn name(&self) -> &'static str {
        "gvn"
    }

    fn summary(&self) -> &'static str {
        "nothing is computed twice"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let (flow, tree) = (analyses.flow(function), analyses.tree(function));
        let mut numbering = Numbering::new(function, &flow, &tree);
        for &block in tree.preorder() {
            numbering.block(block);
        }
        numbering.finish()
    }
}

/// What a pure instruction computes. Operands are numbers; where their order
/// does not matter, the smaller one comes first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
// ANCHOR: Key
enum Key {
    Const(u64),
    BoolConst(bool),
    Binary(BinaryOp, [Value; 2]),
    Compare(FloatCondition, [Value; 2]),
    FromBool(Value),
    Select(Value, [Value; 2]),
}
// ANCHOR_END: Key

/// What is known while the walk goes on.
struct Numbering<'f> {
    function: &'f mut Function,
    flow: &'f ControlFlow,
    tree: &'f DominatorTree,
    /// The block that each value is defined in.
    home: SecondaryMap<Value, PackedOption<Block>>,
    /// How often each value is used.
    uses: SecondaryMap<Value, u32>,
    /// The first value that each one is known to equal, if not itself.
    numbers: SecondaryMap<Value, PackedOption<Value>>,
    table: FxHashMap<Key, Value>,
    /// Where it has been decided whether a condition holds, and how.
    decided: SecondaryMap<Value, Option<(Block, bool)>>,
    replacements: Replacements,
    changed: Changed,
}

impl<'f> Numbering<'f> {
    fn new(
        function: &'f mut Function,
        flow: &'f ControlFlow,
        tree: &'f DominatorTree,
    ) -> Numbering<'f> {
        let mut home: SecondaryMap<Value, PackedOption<Block>> =
            table(function.values.len());
        let mut uses = table(function.values.len());
        for (block, data) in &function.blocks {
            for &param in function.params(block) {
                home[param] = block.into();
            }
            for &inst in &data.insts {
                if let Some(result) = function.results[inst].expand() {
                    home[result] = block.into();
                }
                function.visit_operands(inst, |value| uses[value] += 1);
            }
        }
        Numbering {
            numbers: table(function.values.len()),
            function,
            flow,
            tree,
            home,
            uses,
            table: FxHashMap::default(),
            decided: SecondaryMap::new(),
            replacements: Replacements::default(),
            changed: Changed::Nothing,
        }
    }

    fn number(&self, value: Value) -> Value {
        self.numbers[value].expand().unwrap_or(value)
    }

    // ANCHOR: block
    fn block(&mut self, block: Block) {
        if block != self.function.entry() {
            self.learn(block);
            self.params(block);
        }
        for index in 0..self.function.blocks[block].insts.len() {
            let inst = self.function.blocks[block].insts[index];
            self.decide(block, inst);
            self.inst(block, inst);
        }
    }
    // ANCHOR_END: block

    /// Replaces parameters that are always passed the same number.
    // ANCHOR: params
    fn params(&mut self, block: Block) {
        let params = self.function.params(block).to_vec();
        for (index, &param) in params.iter().enumerate() {
            if let Some(number) = self.only_number(block, index) {
                self.numbers[param] = number.into();
                self.replacements.replace(param, number);
                self.changed = self.changed.max(Changed::Instructions);
            }
        }
        self.equal_params(block, &params);
    }
    // ANCHOR_END: params

    /// Finds parameters that are passed the same as another one along every
    /// way, or are both passed themselves.
    fn equal_params(&mut self, block: Block, params: &[Value]) {
        if params.len() < 2 {
            return;
        }
        // Those of the same class have been passed the same so far. No way may
        // be left but one from the block itself: then only types differ.
        let ty = |&param: &Value| self.function.values[param].ty as usize;
        let mut class: Vec<usize> = params.iter().map(ty).collect();
        for &from in self.flow.predecessors(block) {
            if !self.flow.is_reachable(from) {
                continue;
            }
            let last = self.function.terminator(from);
            for target in self.function.insts[last].targets() {
                if target.block != block {
                    continue;
                }
                let mut classes = FxHashMap::default();
                for (index, &arg) in
                    self.function.args(target).iter().enumerate()
                {
                    let is_own = arg == params[index];
                    let number = (!is_own).then(|| self.number(arg));
                    let next = classes.len();
                    let class = &mut class[index];
                    *class = *classes.entry((*class, number)).or_insert(next);
                }
                if classes.len() == params.len() {
                    return;
                }
            }
        }
        let mut first = vec![None; params.len()];
        for (&param, class) in params.iter().zip(class) {
            let first = *first[class].get_or_insert(param);
            if first != param && self.numbers[param].is_none() {
                self.numbers[param] = first.into();
                self.replacements.replace(param, first);
                self.changed = self.changed.max(Changed::Instructions);
            }
        }
    }

    /// The number that all ways into a block pass for a parameter. Ways back
    /// to a loop's beginning have not been visited yet; they agree only if
    /// they pass the parameter itself.
    // ANCHOR: only_number
    fn only_number(&self, block: Block, index: usize) -> Option<Value> {
        let param = self.function.params(block)[index];
        let mut only = None;
        for &from in self.flow.predecessors(block) {
            let Some(number) = self.flow.number(from) else { continue };
            let is_visited = Some(number) < self.flow.number(block);
            let last = self.function.terminator(from);
            let targets = self.function.insts[last].targets().iter();
            for target in targets.filter(|target| target.block == block) {
                let arg = self.function.args(target)[index];
                if arg == param {
                    continue;
                }
                let arg = self.number(arg);
                if !is_visited || *only.get_or_insert(arg) != arg {
                    return None;
                }
            }
        }
        only
    }
    // ANCHOR_END: only_number

    /// A block with one way into it, from a branch, is entered only if the
    /// branch went this way.
    // ANCHOR: learn
    fn learn(&mut self, block: Block) {
        let [from] = *self.flow.predecessors(block) else { return };
        let last = self.function.terminator(from);
        if let InstData::Branch { condition, targets } =
            self.function.insts[last]
        {
            let condition = self.number(condition);
            let holds = targets[0].block == block;
            self.decided[condition] = Some((block, holds));
        }
    }
    // ANCHOR_END: learn

    /// Whether a condition is known to hold, or not to, in a block.
    // ANCHOR: holds
    fn holds(&self, block: Block, condition: Value) -> Option<bool> {
        let known = |value: Value| {
            let (since, holds) = self.decided[value]?;
            self.tree.dominates(since, block).then_some(holds)
        };
        let number = self.number(condition);
        if let Some(holds) = known(number) {
            return Some(holds);
        }
        let ValueDef::Inst(inst) = self.function.values[number].def else {
            return None;
        };
        match self.function.insts[inst] {
            InstData::BoolConst(holds) => Some(holds),
            InstData::Compare { condition, args } => {
                let opposite = self.compare(condition.negated(), args);
                known(*self.table.get(&opposite)?).map(|holds| !holds)
            }
            _ => None,
        }
    }
    // ANCHOR_END: holds

    /// Simplifies an instruction that asks for a condition which is known.
    fn decide(&mut self, block: Block, inst: Inst) {
        let data = self.function.insts[inst];
        let (InstData::FromBool(condition)
        | InstData::Select { condition, .. }
        | InstData::Branch { condition, .. }) = data
        else {
            return;
        };
        let Some(holds) = self.holds(block, condition) else { return };
        let taken = usize::from(!holds);
        match data {
            InstData::FromBool(_) => {
                let number = if holds { 1.0 } else { 0.0 };
                self.function.insts[inst] = InstData::Const(number);
                self.changed = self.changed.max(Changed::Instructions);
            }
            InstData::Select { args, .. } => {
                self.replace(inst, self.number(args[taken]));
            }
            InstData::Branch { targets, .. } => {
                self.function.insts[inst] = InstData::Jump(targets[taken]);
                self.changed = Changed::ControlFlow;
            }
            _ => unreachable!("it asks for a condition"),
        }
    }

    /// Looks an instruction up.
    // ANCHOR: inst
    fn inst(&mut self, block: Block, inst: Inst) {
        let Some(result) = self.function.results[inst].expand() else {
            return;
        };
        if self.numbers[result].is_some() {
            return;
        }
        let Some(key) = self.key(inst) else { return };
        if let Some(&first) = self.table.get(&key) {
            let home = self.home[first].expand().expect("it is defined");
            if self.tree.dominates(home, block) {
                match self.is_fused(block, inst, result) {
                    true => self.numbers[result] = first.into(),
                    false => self.replace(inst, first),
                }
                return;
            }
        }
        self.table.insert(key, result);
    }
    // ANCHOR_END: inst

    fn replace(&mut self, inst: Inst, by: Value) {
        let result = self.function.results[inst].expand().expect("pure");
        self.numbers[result] = by.into();
        self.replacements.replace(result, by);
        self.changed = self.changed.max(Changed::Instructions);
    }

    /// Whether only the branch at the end of the block looks at the result of
    /// a comparison.
    fn is_fused(&self, block: Block, inst: Inst, result: Value) -> bool {
        let last = self.function.terminator(block);
        matches!(self.function.insts[inst], InstData::Compare { .. })
            && self.uses[result] == 1
            && matches!(self.function.insts[last],
                InstData::Branch { condition, .. } if condition == result)
    }

    // ANCHOR: key
    fn key(&self, inst: Inst) -> Option<Key> {
        let number = |value| self.number(value);
        Some(match self.function.insts[inst] {
            InstData::Const(value) if value.is_nan() => {
                Key::Const(f64::NAN.to_bits())
            }
            InstData::Const(value) => Key::Const(value.to_bits()),
            InstData::BoolConst(value) => Key::BoolConst(value),
            InstData::Binary { op, args } => {
                let args = args.map(number);
                let is_sorted = !op.is_commutative();
                Key::Binary(op, if is_sorted { args } else { sorted(args) })
            }
            InstData::Compare { condition, args } => {
                self.compare(condition, args)
            }
            InstData::FromBool(value) => Key::FromBool(number(value)),
            InstData::Select { condition, args } => {
                Key::Select(number(condition), args.map(number))
            }
            _ => return None,
        })
    }
    // ANCHOR_END: key

    fn compare(&self, condition: FloatCondition, args: [Value; 2]) -> Key {
        let args = args.map(|value| self.number(value));
        match condition {
            FloatCondition::One | FloatCondition::Ueq => {
                Key::Compare(condition, sorted(args))
            }
            _ => Key::Compare(condition, args),
        }
    }

    /// Replaces what has been found to be known.
    fn finish(mut self) -> Changed {
        if self.replacements.is_empty() {
            return self.changed;
        }
        let function = self.function;
        self.replacements.apply(function);
        let replacements = &mut self.replacements;
        edit::remove_params(function, |it| replacements.find(it) != it);
        edit::retain_insts(function, |function, inst| {
            let result = function.results[inst].expand();
            result.is_none_or(|result| replacements.find(result) == result)
        });
        self.changed
    }
}

fn sorted([a, b]: [Value; 2]) -> [Value; 2] {
    if b.index() < a.index() { [b, a] } else { [a, b] }
}

#[cfg(test)]
mod tests;
