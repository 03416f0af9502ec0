//! Loop-invariant code motion: what yields the same in each round of a loop
//! is computed before the loop.
//!
//! An instruction is invariant in a loop if its operands are defined outside
//! of it, or are invariant themselves. One sweep in reverse postorder, in
//! which operands come first, finds for each instruction the outermost loop
//! that it is invariant in, and moves it to that loop's *preheader*: the block
//! before the header, which is made if there is none. (Aho, Lam, Sethi and
//! Ullman, *Compilers*, 9.5.) Numbers never trap, so an instruction may be
//! moved even if the loop would not have come to it each time.
//!
//! Not all that can move should. The rule:
//!
//! - Arithmetic, `select` and `from_bool` move.
//! - Constants and comparisons move only along with one that needs them. A
//!   constant is had from memory wherever it is used, as an operand that
//!   costs nothing; moved, it would at best keep a register busy through the
//!   loop. And a comparison leaves its result in the flags for the branch
//!   behind it; moved, its result would have to be kept in a register, and
//!   looked at there, which takes an instruction as well.
//! - Calls and slots stay: others may see them, or change them.

use super::{Changed, Pass};
use crate::analysis::{Analyses, DominatorTree, Loop, Loops, table};
use crate::edit;
use chapter1::ir::{
    Block, BlockCall, BlockData, ControlFlow, Function, Inst, InstData, Value,
    ValueDef, ValueList,
};
use chapter1::span::Span;
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;

/// The pass.
pub struct Licm;

impl Pass for Licm {
    fn name(&self) -> &'static str {
        "licm"
    }

    fn summary(&self) -> &'static str {
        "loops compute before they begin what never changes"
    }

    // ANCHOR: run
    fn run(&self, function: &mut Function, analyses: &mut Analyses) -> Changed {
        let loops = analyses.loops(function);
        if loops.all().next().is_none() {
            return Changed::Nothing;
        }
        let (flow, tree) = (analyses.flow(function), analyses.tree(function));
        let mut motion = Motion::new(function, &loops);
        for &block in flow.reverse_postorder() {
            motion.block(function, block);
        }
        let moved = motion.collect(function, &flow);
        move_all(function, &flow, &tree, &loops, moved)
    }
    // ANCHOR_END: run
}

/// What moves where.
// ANCHOR: Motion
struct Motion<'l> {
    loops: &'l Loops,
    /// The block that each instruction stands in.
    home: SecondaryMap<Inst, PackedOption<Block>>,
    /// The loop that each instruction is moved out of.
    out_of: SecondaryMap<Inst, PackedOption<Loop>>,
    /// How many loops around its block an instruction must stay in.
    fixed: SecondaryMap<Inst, u32>,
}
// ANCHOR_END: Motion

impl<'l> Motion<'l> {
    fn new(function: &Function, loops: &'l Loops) -> Motion<'l> {
        let mut home: SecondaryMap<Inst, PackedOption<Block>> =
            table(function.insts.len());
        for (block, data) in &function.blocks {
            for &inst in &data.insts {
                home[inst] = block.into();
            }
        }
        let out_of = table(function.insts.len());
        let fixed = table(function.insts.len());
        Motion { loops, home, out_of, fixed }
    }

    // ANCHOR: block
    fn block(&mut self, function: &Function, block: Block) {
        let Some(innermost) = self.loops.innermost(block) else { return };
        let depth = self.loops.depth(block);
        for &inst in &function.blocks[block].insts {
            let (InstData::Binary { .. }
            | InstData::FromBool(_)
            | InstData::Select { .. }
            | InstData::Compare { .. }) = function.insts[inst]
            else {
                self.fixed[inst] = depth;
                continue;
            };
            let mut fixed = 0;
            function.visit_operands(inst, |value| {
                fixed = fixed.max(self.fixed_depth(function, block, value));
            });
            self.fixed[inst] = fixed;
            let is_led =
                matches!(function.insts[inst], InstData::Compare { .. });
            if fixed < depth && !is_led {
                let out_of = self.loops.at_depth(innermost, fixed + 1);
                self.move_out(function, inst, out_of.expect("it is around"));
            }
        }
    }
    // ANCHOR_END: block

    /// How many of the loops around a block a value changes in.
    // ANCHOR: fixed_depth
    fn fixed_depth(
        &self,
        function: &Function,
        block: Block,
        value: Value,
    ) -> u32 {
        let home = match function.values[value].def {
            ValueDef::Param(home, _) => home,
            ValueDef::Detached => unreachable!("{value} is used"),
            ValueDef::Inst(inst) => match function.insts[inst] {
                InstData::Const(_) | InstData::BoolConst(_) => return 0,
                // What moves by itself has moved as far as it can.
                _ => {
                    let home = self.home[inst].expand().expect("it is used");
                    let common = self.loops.common_depth(home, block);
                    return common.min(self.fixed[inst]);
                }
            },
        };
        self.loops.common_depth(home, block)
    }
    // ANCHOR_END: fixed_depth

    /// Moves an instruction out of a loop, together with those of its
    /// operands that are inside still: they were waiting to be asked.
    fn move_out(&mut self, function: &Function, inst: Inst, out_of: Loop) {
        let mut next = vec![inst];
        while let Some(inst) = next.pop() {
            let home = self.home[inst].expand().expect("it stands somewhere");
            // Loops further out have greater numbers.
            let is_out =
                self.out_of[inst].expand().is_some_and(|it| it >= out_of);
            if is_out || !self.loops.contains(out_of, home) {
                continue;
            }
            self.out_of[inst] = out_of.into();
            function.visit_operands(inst, |value| {
                if let ValueDef::Inst(inst) = function.values[value].def {
                    next.push(inst);
                }
            });
        }
    }

    /// Takes the instructions that move from their blocks: for each loop,
    /// those that are to stand before it, in an order in which operands come
    /// first.
    fn collect(
        &self,
        function: &mut Function,
        flow: &ControlFlow,
    ) -> Vec<(Loop, Vec<Inst>)> {
        let mut moved: SecondaryMap<Loop, Vec<Inst>> = SecondaryMap::new();
        for &block in flow.reverse_postorder() {
            function.blocks[block].insts.retain(|&mut inst| {
                match self.out_of[inst].expand() {
                    Some(out_of) => moved[out_of].push(inst),
                    None => return true,
                }
                false
            });
        }
        let loops = self.loops.all();
        let moved = loops.map(|l| (l, std::mem::take(&mut moved[l])));
        moved.filter(|(_, insts)| !insts.is_empty()).collect()
    }
}

/// Puts instructions before their loops.
fn move_all(
    function: &mut Function,
    flow: &ControlFlow,
    tree: &DominatorTree,
    loops: &Loops,
    moved: Vec<(Loop, Vec<Inst>)>,
) -> Changed {
    let mut changed = Changed::Nothing;
    for (l, insts) in moved {
        changed = changed.max(Changed::Instructions);
        let header = loops.header(l);
        let sources = flow.predecessors(header).iter().copied();
        let outside: Vec<Block> = sources
            .filter(|&from| {
                flow.is_reachable(from) && !tree.dominates(header, from)
            })
            .collect();
        let preheader = match outside[..] {
            [only] if is_jump(function, only) => only,
            _ => {
                changed = Changed::ControlFlow;
                make_preheader(function, header, &outside)
            }
        };
        let before = &mut function.blocks[preheader].insts;
        let last = before.len() - 1;
        before.insert_many(last, insts);
    }
    changed
}

fn is_jump(function: &Function, block: Block) -> bool {
    let last = function.terminator(block);
    matches!(function.insts[last], InstData::Jump(_))
}

/// Makes a block that all ways from outside lead through to the header.
fn make_preheader(
    function: &mut Function,
    header: Block,
    outside: &[Block],
) -> Block {
    let preheader = function.blocks.push(BlockData::default());
    let args = match outside {
        // What the only way there passes can be passed on from here.
        [only] => {
            let last = function.terminator(*only);
            let targets = edit::targets_mut(&mut function.insts[last]);
            let target = targets.iter_mut().find(|it| it.block == header);
            let target = target.expect("it leads there");
            target.block = preheader;
            std::mem::take(&mut target.args)
        }
        _ => {
            let params = function.params(header).to_vec();
            let mut args = ValueList::new();
            for param in params {
                let ty = function.values[param].ty;
                let param = function.push_param(preheader, ty);
                args.push(param, &mut function.lists);
            }
            for &from in outside {
                let last = function.terminator(from);
                let targets = edit::targets_mut(&mut function.insts[last]);
                for target in targets.iter_mut() {
                    if target.block == header {
                        target.block = preheader;
                    }
                }
            }
            args
        }
    };
    let jump = InstData::Jump(BlockCall { block: header, args });
    function.push_inst(preheader, jump, Span::default());
    preheader
}

#[cfg(test)]
mod tests;
