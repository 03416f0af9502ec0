//! Register allocation in one forward walk.
//!
//! SSA makes two promises that a simple allocator can live on. A value is
//! defined once, so if it is ever needed in memory it can be stored there
//! once, right where it is defined; from then on memory is always up to date.
//! And a definition dominates its uses, so that store is on every path. It
//! follows that a register can be taken away from a value at any time, at no
//! cost: the value is just forgotten. Only when a later use finds its value in
//! no register does it become clear that there must be a store, and the
//! definition, whose code is not written yet, is told.
//!
//! So the walk needs to know one thing about each value, how far ahead its
//! next use is (`uses` finds out, going backwards), and when registers run
//! out it forgets the value whose next use is farthest (Belady's rule). All
//! registers are the caller's to save on this machine as far as floating-point
//! numbers go, so a call forgets everything.
//!
//! | file | step |
//! |---|---|
//! | `uses` | backwards: next uses, dead code |
//! | `walk` | forwards: a place for each operand |
//! | `blocks` | what the walk finds at a block's beginning |
//! | `calls` | what the calling convention asks for |
//! | `registers` | what is in which register meanwhile |
//! | `edges` | moves where blocks join |
//! | `rounds` | what optimised loops gain, if asked for |
//! | `spills` | stack space for the values that need it |
//! | `moves` | moves that happen at the same time, one after the other |

mod blocks;
mod calls;
mod edges;
mod moves;
mod registers;
mod rounds;
mod spills;
mod uses;
mod walk;

use super::order::{Exit, Order};
use super::tuning::Tuning;
use crate::cancel::Cancelled;
use crate::ir::{Function, Inst, Type, Value};
use cranelift_entity::SecondaryMap;
use std::fmt;
use std::ops::Range;

pub use moves::{Move, Place};

/// A machine register: 0 to 15 are `xmm0` to `xmm15`, 16 to 31 the integer
/// registers in the order of their encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(u8);

impl Reg {
    /// The integer register that return values of type `bool` come in.
    pub const RAX: Reg = Reg(16);
    /// Never allocated: for moves between memory and memory.
    pub const XMM_SCRATCH: Reg = Reg(15);
    /// Never allocated: for whatever one instruction needs.
    pub const GPR_SCRATCH: Reg = Reg(16 + 11);

    /// `xmm0` to `xmm15`.
    pub const fn xmm(number: u8) -> Reg {
        Reg(number)
    }

    /// `rax`, `rcx`, `rdx`, `rbx`, `rsp`, `rbp`, `rsi`, `rdi`, `r8` …
    pub const fn gpr(number: u8) -> Reg {
        Reg(16 + number)
    }

    /// The number that an instruction encodes.
    pub fn encoding(self) -> u8 {
        self.0 & 15
    }

    /// The type of the values that it can hold.
    pub fn class(self) -> Type {
        if self.0 < 16 { Type::F64 } else { Type::Bool }
    }

    /// The register's number among all 32.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The bits of all integer registers.
    const ALL_INTEGERS: u32 = 0xffff_0000;

    fn bit(self) -> u32 {
        1 << self.0
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class() {
            Type::F64 => write!(f, "xmm{}", self.encoding()),
            Type::Bool => write!(f, "gpr{}", self.encoding()),
        }
    }
}

/// Where an operand of an instruction is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loc {
    /// The value is not needed.
    None,
    /// In a register.
    Reg(Reg),
    /// In the value's [`Home`].
    Home(Value),
    /// In the processor's flags: the comparison is the instruction before.
    Flags,
}

/// Where a value is when it is in no register.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Home {
    /// It never is.
    #[default]
    None,
    /// It is a constant, and can be had from the code at any time.
    Constant,
    /// In the caller's frame: the n-th parameter passed on the stack.
    Incoming(u32),
    /// In this spill slot, where its definition stores it.
    Spill(u32),
}

/// What the allocator decides. Locations and moves are listed in the order in
/// which the emitter asks for them.
#[derive(Default, Debug)]
pub struct Allocation {
    /// For each instruction that is not dead: where its operands are, then
    /// where its result goes. Of a call, only the operands that are passed on
    /// the stack; the others are moved to where the convention wants them.
    pub locs: Vec<Loc>,
    /// Moves to make right before an instruction, by its position.
    pub moves: Vec<(u32, Move)>,
    /// Moves to make on the way from block to block: for each block in order,
    /// for each target of its exit, a range of `edge_moves`.
    pub edges: Vec<Range<u32>>,
    /// The moves of all edges.
    pub edge_moves: Vec<Move>,
    /// The home of each value.
    pub homes: SecondaryMap<Value, Home>,
    /// Where each block parameter arrives.
    pub params: SecondaryMap<Value, PackedReg>,
    /// How many spill slots there are, of eight bytes each.
    pub spill_slots: u32,
    /// How many arguments are passed on the stack, at most, in one call.
    pub outgoing: u32,
    /// Whether any function is called.
    pub calls: bool,
}

/// A register or none, in one byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PackedReg(u8);

impl PackedReg {
    /// No register.
    pub const NONE: PackedReg = PackedReg(0xff);

    /// The register, if there is one.
    #[inline]
    pub fn expand(self) -> Option<Reg> {
        (self != PackedReg::NONE).then_some(Reg(self.0))
    }
}

impl Default for PackedReg {
    fn default() -> PackedReg {
        PackedReg::NONE
    }
}

impl From<Reg> for PackedReg {
    fn from(reg: Reg) -> PackedReg {
        PackedReg(reg.0)
    }
}

impl fmt::Debug for PackedReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expand().fmt(f)
    }
}

/// The position of no instruction: a value with this next use is dead.
const NEVER: u32 = 0;

/// What the allocator knows of a value during the walk.
#[derive(Clone, Copy, Default, Debug)]
struct Live {
    /// The position of its definition.
    defined: u32,
    /// The position of its next use, or [`NEVER`].
    next_use: u32,
    /// The position up to which it is needed.
    last_use: u32,
    /// How often it is used.
    uses: u32,
    /// The register that it is in.
    reg: PackedReg,
    /// Whether it is the result of a comparison that only the instruction
    /// right after it looks at: it stays in the processor's flags then.
    fused: bool,
}

/// The register allocator, with its tables. They are reused from function to
/// function.
#[derive(Default)]
pub struct Allocator {
    /// What was decided for the last function.
    pub allocation: Allocation,
    floats: registers::Floats,
    live: SecondaryMap<Value, Live>,
    /// For each operand, the use after it. In reverse order: the walk pops.
    next_uses: Vec<u32>,
    /// The instructions whose result nobody needs.
    dead: SecondaryMap<Inst, bool>,
    /// The positions of the calls, in reverse order.
    calls: Vec<u32>,
    /// Register contents at the beginning and end of each block: ranges of
    /// `states`.
    entries: Vec<Range<u32>>,
    ends: Vec<Range<u32>>,
    states: Vec<(Reg, Value)>,
    spilled: Vec<Value>,
    parallel: moves::Parallel,
    rounds: rounds::Rounds,
    tuning: Tuning,
    operands: Vec<Value>,
}

impl Allocator {
    /// An allocator that gives values only the first `count` floating-point
    /// registers, at least two, besides those in which arguments are passed
    /// anyway. Small functions run out of them: for tests and worked
    /// examples.
    pub fn with_floats(count: u32) -> Allocator {
        let floats = registers::Floats::first(count);
        Allocator { floats, ..Allocator::default() }
    }

    /// The same allocator, with these improvements.
    pub fn tuned(self, tuning: Tuning) -> Allocator {
        Allocator { tuning, ..self }
    }

    /// The improvements that are made.
    pub fn tuning(&self) -> Tuning {
        self.tuning
    }

    /// Allocates registers for a function that the verifier accepts. The
    /// result is in `self.allocation`.
    pub fn run(
        &mut self,
        function: &Function,
        order: &Order,
    ) -> Result<(), Cancelled> {
        self.reset(function);
        uses::find(self, function, order);
        walk::walk(self, function, order)?;
        edges::find_moves(self, function, order);
        if self.tuning.next_round {
            self.find_early(function, order);
        }
        spills::assign(self);
        edges::resolve(self);
        Ok(())
    }

    /// Whether nobody needs what an instruction computes.
    pub fn is_dead(&self, inst: Inst) -> bool {
        self.dead[inst]
    }

    fn reset(&mut self, function: &Function) {
        let out = &mut self.allocation;
        out.locs.clear();
        out.moves.clear();
        out.edges.clear();
        out.edge_moves.clear();
        out.homes.clear();
        out.homes.resize(function.values.len());
        out.params.clear();
        out.spill_slots = 0;
        out.outgoing = 0;
        out.calls = false;
        self.live.clear();
        self.live.resize(function.values.len());
        self.dead.clear();
        self.dead.resize(function.insts.len());
        self.next_uses.clear();
        self.calls.clear();
        self.entries.clear();
        self.ends.clear();
        self.states.clear();
        self.spilled.clear();
        self.rounds.reset();
    }

    /// A use needs `value` in memory: its definition shall store it, if it
    /// has no home yet.
    // ANCHOR: need_home
    fn need_home(&mut self, value: Value) {
        let home = &mut self.allocation.homes[value];
        if *home == Home::None {
            *home = Home::Spill(u32::MAX);
            self.spilled.push(value);
        }
    }
    // ANCHOR_END: need_home
}

/// Collects what an exit reads, in order.
fn exit_operands(function: &Function, exit: &Exit, out: &mut Vec<Value>) {
    out.clear();
    match exit {
        Exit::Return(value) => out.push(*value),
        Exit::Jump(target) => out.extend_from_slice(function.args(target)),
        Exit::Branch(condition, targets) => {
            out.push(*condition);
            for target in targets {
                out.extend_from_slice(function.args(target));
            }
        }
    }
}
