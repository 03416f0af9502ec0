//! Moves that happen at the same time, made one after the other.

use super::{Home, Reg};
use crate::ir::{Type, Value};
use cranelift_entity::SecondaryMap;

/// Where a move reads or writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A register.
    Reg(Reg),
    /// The home of a value.
    Home(Value),
}

/// Copies a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    /// Where it is.
    pub from: Place,
    /// Where it shall be too.
    pub to: Place,
    /// The value's type.
    pub ty: Type,
}

/// The register that holds a value while a cycle of moves is unwound, of
/// whatever type the value is.
const SPARE: Place = Place::Reg(Reg::XMM_SCRATCH);

/// Moves to be made as if all at once.
///
/// A move is *ready* when no other pending move reads what it writes. Making
/// it may make another one ready. When none is, all that is left are cycles:
/// saving one value in a spare register breaks one of them open. (After the
/// treatment of parallel copies by Boissinot et al., 2009.)
#[derive(Default)]
pub(super) struct Parallel {
    pending: Vec<Move>,
    /// By place: how many pending moves read it.
    readers: Vec<u32>,
    /// By place: one more than the index of the pending move that writes it.
    writer: Vec<u32>,
    ready: Vec<u32>,
}

impl Parallel {
    /// Adds a move; no two may write the same place.
    pub(super) fn add(&mut self, from: Place, to: Place, ty: Type) {
        if from != to {
            self.pending.push(Move { from, to, ty });
        }
    }

    /// Orders the moves added since the last call and passes them on. Homes
    /// that are spill slots must have got their slots if any move writes one.
    pub(super) fn resolve(
        &mut self,
        homes: &SecondaryMap<Value, Home>,
        mut emit: impl FnMut(Move),
    ) {
        match self.pending[..] {
            [] => return,
            [only] => emit(only),
            _ => self.resolve_many(homes, emit),
        }
        self.pending.clear();
    }

    /// Makes ready moves until none is left, breaks a cycle open, goes on.
    fn resolve_many(
        &mut self,
        homes: &SecondaryMap<Value, Home>,
        mut emit: impl FnMut(Move),
    ) {
        self.pending.retain(|m| key(m.from, homes) != key(m.to, homes));
        self.count(homes);
        for index in 0..self.pending.len() {
            self.finish_ready(homes, &mut emit);
            let to = key(self.pending[index].to, homes).expect("writable");
            if self.writer[to] == 0 {
                continue;
            }
            // Only cycles are left, and this move is part of one.
            let Move { from, ty, .. } = self.pending[index];
            emit(Move { from, to: SPARE, ty });
            self.pending[index].from = SPARE;
            self.release(from, homes);
        }
        self.finish_ready(homes, &mut emit);
    }

    /// Fills in the tables, which are all zero between calls.
    fn count(&mut self, homes: &SecondaryMap<Value, Home>) {
        for (index, m) in self.pending.iter().enumerate() {
            let to = key(m.to, homes).expect("a constant is never written");
            let from = key(m.from, homes);
            let size = 1 + to.max(from.unwrap_or(0));
            if self.readers.len() < size {
                self.readers.resize(size, 0);
                self.writer.resize(size, 0);
            }
            self.writer[to] = index as u32 + 1;
            if let Some(from) = from {
                self.readers[from] += 1;
            }
        }
        for (index, m) in self.pending.iter().enumerate() {
            if key(m.to, homes).is_some_and(|to| self.readers[to] == 0) {
                self.ready.push(index as u32);
            }
        }
    }

    fn finish_ready(
        &mut self,
        homes: &SecondaryMap<Value, Home>,
        emit: &mut impl FnMut(Move),
    ) {
        while let Some(index) = self.ready.pop() {
            let m = self.pending[index as usize];
            emit(m);
            self.writer[key(m.to, homes).expect("writable")] = 0;
            self.release(m.from, homes);
        }
    }

    /// One pending move fewer reads `from`.
    fn release(&mut self, from: Place, homes: &SecondaryMap<Value, Home>) {
        let Some(from) = key(from, homes) else { return };
        if from == SPARE_KEY {
            return;
        }
        self.readers[from] -= 1;
        if self.readers[from] == 0 && self.writer[from] != 0 {
            self.ready.push(self.writer[from] - 1);
        }
    }
}

const SPARE_KEY: usize = 15;

/// A number for each place that can be written: registers, then spill slots.
fn key(place: Place, homes: &SecondaryMap<Value, Home>) -> Option<usize> {
    match place {
        Place::Reg(reg) => Some(reg.index()),
        Place::Home(value) => match homes[value] {
            Home::Spill(u32::MAX) => None,
            Home::Spill(slot) => Some(32 + slot as usize),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Makes the moves on an imaginary machine whose places hold their own
    /// number, and returns what each holds afterwards.
    fn run(moves: &[(usize, usize)]) -> (Vec<usize>, usize) {
        let mut homes: SecondaryMap<Value, Home> = SecondaryMap::new();
        for slot in 0..4 {
            homes[Value::from_u32(slot)] = Home::Spill(slot);
        }
        let place = |number: usize| match number {
            0..10 => Place::Reg(Reg::xmm(number as u8)),
            _ => Place::Home(Value::from_u32(number as u32 - 10)),
        };
        let number = |at: Place| match at {
            Place::Reg(reg) => reg.index(),
            Place::Home(value) => 10 + value.as_u32() as usize,
        };
        let mut parallel = Parallel::default();
        for &(from, to) in moves {
            parallel.add(place(from), place(to), Type::F64);
        }
        let mut contents: Vec<usize> = (0..16).collect();
        let mut count = 0;
        parallel.resolve(&homes, |m| {
            contents[number(m.to)] = contents[number(m.from)];
            count += 1;
        });
        assert!(parallel.readers.iter().all(|&n| n == 0));
        assert!(parallel.writer.iter().all(|&n| n == 0));
        (contents, count)
    }

    #[test]
    fn a_swap_takes_three_moves() {
        let (contents, count) = run(&[(0, 1), (1, 0)]);
        assert_eq!((contents[0], contents[1], count), (1, 0, 3));
    }

    #[test]
    fn a_chain_needs_no_spare_register() {
        let (contents, count) = run(&[(0, 1), (1, 2), (2, 10)]);
        assert_eq!(&contents[..3], [0, 0, 1]);
        assert_eq!((contents[10], count), (2, 3));
    }

    proptest! {
        #[test]
        fn all_moves_read_before_any_writes(
            from in proptest::collection::vec(0usize..14, 14),
            targets in proptest::sample::subsequence(
                (0usize..14).collect::<Vec<_>>(), 0..14),
        ) {
            let moves: Vec<(usize, usize)> =
                targets.iter().map(|&to| (from[to], to)).collect();
            let (contents, _) = run(&moves);
            for place in 0..14 {
                let expected = match targets.contains(&place) {
                    true => from[place],
                    false => place,
                };
                prop_assert_eq!(contents[place], expected);
            }
        }
    }
}
