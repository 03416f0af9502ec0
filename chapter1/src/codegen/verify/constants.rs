//! Stack slots that stand for constants in the translated function.
//!
//! The emitter takes a constant from the code wherever it is read from its
//! home. The checker needs a place to read from: a stack slot, written where
//! the IR has the constant. The slots of constants that are read in one block
//! only are used again: the checker's work grows with their number.

use crate::ir::{Block, Function, Inst, InstData, Value};
use cranelift_entity::SecondaryMap;

#[derive(Clone, Copy, PartialEq, Default)]
enum LastRead {
    #[default]
    Never,
    /// By this instruction, which is in the constant's own block.
    At(Inst),
    /// Somewhere else.
    Elsewhere,
}

/// Which slot each constant is in at one point of the translation.
pub(super) struct Constants {
    last_reads: SecondaryMap<Value, LastRead>,
    slots: SecondaryMap<Value, Option<usize>>,
    free: Vec<usize>,
    count: usize,
}

impl Constants {
    pub(super) fn new(function: &Function) -> Constants {
        let mut blocks: SecondaryMap<Value, Option<Block>> =
            SecondaryMap::new();
        for (block, data) in &function.blocks {
            for &inst in &data.insts {
                if is_constant(&function.insts[inst]) {
                    let result = function.results[inst].expand();
                    blocks[result.expect("a constant")] = Some(block);
                }
            }
        }
        let mut last_reads: SecondaryMap<Value, LastRead> = SecondaryMap::new();
        for (block, data) in &function.blocks {
            for &inst in &data.insts {
                function.visit_operands(inst, |value| {
                    let last = &mut last_reads[value];
                    *last = match blocks[value] == Some(block) {
                        true if *last != LastRead::Elsewhere => {
                            LastRead::At(inst)
                        }
                        _ => LastRead::Elsewhere,
                    };
                });
            }
        }
        let (slots, free) = (SecondaryMap::new(), Vec::new());
        Constants { last_reads, slots, free, count: 0 }
    }

    /// A slot for a constant that is defined here, if it is ever read.
    pub(super) fn define(&mut self, value: Value) -> Option<usize> {
        if self.last_reads[value] == LastRead::Never {
            return None;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        });
        self.slots[value] = Some(slot);
        Some(slot)
    }

    /// The slot that a constant is in.
    pub(super) fn slot(&self, value: Value) -> Option<usize> {
        self.slots[value]
    }

    /// From now on, no slot is freed: constants may be read anywhere.
    pub(super) fn keep_all(&mut self) {
        self.last_reads.clear();
    }

    /// Frees the slots of constants that nothing after `inst` reads.
    pub(super) fn after(&mut self, function: &Function, inst: Inst) {
        function.visit_operands(inst, |value| {
            if self.last_reads[value] == LastRead::At(inst) {
                self.free.extend(self.slots[value].take());
            }
        });
    }

    /// How many slots are in use at most.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

/// Whether an instruction is one that has no code of its own.
pub(super) fn is_constant(data: &InstData) -> bool {
    matches!(data, InstData::Const(_) | InstData::BoolConst(_))
}
