//! Loop rotation: a loop that begins with its test ends with it instead.
//!
//! ```text
//! before:              after:
//!     jump header          (a copy of the header)
//! header:                  branch c', body, exit
//!     branch c, body, exit
//! body:                body:
//!     …                    …
//!     jump header          (the header)
//!                          branch c, body, exit
//! ```
//!
//! One jump a round instead of two. Kaleidoscope's own loops end with their
//! test anyway; those that `tailcall` makes begin with it, and so get a copy
//! of the header to be entered by. What the header defines has two
//! definitions then, one in each copy. To find out which of them reaches
//! which use is exactly what promotion does with a variable that is stored to
//! in two places: the values become slots, and `mem2reg` promotes them.
//!
//! A header is copied if it is small and has no effect, if one way out of it
//! leaves the loop and the other does not, and if the loop has no test at its
//! end already.

use super::{Changed, Mem2Reg, Pass};
use crate::analysis::{Analyses, DominatorTree, Loop, Loops};
use crate::edit;
use chapter1::ir::{
    Block, BlockData, ControlFlow, Function, Inst, InstData, Slot, Value,
    ValueDef,
};
use chapter1::span::Span;
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;

/// How many instructions a header has that is copied.
const MOST_INSTS: usize = 12;

/// The pass.
pub struct Rotate;

impl Pass for Rotate {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn summary(&self) -> &'static str {
        "loops test at their end"
    }

    // ANCHOR: run
    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let loops = analyses.loops(function);
        let (flow, tree) = (analyses.flow(function), analyses.tree(function));
        let shape = Shape { flow: &flow, tree: &tree, loops: &loops };
        let headers: Vec<Block> = loops
            .all()
            .filter(|&l| shape.can_rotate(function, l))
            .map(|l| loops.header(l))
            .collect();
        if headers.is_empty() {
            return Changed::Nothing;
        }
        edit::remove_unreachable(function, &flow);
        let slots = demote(function, &headers);
        for header in headers {
            shape.copy_header(function, header, &slots);
        }
        analyses.forget();
        Mem2Reg.run(function, analyses);
        Changed::ControlFlow
    }
    // ANCHOR_END: run
}

/// What is known of the function before any loop is rotated.
struct Shape<'a> {
    flow: &'a ControlFlow,
    tree: &'a DominatorTree,
    loops: &'a Loops,
}

impl Shape<'_> {
    // ANCHOR: can_rotate
    fn can_rotate(&self, function: &Function, l: Loop) -> bool {
        let header = self.loops.header(l);
        let insts = &function.blocks[header].insts;
        let last = function.terminator(header);
        let InstData::Branch { targets, .. } = function.insts[last] else {
            return false;
        };
        let inside = targets.map(|it| self.loops.contains(l, it.block));
        let is_pure = |&inst: &Inst| {
            let data = &function.insts[inst];
            let may_differ =
                matches!(data, InstData::Call { .. } | InstData::Load(_));
            function.results[inst].is_some() && !may_differ
        };
        inside[0] != inside[1]
            && insts.len() <= MOST_INSTS
            && insts[..insts.len() - 1].iter().all(is_pure)
            && self.sources(header, true).all(|latch| {
                let last = function.terminator(latch);
                matches!(function.insts[last], InstData::Jump(_))
            })
    }
    // ANCHOR_END: can_rotate

    /// The blocks from which a header is entered: those of its loop, or those
    /// outside.
    fn sources(
        &self,
        header: Block,
        inside: bool,
    ) -> impl Iterator<Item = Block> + '_ {
        let sources = self.flow.predecessors(header).iter().copied();
        sources
            .filter(|&from| self.flow.is_reachable(from))
            .filter(move |&it| self.tree.dominates(header, it) == inside)
    }

    /// Makes the copy of a header by which its loop is entered from outside.
    fn copy_header(
        &self,
        function: &mut Function,
        header: Block,
        slots: &SecondaryMap<Value, PackedOption<Slot>>,
    ) {
        let copy = function.blocks.push(BlockData::default());
        let mut copies = Vec::new();
        for param in function.params(header).to_vec() {
            let ty = function.values[param].ty;
            copies.push((param, function.push_param(copy, ty)));
        }
        for &inst in &function.blocks[header].insts.clone() {
            let data = edit::clone_lists(function, function.insts[inst]);
            let span = function.spans[inst];
            let new = function.push_inst(copy, data, span);
            edit::map_operands(function, new, |value| {
                let copied = copies.iter().find(|(old, _)| *old == value);
                copied.map_or(value, |(_, copy)| *copy)
            });
            let results = [inst, new].map(|it| function.results[it].expand());
            if let [Some(old), Some(new)] = results {
                copies.push((old, new));
            }
        }
        store_all(function, copy, &copies, slots);
        for from in self.sources(header, false) {
            let last = function.terminator(from);
            for target in edit::targets_mut(&mut function.insts[last]) {
                if target.block == header {
                    target.block = copy;
                }
            }
        }
        let own: Vec<(Value, Value)> =
            copies.iter().map(|&(old, _)| (old, old)).collect();
        store_all(function, header, &own, slots);
    }
}

/// Gives each value of the headers that others use a slot, from which these
/// others load it.
fn demote(
    function: &mut Function,
    headers: &[Block],
) -> SecondaryMap<Value, PackedOption<Slot>> {
    let mut home: SecondaryMap<Value, PackedOption<Block>> =
        SecondaryMap::new();
    for &header in headers {
        for &param in function.params(header) {
            home[param] = header.into();
        }
        for &inst in &function.blocks[header].insts {
            if let Some(result) = function.results[inst].expand() {
                home[result] = header.into();
            }
        }
    }
    let mut slots: SecondaryMap<Value, PackedOption<Slot>> =
        SecondaryMap::new();
    let blocks = function.blocks.keys();
    for block in blocks {
        let insts = std::mem::take(&mut function.blocks[block].insts);
        for inst in insts {
            let mut foreign = Vec::new();
            let is_foreign = |value: Value| {
                home[value].expand().is_some_and(|home| home != block)
            };
            function.visit_operands(inst, |value| {
                if is_foreign(value) {
                    foreign.push(value);
                }
            });
            let mut loads = Vec::with_capacity(foreign.len());
            for &value in &foreign {
                // A constant is the same wherever it is made.
                if let Some(data) = constant(function, value) {
                    let inst = function.push_inst(block, data, Span::default());
                    loads.push(function.results[inst].expect("a constant"));
                    continue;
                }
                let slot = slots[value].expand().unwrap_or_else(|| {
                    let ty = function.values[value].ty;
                    function.slots.push(ty)
                });
                slots[value] = slot.into();
                let load = InstData::Load(slot);
                let load = function.push_inst(block, load, Span::default());
                loads.push(function.results[load].expect("a load yields"));
            }
            let mut next = loads.into_iter();
            edit::map_operands(function, inst, |value| {
                match is_foreign(value) {
                    true => next.next().expect("one for each"),
                    false => value,
                }
            });
            function.blocks[block].insts.push(inst);
        }
    }
    slots
}

fn constant(function: &Function, value: Value) -> Option<InstData> {
    let ValueDef::Inst(inst) = function.values[value].def else { return None };
    let data = function.insts[inst];
    let is_constant =
        matches!(data, InstData::Const(_) | InstData::BoolConst(_));
    is_constant.then_some(data)
}

/// Stores values, each in the slot of the value that it is a copy of, before
/// a block's terminator.
fn store_all(
    function: &mut Function,
    block: Block,
    copies: &[(Value, Value)],
    slots: &SecondaryMap<Value, PackedOption<Slot>>,
) {
    let last = function.blocks[block].insts.pop().expect("a terminator");
    for &(old, value) in copies {
        if let Some(slot) = slots[old].expand() {
            let store = InstData::Store { slot, value };
            function.push_inst(block, store, Span::default());
        }
    }
    function.blocks[block].insts.push(last);
}

#[cfg(test)]
mod tests;
