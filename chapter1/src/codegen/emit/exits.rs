//! Ways out of a block: jumps, branches, returns.

use super::Emitter;
use super::buffer::{Flags, Label};
use crate::codegen::order::Exit;
use crate::codegen::regalloc::Loc;
use crate::ir::BlockCall;
use std::ops::Range;

impl Emitter<'_> {
    /// Leaves block `index`: makes the moves of each way out, and jumps
    /// unless the target comes next.
    pub(super) fn exit(&mut self, index: usize, exit: &Exit) {
        match exit {
            Exit::Return(_) => self.asm.epilogue(self.frame),
            Exit::Jump(target) => {
                let moves = self.edge();
                self.make_edge(moves);
                self.jump_to(index, target);
            }
            Exit::Branch(_, targets) => {
                if let Loc::Reg(condition) = self.loc() {
                    self.asm.test_bool(condition);
                    self.flags = Flags::NotEqual;
                }
                self.branch(index, targets);
            }
        }
    }

    /// Leaves block `index` for one of two others, by what the flags say. A way
    /// out on which values have to be moved cannot be jumped to directly.
    // ANCHOR: branch
    fn branch(&mut self, index: usize, [then, other]: &[BlockCall; 2]) {
        let (then_moves, other_moves) = (self.edge(), self.edge());
        let flags = self.flags;
        let next = index + 1;
        let is_next =
            |target: &BlockCall| self.order.index_of(target.block) == next;
        if then_moves.is_empty() && !is_next(then) {
            let label = self.label(then);
            self.asm.buffer.jump(Some(flags), label);
            self.make_edge(other_moves);
            self.jump_to(index, other);
        } else if other_moves.is_empty() {
            let label = self.label(other);
            self.asm.buffer.jump(Some(flags.negated()), label);
            self.make_edge(then_moves);
            self.jump_to(index, then);
        } else {
            let then_edge = self.asm.buffer.new_label();
            self.asm.buffer.jump(Some(flags), then_edge);
            self.make_edge(other_moves);
            if !(is_next(other) && then_moves.is_empty()) {
                let label = self.label(other);
                self.asm.buffer.jump(None, label);
            }
            self.asm.buffer.bind(then_edge);
            self.make_edge(then_moves);
            self.jump_to(index, then);
        }
    }
    // ANCHOR_END: branch

    /// Where the target begins.
    fn label(&self, target: &BlockCall) -> Label {
        self.asm.buffer.label(self.order.index_of(target.block))
    }

    /// Jumps from block `index` to a target, unless that comes next.
    fn jump_to(&mut self, index: usize, target: &BlockCall) {
        if self.order.index_of(target.block) != index + 1 {
            let label = self.label(target);
            self.asm.buffer.jump(None, label);
        }
    }

    /// The moves of the next way out, as a range of `edge_moves`.
    fn edge(&mut self) -> Range<u32> {
        self.edges += 1;
        self.allocation.edges[self.edges - 1].clone()
    }

    /// Makes the moves of a way out.
    fn make_edge(&mut self, moves: Range<u32>) {
        for index in moves {
            self.make(self.allocation.edge_moves[index as usize]);
        }
    }
}
