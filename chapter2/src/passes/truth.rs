//! Truth: a number that is only asked whether it is zero is a truth value.
//!
//! `if a < b then 1 else 0` makes a number, and where that is the condition
//! of another `if`, as it is in `!`, `|` and `&` when the user defines them,
//! the number is compared with zero. The number is the parameter of a block;
//! so its type can be `bool`, if all that is passed for it says yes or no,
//! and nobody asks for more. A parameter may be passed to another one, and
//! round a loop to itself. So all parameters are candidates at first, and
//! those that have to stay numbers take with them what they are passed to,
//! and what is passed to them. That is linear: each leaves once.
//!
//! What is left is for others to do: to jump to the right place at once from
//! where the truth value is known.

use super::{Changed, Pass};
use crate::analysis::{Analyses, Edge, Edges, Use, Uses};
use crate::edit::{self, Replacements};
use chapter1::ir::{
    Block, FloatCondition, Function, Inst, InstData, Type, Value, ValueDef,
};
use cranelift_entity::EntitySet;

/// The pass.
pub struct Truth;

impl Pass for Truth {
    fn name(&self) -> &'static str {
        "truth"
    }

    fn summary(&self) -> &'static str {
        "numbers that only say yes or no become truth values"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        if !is_any_asked_for_truth(function) {
            return Changed::Nothing;
        }
        let flow = analyses.flow(function);
        let unreachable = edit::remove_unreachable(function, &flow);
        let edges = Edges::compute(function);
        let found = Search::new(function, &edges).run();
        if !found.is_empty() {
            change(function, &edges, &found);
        }
        match (unreachable, found.is_empty()) {
            (true, _) => Changed::ControlFlow,
            (false, false) => Changed::Instructions,
            (false, true) => Changed::Nothing,
        }
    }
}

/// The search for the parameters that can be truth values.
// ANCHOR: Search
struct Search<'f> {
    function: &'f Function,
    edges: &'f Edges,
    uses: Uses,
    candidates: EntitySet<Value>,
}
// ANCHOR_END: Search

impl<'f> Search<'f> {
    fn new(function: &'f Function, edges: &'f Edges) -> Search<'f> {
        let mut candidates = EntitySet::with_capacity(function.values.len());
        let blocks = function.blocks.keys();
        for block in blocks.filter(|&block| block != function.entry()) {
            let params = function.params(block).iter().copied();
            candidates.extend(
                params.filter(|&it| function.values[it].ty == Type::F64),
            );
        }
        Search { function, edges, uses: Uses::compute(function), candidates }
    }

    // ANCHOR: run
    fn run(mut self) -> Vec<Value> {
        let params = self.function.values.keys();
        let params: Vec<Value> =
            params.filter(|&it| self.candidates.contains(it)).collect();
        let mut open = Vec::new();
        for &param in &params {
            if !self.gets_truth(param) || !self.is_asked_for_truth(param) {
                open.push(param);
            }
        }
        while let Some(value) = open.pop() {
            if self.candidates.remove(value) {
                open.extend(self.args(value));
                let uses = self.uses.of(value).iter();
                open.extend(uses.filter_map(|&used| self.param(used)));
            }
        }
        let is_left = |&it: &Value| self.candidates.contains(it);
        params.into_iter().filter(is_left).collect()
    }
    // ANCHOR_END: run

    /// Whether what is passed for a parameter says yes or no, other
    /// candidates not asked.
    // ANCHOR: gets_truth
    fn gets_truth(&self, param: Value) -> bool {
        self.args(param).all(|arg| {
            let data = inst_data(self.function, arg);
            let is_truth = matches!(
                data,
                Some(InstData::Const(_) | InstData::FromBool(_))
            );
            is_truth || self.candidates.contains(arg)
        })
    }
    // ANCHOR_END: gets_truth

    /// Whether a parameter is only compared with zero, or passed to other
    /// candidates.
    // ANCHOR: is_asked_for_truth
    fn is_asked_for_truth(&self, param: Value) -> bool {
        self.uses.of(param).iter().all(|&used| {
            asks_for_truth(self.function, used.inst)
                || self.param(used).is_some()
        })
    }
    // ANCHOR_END: is_asked_for_truth

    /// What is passed for a parameter.
    fn args(&self, param: Value) -> impl Iterator<Item = Value> + use<'f> {
        let (function, edges) = (self.function, self.edges);
        let place = place(function, param);
        (0..).map_while(move |number| edges.arg(function, place, number))
    }

    /// The parameter that an argument is passed for.
    fn param(&self, used: Use) -> Option<Value> {
        let (target, index) = used.argument(self.function)?;
        let target = &self.function.insts[used.inst].targets()[target];
        Some(self.function.params(target.block)[index])
    }
}

/// Where a parameter is.
fn place(function: &Function, param: Value) -> (Block, u32) {
    match function.values[param].def {
        ValueDef::Param(block, index) => (block, index),
        _ => unreachable!("{param} is a parameter"),
    }
}

/// The instruction that yields a value, unless a block's parameter does.
fn inst_data(function: &Function, value: Value) -> Option<InstData> {
    match function.values[value].def {
        ValueDef::Inst(inst) => Some(function.insts[inst]),
        _ => None,
    }
}

/// Whether an instruction asks if a number is true: not zero, and not NaN.
fn asks_for_truth(function: &Function, inst: Inst) -> bool {
    let is_zero = |value| {
        matches!(inst_data(function, value), Some(InstData::Const(0.0)))
    };
    match function.insts[inst] {
        InstData::Compare { condition: FloatCondition::One, args } => {
            args.into_iter().any(is_zero)
        }
        _ => false,
    }
}

/// Whether there is a parameter that an instruction asks for its truth. In
/// most functions there is none.
fn is_any_asked_for_truth(function: &Function) -> bool {
    let mut insts = function.blocks.values().flat_map(|data| &data.insts);
    insts.any(|&inst| match function.insts[inst] {
        InstData::Compare { args, .. } if asks_for_truth(function, inst) => {
            args.iter().any(|&it| inst_data(function, it).is_none())
        }
        _ => false,
    })
}

/// Makes truth values of parameters.
fn change(function: &mut Function, edges: &Edges, found: &[Value]) {
    for &param in found {
        function.values[param].ty = Type::Bool;
    }
    for &param in found {
        let (block, index) = place(function, param);
        for &edge in edges.into(block) {
            change_arg(function, edge, index as usize);
        }
    }
    let mut replacements = Replacements::default();
    edit::retain_insts(function, |function, inst| {
        if !asks_for_truth(function, inst) {
            return true;
        }
        let mut truth = None;
        function.visit_operands(inst, |value| {
            if function.values[value].ty == Type::Bool {
                truth = Some(value);
            }
        });
        if let Some(truth) = truth {
            let result = function.results[inst].expect("a truth value");
            replacements.replace(result, truth);
        }
        truth.is_none()
    });
    replacements.apply(function);
}

/// Makes a truth value of an argument.
fn change_arg(function: &mut Function, edge: Edge, index: usize) {
    let Edge { from, terminator, target } = edge;
    let call = function.insts[terminator].targets()[target];
    let truth = match inst_data(function, function.args(&call)[index]) {
        Some(InstData::FromBool(truth)) => truth,
        Some(InstData::Const(number)) => {
            let truth = FloatCondition::One.holds(number, 0.0);
            let span = function.spans[terminator];
            let insts = &mut function.blocks[from].insts;
            let last = insts.pop().expect("a terminator");
            let truth =
                function.push_inst(from, InstData::BoolConst(truth), span);
            function.blocks[from].insts.push(last);
            function.results[truth].expect("a truth value")
        }
        _ => return,
    };
    let Function { insts, lists, .. } = function;
    let call = &mut edit::targets_mut(&mut insts[terminator])[target];
    call.args.as_mut_slice(lists)[index] = truth;
}

#[cfg(test)]
mod tests;
