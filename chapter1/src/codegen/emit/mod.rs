//! Machine code from IR whose operands have places.
//!
//! The emitter walks over the instructions as the allocator did, and takes
//! one location after the other from its list.
//!
//! | file | what it emits |
//! |---|---|
//! | `arms` | one instruction of the IR of each kind |
//! | `buffer` | bytes, and jumps that are as short as they can be |
//! | `operand` | single instructions |
//! | `moves` | copies between registers, memory and code |
//! | `exits` | jumps, branches and returns |
//! | `constants` | the numbers that code refers to |

mod arms;
mod buffer;
mod constants;
mod exits;
mod moves;
mod operand;

use super::order::{Exit, Order};
use super::regalloc::{Allocation, Allocator, Home, Loc, Reg};
use super::target::Target;
use super::tuning::LOOP_ALIGN;
use crate::cancel::{self, Cancelled};
use crate::ir::{Function, Inst, InstData, Type};
use crate::link::{
    Content, Definition, Edge, EdgeKind, GraphSymbol, LinkGraph, Origin,
    Section, SymbolId,
};
use crate::symbol::Symbol;
use buffer::{Buffer, Flags, Mark};
pub use constants::Constants;
use moves::slot_offset;
use operand::Encoder;
use rustc_hash::FxHashMap;

/// The alignment of a function: that of the processor's instruction fetch.
const FUNCTION_ALIGN: u32 = 16;

/// How many bytes below the stack pointer a function may use without saying
/// so, if it calls nothing (the *red zone* of the calling convention).
const RED_ZONE: u32 = 128;

/// The tables of the emitter. Reused from function to function.
#[derive(Default)]
pub struct Scratch {
    buffer: Buffer,
    fixups: Vec<Fixup>,
    origins: Vec<(Mark, Option<Inst>)>,
    /// The graph's symbol for each callee of the function.
    callees: Vec<Option<SymbolId>>,
    /// The graph's symbol for each name.
    names: FxHashMap<Symbol, SymbolId>,
}

impl Scratch {
    /// Begins a new graph.
    pub fn reset(&mut self) {
        self.names.clear();
    }
}

/// A place in the code that needs an address.
struct Fixup {
    /// Right after the four bytes in question.
    end: Mark,
    kind: EdgeKind,
    target: SymbolId,
    addend: i64,
}

/// Emits a function into a block of its own.
pub fn emit(
    function: &Function,
    order: &Order,
    allocator: &Allocator,
    target: Target,
    scratch: &mut Scratch,
    constants: &mut Constants,
    graph: &mut LinkGraph,
) -> Result<(), Cancelled> {
    let allocation = &allocator.allocation;
    let locals = function.slots.len() as u32 + allocation.spill_slots;
    let size = 8 * (locals + allocation.outgoing);
    let is_leaf = !allocation.calls && size <= RED_ZONE;
    let frame = if is_leaf { 0 } else { size.next_multiple_of(16) };
    let aligned = allocator.tuning().align_loops && !order.loops.is_empty();
    let align = if aligned { LOOP_ALIGN } else { FUNCTION_ALIGN };
    scratch.buffer.reset(order.blocks.len());
    scratch.fixups.clear();
    scratch.origins.clear();
    scratch.callees.clear();
    scratch.callees.resize(function.callees.len(), None);
    let mut emitter = Emitter {
        function,
        order,
        allocator,
        allocation,
        asm: Encoder { buffer: &mut scratch.buffer, target },
        fixups: &mut scratch.fixups,
        origins: &mut scratch.origins,
        callees: &mut scratch.callees,
        names: &mut scratch.names,
        constants,
        graph,
        frame: frame as i32,
        locs: 0,
        moves: 0,
        edges: 0,
        align,
        flags: Flags::NotEqual,
        linked: None,
    };
    emitter.function()?;
    scratch.finish(function, align, graph);
    Ok(())
}

impl Scratch {
    /// Adds the finished code to the graph.
    fn finish(
        &mut self,
        function: &Function,
        align: u32,
        graph: &mut LinkGraph,
    ) {
        let start = graph.bytes.len() as u32;
        self.buffer.finish(&mut graph.bytes);
        let size = graph.bytes.len() as u32 - start;
        let first = graph.origins.len() as u32;
        for &(mark, inst) in &self.origins {
            let offset = self.buffer.position(mark);
            graph.origins.push(Origin { offset, inst });
        }
        let block = graph.blocks.push(Content {
            section: Section::Text,
            align,
            range: start..start + size,
            origins: first..graph.origins.len() as u32,
        });
        let params = function.signature.params.len();
        let symbol = symbol(&mut self.names, &function.name, params, graph);
        let definition = Some(Definition { block, offset: 0, size });
        graph.symbols[symbol].definition = definition;
        for fixup in &self.fixups {
            graph.edges.push(Edge {
                block,
                offset: self.buffer.position(fixup.end) - 4,
                kind: fixup.kind,
                target: fixup.target,
                // The processor counts from the end of the field.
                addend: fixup.addend - 4,
            });
        }
    }
}

struct Emitter<'e> {
    function: &'e Function,
    order: &'e Order,
    allocator: &'e Allocator,
    allocation: &'e Allocation,
    asm: Encoder<'e>,
    fixups: &'e mut Vec<Fixup>,
    origins: &'e mut Vec<(Mark, Option<Inst>)>,
    callees: &'e mut Vec<Option<SymbolId>>,
    names: &'e mut FxHashMap<Symbol, SymbolId>,
    constants: &'e mut Constants,
    graph: &'e mut LinkGraph,
    /// How far the stack pointer is below the frame pointer.
    frame: i32,
    /// How many of the allocator's locations, moves and edges are used up.
    locs: usize,
    moves: usize,
    edges: usize,
    /// The function's alignment, which that of its loops must not exceed.
    align: u32,
    /// What the flags must be for the last comparison to hold.
    flags: Flags,
    /// The constant whose address the instruction being emitted needs.
    linked: Option<i64>,
}

impl Emitter<'_> {
    fn function(&mut self) -> Result<(), Cancelled> {
        self.mark(None);
        self.asm.prologue(self.frame);
        let order = self.order;
        for (index, placed) in order.blocks.iter().enumerate() {
            self.align(index);
            let label = self.asm.buffer.label(index);
            self.asm.buffer.bind(label);
            // How parameters arrive belongs to no instruction, and least of
            // all to the jump at the end of the block before.
            self.mark(None);
            self.params(placed.block);
            let insts = &self.function.blocks[placed.block].insts;
            let (&last, body) = insts.split_last().expect("a terminator");
            let mut position = placed.start;
            for &inst in body {
                position += 1;
                cancel::check()?;
                if !self.allocator.is_dead(inst) {
                    self.mark(Some(inst));
                    self.instruction(inst, position);
                }
            }
            self.mark(Some(last));
            self.make_moves(placed.end);
            self.exit(index, &Exit::of(self.function, placed.block));
        }
        // Whether a call was optimised away shall not decide whether the
        // function can be linked.
        for callee in self.function.callees.values() {
            let params = callee.signature.params.len();
            symbol(self.names, &callee.name, params, self.graph);
        }
        Ok(())
    }

    /// Makes an innermost loop, if one begins with block `index`, begin at a
    /// round address.
    fn align(&mut self, index: usize) {
        if self.align > FUNCTION_ALIGN && self.order.is_innermost_at(index) {
            self.mark(None);
            self.asm.buffer.pad(self.align);
        }
    }

    fn mark(&mut self, inst: Option<Inst>) {
        self.origins.push((self.asm.buffer.here(), inst));
    }

    /// The next location that the allocator has decided on.
    fn loc(&mut self) -> Loc {
        self.locs += 1;
        self.allocation.locs[self.locs - 1]
    }

    fn reg(&mut self) -> Reg {
        match self.loc() {
            Loc::Reg(reg) => reg,
            other => unreachable!("needs a register, has {other:?}"),
        }
    }

    /// Emits what the instruction at `position` needs: moves, itself, and the
    /// store of its result, if that is needed in memory.
    // ANCHOR: instruction
    fn instruction(&mut self, inst: Inst, position: u32) {
        let data = self.function.insts[inst];
        if let InstData::Call { callee, args } = data {
            let args = args.as_slice(&self.function.lists);
            self.stack_arguments(args);
            self.make_moves(position);
            self.call(callee);
            return self.call_result(inst);
        }
        self.make_moves(position);
        match data {
            InstData::Binary { op, .. } => self.binary(op),
            InstData::Compare { condition, .. } => self.compare(condition),
            InstData::FromBool(_) => self.number_from_bool(),
            InstData::Select { args, .. } => self.select(args),
            InstData::Load(slot) => self.load_slot(slot),
            InstData::Store { slot, .. } => {
                let from = self.reg();
                self.store(slot_offset(slot.as_u32()), from);
            }
            _ => unreachable!("{data:?} is handled elsewhere"),
        }
        if let Some(result) = self.function.results[inst].expand() {
            self.store_home(result);
        }
    }
    // ANCHOR_END: instruction

    /// Stores those of a block's parameters that arrive in registers and are
    /// needed in memory.
    fn params(&mut self, block: crate::ir::Block) {
        let is_entry = block == self.function.entry();
        for &param in self.function.params(block) {
            let Some(reg) = self.allocation.params[param].expand() else {
                continue;
            };
            if is_entry && reg.class() == Type::Bool {
                self.asm.extend_bool(reg);
            }
            if let Home::Spill(_) = self.allocation.homes[param] {
                self.store(self.home_offset(param), reg);
            }
        }
    }
}

/// The graph's symbol of this name, which it may or may not define.
fn symbol(
    names: &mut FxHashMap<Symbol, SymbolId>,
    name: &Symbol,
    params: usize,
    graph: &mut LinkGraph,
) -> SymbolId {
    *names.entry(name.clone()).or_insert_with(|| {
        let params = u32::try_from(params).ok();
        let (name, definition) = (Some(name.clone()), None);
        graph.symbols.push(GraphSymbol { name, definition, params })
    })
}
