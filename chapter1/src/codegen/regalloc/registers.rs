//! What is in which register at one point of the walk.

use super::{Live, Reg};
use crate::ir::{Type, Value};
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;

/// The floating-point registers that values are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Floats(u32);

impl Floats {
    /// The first `count`: two, since an instruction may need as many at
    /// once, or more.
    pub(super) fn first(count: u32) -> Floats {
        Floats((1 << count.clamp(2, 15)) - 1)
    }
}

/// `xmm0` to `xmm14`: the last one is for moves.
impl Default for Floats {
    fn default() -> Floats {
        Floats::first(15)
    }
}

/// The integer registers that a callee need not preserve, but for `r11`:
/// `rax rcx rdx rsi rdi r8 r9 r10`.
const INTEGERS: u32 = 0b0000_0111_1100_0111 << 16;

/// The registers and the values in them.
pub(super) struct Registers {
    values: [PackedOption<Value>; 32],
    used: u32,
    floats: Floats,
}

impl Registers {
    /// All of them empty.
    pub(super) fn new(floats: Floats) -> Registers {
        Registers { values: [None.into(); 32], used: 0, floats }
    }

    /// The registers that a value of this type can be given.
    fn allocatable(&self, class: Type) -> u32 {
        match class {
            Type::F64 => self.floats.0,
            Type::Bool => INTEGERS,
        }
    }

    /// The registers in use, with their values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Reg, Value)> + '_ {
        bits(self.used).map(|reg| {
            let value = self.values[reg.index()];
            (reg, value.expand().expect("a used register has a value"))
        })
    }

    /// The value in a register.
    pub(super) fn value(&self, reg: Reg) -> Option<Value> {
        self.values[reg.index()].expand()
    }

    /// Whether `reg` is free.
    pub(super) fn is_free(&self, reg: Reg) -> bool {
        self.used & reg.bit() == 0
    }

    /// How many registers of a class are free.
    pub(super) fn free_count(&self, class: Type) -> u32 {
        (self.allocatable(class) & !self.used).count_ones()
    }

    /// A free register of a class outside `avoid`, if there is one. Higher
    /// registers first: low ones are where arguments are passed.
    pub(super) fn free(&self, class: Type, avoid: u32) -> Option<Reg> {
        let free = self.allocatable(class) & !self.used & !avoid;
        (free != 0).then(|| Reg(31 - free.leading_zeros() as u8))
    }

    /// The register outside `avoid` whose value is needed last.
    // ANCHOR: farthest
    pub(super) fn farthest(
        &self,
        class: Type,
        avoid: u32,
        live: &SecondaryMap<Value, Live>,
    ) -> Reg {
        let used = self.allocatable(class) & self.used & !avoid;
        let next_use = |reg: &Reg| {
            let value = self.values[reg.index()].expand();
            live[value.expect("a used register has a value")].next_use
        };
        bits(used).max_by_key(next_use).expect("few registers are avoided")
    }
    // ANCHOR_END: farthest

    /// Puts a value into a free register.
    pub(super) fn put(
        &mut self,
        reg: Reg,
        value: Value,
        live: &mut SecondaryMap<Value, Live>,
    ) {
        debug_assert!(self.is_free(reg));
        self.values[reg.index()] = value.into();
        self.used |= reg.bit();
        live[value].reg = reg.into();
    }

    /// Takes the value out of a register.
    pub(super) fn forget(
        &mut self,
        reg: Reg,
        live: &mut SecondaryMap<Value, Live>,
    ) {
        if let Some(value) = self.values[reg.index()].take() {
            live[value].reg = super::PackedReg::NONE;
        }
        self.used &= !reg.bit();
    }

    /// Takes the values out of all registers.
    pub(super) fn forget_all(&mut self, live: &mut SecondaryMap<Value, Live>) {
        for reg in bits(self.used) {
            self.forget(reg, live);
        }
    }
}

fn bits(mut set: u32) -> impl Iterator<Item = Reg> {
    std::iter::from_fn(move || {
        let reg = (set != 0).then(|| Reg(set.trailing_zeros() as u8))?;
        set &= set - 1;
        Some(reg)
    })
}
