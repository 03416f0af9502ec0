//! Jump threading: edges that lead through a block to where it is clear that
//! they go.
//!
//! An empty block only passes on what it is passed. And a block may do no
//! more than look at its parameters to choose between its successors, as the
//! one behind `a | b` does in `if a | b then …`: the way that passes a
//! constant knows what is going to be chosen. Such an edge can lead to the
//! chosen block right away, provided that nobody beyond looks at what the
//! block defines.
//!
//! Blocks are visited in postorder, so the edges of the block that is led
//! past lead as far as they can already, and a chain of blocks is not walked
//! once for each that leads into it. What remains are few steps; after
//! [`MOST_STEPS`] of them the edge has got far enough.

use crate::analysis::table;
use crate::edit;
use chapter1::ir::{
    Block, BlockCall, ControlFlow, Function, Inst, InstData, Value, ValueDef,
    ValueList,
};
use chapter1::span::Span;
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;

/// How many blocks an edge is led past.
const MOST_STEPS: usize = 8;

/// How many instructions a block has that an edge is led past.
const MOST_INSTS: usize = 8;

/// Threads all edges. Returns whether there were any to thread.
pub fn thread(function: &mut Function, flow: &ControlFlow) -> bool {
    let is_header = headers(function, flow);
    let escapes = escaping(function);
    let mut threading = Threading { function, is_header, escapes };
    let mut is_changed = false;
    for &block in flow.reverse_postorder().iter().rev() {
        is_changed |= threading.exit(block);
    }
    is_changed
}

/// The blocks that loops are entered by, and those that are going to be when
/// empty ones are gone.
fn headers(
    function: &Function,
    flow: &ControlFlow,
) -> SecondaryMap<Block, bool> {
    let mut is_header = table(function.blocks.len());
    for &block in flow.reverse_postorder() {
        let mut sources = flow.predecessors(block).iter();
        let is_back = |&from: &Block| flow.number(from) >= flow.number(block);
        is_header[block] |= sources.any(is_back);
        if is_header[block]
            && let Some(target) = only_jump(function, block)
        {
            is_header[target.block] = true;
        }
    }
    is_header
}

/// Where a block jumps that does nothing else.
fn only_jump(function: &Function, block: Block) -> Option<BlockCall> {
    match function.blocks[block].insts[..] {
        [only] => match function.insts[only] {
            InstData::Jump(target) => Some(target),
            _ => None,
        },
        _ => None,
    }
}

/// The values that are used outside the block which defines them.
fn escaping(function: &Function) -> SecondaryMap<Value, bool> {
    let count = function.values.len();
    let mut home: SecondaryMap<Value, PackedOption<Block>> = table(count);
    for (block, data) in &function.blocks {
        let params = function.params(block).iter().copied();
        let results = data.insts.iter();
        let results = results.filter_map(|&it| function.results[it].expand());
        for value in params.chain(results) {
            home[value] = block.into();
        }
    }
    let mut escapes = table(count);
    for (block, data) in &function.blocks {
        for &inst in &data.insts {
            function.visit_operands(inst, |value| {
                escapes[value] |= home[value] != block.into();
            });
        }
    }
    escapes
}

/// A constant.
#[derive(Clone, Copy)]
enum Known {
    Number(f64),
    Truth(bool),
}

/// What is known of values on one edge, and in the block it leads to.
struct Facts {
    /// The values of the block.
    inside: Vec<(Value, Known)>,
    /// What the branch at the edge's beginning has found.
    branch: Option<(Value, Known)>,
}

struct Threading<'f> {
    function: &'f mut Function,
    is_header: SecondaryMap<Block, bool>,
    escapes: SecondaryMap<Value, bool>,
}

impl Threading<'_> {
    /// Threads the edges that leave a block.
    // ANCHOR: exit
    fn exit(&mut self, block: Block) -> bool {
        let last = self.function.terminator(block);
        let insts = self.function.insts.len();
        let mut is_changed = false;
        for way in 0..self.function.insts[last].targets().len() {
            let target = self.function.insts[last].targets()[way];
            let mut next = target;
            for _ in 0..MOST_STEPS {
                let Some(step) = self.step(block, way, &next) else { break };
                next = step;
            }
            // Empty blocks that lead to each other lead nowhere.
            if next.block != target.block {
                is_changed = true;
                edit::targets_mut(&mut self.function.insts[last])[way] = next;
            }
        }
        // Some way may have been made for nothing.
        is_changed |= self.function.insts.len() != insts;
        is_changed | self.join_targets(last)
    }
    // ANCHOR_END: exit

    /// Makes a branch a jump if both ways are the same.
    fn join_targets(&mut self, last: Inst) -> bool {
        let InstData::Branch { targets: [a, b], .. } =
            self.function.insts[last]
        else {
            return false;
        };
        let is_same = a.block == b.block
            && self.function.args(&a) == self.function.args(&b);
        if is_same {
            self.function.insts[last] = InstData::Jump(a);
        }
        is_same
    }

    /// Where an edge can lead instead.
    // ANCHOR: step
    fn step(
        &mut self,
        from: Block,
        way: usize,
        target: &BlockCall,
    ) -> Option<BlockCall> {
        let block = target.block;
        let insts = &self.function.blocks[block].insts;
        let is_empty = only_jump(self.function, block).is_some();
        if insts.len() > MOST_INSTS || self.is_header[block] && !is_empty {
            return None;
        }
        let params = self.function.params(block).iter();
        let results = insts.iter();
        let results =
            results.filter_map(|&it| self.function.results[it].expand());
        if params.copied().chain(results).any(|it| self.escapes[it]) {
            return None;
        }
        let facts = self.facts(from, way, target)?;
        let next = self.chosen(target, &facts)?;
        if next.block == block {
            return None;
        }
        let args = self.pass_on(from, target, &next, &facts)?;
        Some(BlockCall { block: next.block, args })
    }
    // ANCHOR_END: step

    /// What is known in a block that is entered by this edge. None if it does
    /// something.
    fn facts(
        &self,
        from: Block,
        way: usize,
        target: &BlockCall,
    ) -> Option<Facts> {
        let function = &*self.function;
        let last = function.terminator(from);
        let branch = match function.insts[last] {
            InstData::Branch { condition, .. } => {
                Some((condition, Known::Truth(way == 0)))
            }
            _ => None,
        };
        let mut facts = Facts { inside: Vec::new(), branch };
        let insts = &function.blocks[target.block].insts;
        for &inst in &insts[..insts.len() - 1] {
            let result = function.results[inst].expand()?;
            let known = |value| self.argument(target, value, &facts);
            let known = match function.insts[inst] {
                InstData::Call { .. } | InstData::Load(_) => return None,
                data => evaluate(&data, known),
            };
            facts.inside.extend(known.map(|known| (result, known)));
        }
        Some(facts)
    }

    /// What is known of a value in the block that an edge leads to.
    fn argument(
        &self,
        target: &BlockCall,
        value: Value,
        facts: &Facts,
    ) -> Option<Known> {
        let mut value = value;
        if let ValueDef::Param(block, index) = self.function.values[value].def
            && block == target.block
        {
            value = self.function.args(target)[index as usize];
        }
        let mut inside = facts.inside.iter().chain(&facts.branch);
        if let Some((_, known)) = inside.find(|(it, _)| *it == value) {
            return Some(*known);
        }
        let ValueDef::Inst(inst) = self.function.values[value].def else {
            return None;
        };
        match self.function.insts[inst] {
            InstData::Const(value) => Some(Known::Number(value)),
            InstData::BoolConst(value) => Some(Known::Truth(value)),
            _ => None,
        }
    }

    /// How the block is left that an edge leads to.
    // ANCHOR: chosen
    fn chosen(&self, target: &BlockCall, facts: &Facts) -> Option<BlockCall> {
        let last = self.function.terminator(target.block);
        match self.function.insts[last] {
            InstData::Jump(next) => Some(next),
            InstData::Branch { condition, targets } => {
                match self.argument(target, condition, facts)? {
                    Known::Truth(holds) => Some(targets[usize::from(!holds)]),
                    Known::Number(_) => unreachable!("{condition} is a bool"),
                }
            }
            _ => None,
        }
    }
    // ANCHOR_END: chosen

    /// What the edge has to pass to the next block. Constants that the block
    /// computes are made anew.
    fn pass_on(
        &mut self,
        from: Block,
        target: &BlockCall,
        next: &BlockCall,
        facts: &Facts,
    ) -> Option<ValueList> {
        let mut args = self.function.args(next).to_vec();
        let mut constants = Vec::new();
        for (at, arg) in args.iter_mut().enumerate() {
            match self.function.values[*arg].def {
                ValueDef::Param(block, index) if block == target.block => {
                    *arg = self.function.args(target)[index as usize];
                    continue;
                }
                ValueDef::Inst(_) => {}
                _ => continue,
            }
            let mut inside = facts.inside.iter();
            if let Some((_, known)) = inside.find(|(it, _)| it == arg) {
                constants.push((at, *known));
            } else if self.is_inside(target.block, *arg) {
                return None;
            }
        }
        // Not before it is certain that the edge leads elsewhere.
        for (at, known) in constants {
            args[at] = self.constant(from, known);
        }
        Some(ValueList::from_slice(&args, &mut self.function.lists))
    }

    fn is_inside(&self, block: Block, value: Value) -> bool {
        let mut insts = self.function.blocks[block].insts.iter();
        insts.any(|&inst| self.function.results[inst] == value.into())
    }

    /// Makes a constant at the end of a block.
    fn constant(&mut self, block: Block, known: Known) -> Value {
        let data = match known {
            Known::Number(value) => InstData::Const(value),
            Known::Truth(value) => InstData::BoolConst(value),
        };
        let inst = self.function.push_inst(block, data, Span::default());
        let insts = &mut self.function.blocks[block].insts;
        let last = insts.len() - 1;
        insts.swap(last - 1, last);
        self.function.results[inst].expand().expect("a constant")
    }
}

/// What an instruction yields, if that is a constant which takes no
/// arithmetic.
fn evaluate(
    data: &InstData,
    known: impl Fn(Value) -> Option<Known>,
) -> Option<Known> {
    use Known::{Number, Truth};
    match *data {
        InstData::Const(value) => Some(Number(value)),
        InstData::BoolConst(value) => Some(Truth(value)),
        InstData::Compare { condition, args } => match args.map(known) {
            [Some(Number(a)), Some(Number(b))] => {
                Some(Truth(condition.holds(a, b)))
            }
            _ => None,
        },
        InstData::FromBool(value) => match known(value)? {
            Truth(holds) => Some(Number(if holds { 1.0 } else { 0.0 })),
            Number(_) => None,
        },
        InstData::Select { condition, args } => match known(condition)? {
            Truth(holds) => known(args[usize::from(!holds)]),
            Number(_) => None,
        },
        _ => None,
    }
}
