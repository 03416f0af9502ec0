//! Simpler control flow: fewer blocks, fewer jumps between them.
//!
//! Four changes, each made in one sweep:
//!
//! - blocks that nobody can reach go;
//! - a block whose only successor has no other predecessor takes it over;
//! - a branch on a number that is one of two constants is a branch on what
//!   chose between them (see `truth`);
//! - an edge is *threaded*: if it is clear how the block that it leads to is
//!   left, and nothing happens there, it leads on to the next one (see
//!   `thread`).
//!
//! A loop's header is the one block by which its loop is entered. Leading
//! some of its edges past it would make loops with two entries, which nothing
//! here knows as loops any more. So an edge is led past a header only if the
//! header does nothing but jump, when all others are led past it as well.

mod thread;
mod truth;

use super::{Changed, Pass};
use crate::analysis::{Analyses, table};
use crate::edit::{self, Replacements};
use chapter1::ir::{Block, ControlFlow, Function, InstData, ValueDef};
use cranelift_entity::SecondaryMap;

/// The pass.
pub struct SimplifyCfg;

impl Pass for SimplifyCfg {
    fn name(&self) -> &'static str {
        "simplifycfg"
    }

    fn summary(&self) -> &'static str {
        "fewer blocks and jumps"
    }

    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        // What is merged first shows its condition and what it decides about
        // to each other, and to those that are threaded.
        let is_clean = !clean(function, analyses);
        let flow = analyses.flow(function);
        let is_straight = !(truth::simplify_branches(function, &flow)
            | thread::thread(function, &flow));
        if !is_straight {
            analyses.forget();
            clean(function, analyses);
        }
        match is_clean && is_straight {
            true => Changed::Nothing,
            false => Changed::ControlFlow,
        }
    }
}

/// Removes unreachable blocks, and joins those that always follow each other.
fn clean(function: &mut Function, analyses: &mut Analyses) -> bool {
    let flow = analyses.flow(function);
    let is_removed = edit::remove_unreachable(function, &flow);
    if is_removed {
        // They were predecessors.
        analyses.forget();
    }
    let flow = analyses.flow(function);
    let is_merged = merge(function, &flow);
    if is_merged {
        analyses.forget();
    }
    is_removed || is_merged
}

/// Joins blocks that always follow each other. There must be no unreachable
/// ones.
// ANCHOR: merge
fn merge(function: &mut Function, flow: &ControlFlow) -> bool {
    let mut replacements = Replacements::default();
    let mut is_merged: SecondaryMap<Block, bool> = table(function.blocks.len());
    let mut is_changed = false;
    for &block in flow.reverse_postorder() {
        if is_merged[block] {
            continue;
        }
        while let InstData::Jump(target) =
            function.insts[function.terminator(block)]
            && let [_] = flow.predecessors(target.block)
            && target.block != block
        {
            let params = function.params(target.block).to_vec();
            let args = function.args(&target).to_vec();
            for (param, arg) in params.into_iter().zip(args) {
                function.values[param].def = ValueDef::Detached;
                replacements.replace(param, arg);
            }
            let data = std::mem::take(&mut function.blocks[target.block]);
            let insts = &mut function.blocks[block].insts;
            insts.pop();
            insts.extend(data.insts);
            is_merged[target.block] = true;
            is_changed = true;
        }
    }
    replacements.apply(function);
    is_changed
}
// ANCHOR_END: merge

#[cfg(test)]
mod tests;
