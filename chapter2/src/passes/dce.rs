//! Dead code: what nobody asks for goes.
//!
//! First, parameters that get the same value from everywhere are replaced by
//! it. (They are what Braun and others, *Simple and Efficient Construction of
//! Static Single Assignment Form*, 2013, call trivial φ-functions.) Then all
//! is taken to be dead but what has an effect: calls, stores, and the ways
//! through the function. What these read is alive, and what that reads, and
//! so on. A parameter is alive if somebody alive reads it, and only then are
//! the arguments that jumps pass for it. Two parameters that only feed each
//! other, round a loop, are never reached that way.
//!
//! Each argument is looked at a bounded number of times: linear time.

use super::{Changed, Pass};
use crate::analysis::{Analyses, Edges, table};
use crate::edit::{self, Replacements};
use chapter1::ir::{ControlFlow, Function, InstData, Value, ValueDef};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityList, EntitySet, ListPool, SecondaryMap};

/// The pass.
pub struct Dce;

impl Pass for Dce {
    fn name(&self) -> &'static str {
        "dce"
    }

    fn summary(&self) -> &'static str {
        "instructions and parameters that nobody needs go"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let flow = analyses.flow(function);
        let unreachable = edit::remove_unreachable(function, &flow);
        let edges = Edges::compute(function);
        let trivial = replace_trivial(function, &flow, &edges);
        let dead = remove_dead(function, &edges);
        match (unreachable, trivial || dead) {
            (true, _) => Changed::ControlFlow,
            (false, true) => Changed::Instructions,
            (false, false) => Changed::Nothing,
        }
    }
}

/// Replaces parameters that only ever get one value, themselves not counted.
fn replace_trivial(
    function: &mut Function,
    flow: &ControlFlow,
    edges: &Edges,
) -> bool {
    let trivial = Trivial {
        edges,
        replacements: Replacements::default(),
        seen: table(function.values.len()),
        only: table(function.values.len()),
        function,
        watchers: SecondaryMap::new(),
        lists: ListPool::new(),
    };
    let mut replacements = trivial.find(flow);
    if replacements.is_empty() {
        return false;
    }
    replacements.apply(function);
    edit::remove_params(function, |param| replacements.find(param) != param);
    true
}

/// The search for parameters that only get one value. Where it has met two,
/// it stops: until the two turn out to be one, the rest does not matter. That
/// only happens when one of them is replaced, and then whoever waits for it
/// goes on from where it was: what has been equal stays equal.
struct Trivial<'f> {
    function: &'f Function,
    edges: &'f Edges,
    replacements: Replacements,
    /// How many ways into its block each parameter is through with: all of
    /// them pass the same value.
    seen: SecondaryMap<Value, u32>,
    /// That value, once there is one that is not the parameter itself.
    only: SecondaryMap<Value, PackedOption<Value>>,
    /// The parameters to be looked at again if a value is replaced.
    watchers: SecondaryMap<Value, EntityList<Value>>,
    lists: ListPool<Value>,
}

impl Trivial<'_> {
    fn find(mut self, flow: &ControlFlow) -> Replacements {
        let entry = self.function.entry();
        let mut open = Vec::new();
        for &block in flow.reverse_postorder() {
            if block != entry {
                open.extend_from_slice(self.function.params(block));
            }
            while let Some(param) = open.pop() {
                self.look_at(param, &mut open);
            }
        }
        self.replacements
    }

    /// Goes on with a parameter, from the first value that it gets.
    fn look_at(&mut self, param: Value, open: &mut Vec<Value>) {
        let ValueDef::Param(block, index) = self.function.values[param].def
        else {
            unreachable!("{param} is a parameter");
        };
        if self.replacements.find(param) != param {
            return;
        }
        let mut number = self.seen[param] as usize;
        while let Some(arg) =
            self.edges.arg(self.function, (block, index), number)
        {
            let arg = self.replacements.find(arg);
            let only = self.only_arg(param).unwrap_or(arg);
            if arg != param && arg != only {
                for value in [only, arg] {
                    self.watchers[value].push(param, &mut self.lists);
                }
                break;
            }
            if arg != param {
                self.only[param] = only.into();
            }
            number += 1;
        }
        self.seen[param] = number as u32;
        if number == self.edges.into(block).len()
            && let Some(only) = self.only_arg(param)
        {
            self.replacements.replace(param, only);
            let mut watchers = std::mem::take(&mut self.watchers[param]);
            open.extend_from_slice(watchers.as_slice(&self.lists));
            watchers.clear(&mut self.lists);
        }
    }

    /// What a parameter has got so far, itself not counted.
    fn only_arg(&mut self, param: Value) -> Option<Value> {
        let only = self.replacements.find(self.only[param].expand()?);
        (only != param).then_some(only)
    }
}

/// Removes what is not alive.
fn remove_dead(function: &mut Function, edges: &Edges) -> bool {
    let alive = alive(function, edges);
    let mut is_param_dead = false;
    edit::remove_params(function, |param| {
        let is_dead = !alive.contains(param);
        is_param_dead |= is_dead;
        is_dead
    });
    let is_inst_dead = edit::retain_insts(function, |function, inst| {
        match function.results[inst].expand() {
            Some(result) => alive.contains(result),
            None => true,
        }
    });
    is_param_dead || is_inst_dead
}

/// The values that somebody needs; and the results of calls, which stay.
// ANCHOR: alive
fn alive(function: &Function, edges: &Edges) -> EntitySet<Value> {
    let mut alive = EntitySet::with_capacity(function.values.len());
    let mut open = roots(function);
    while let Some(value) = open.pop() {
        if !alive.insert(value) {
            continue;
        }
        match function.values[value].def {
            ValueDef::Inst(inst) => {
                function.visit_operands(inst, |value| open.push(value));
            }
            ValueDef::Param(block, index) => {
                let args = (0..)
                    .map_while(|it| edges.arg(function, (block, index), it));
                open.extend(args);
            }
            ValueDef::Detached => unreachable!("{value} has been removed"),
        }
    }
    alive
}
// ANCHOR_END: alive

/// The values that instructions with an effect need, and the results of calls.
// ANCHOR: roots
fn roots(function: &Function) -> Vec<Value> {
    let mut roots = Vec::new();
    let insts = function.blocks.values().flat_map(|data| &data.insts);
    for &inst in insts {
        match &function.insts[inst] {
            InstData::Branch { condition, .. } => roots.push(*condition),
            InstData::Store { .. } | InstData::Return(_) => {
                function.visit_operands(inst, |value| roots.push(value));
            }
            InstData::Call { .. } => {
                roots.extend(function.results[inst].expand());
                function.visit_operands(inst, |value| roots.push(value));
            }
            _ => {}
        }
    }
    roots
}
// ANCHOR_END: roots

#[cfg(test)]
mod tests;
