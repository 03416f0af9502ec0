//! A buffer for the code of one function, with jumps whose length is not
//! known yet.
//!
//! A jump takes two bytes if its target is near, and five or six if it is
//! not; but how near it is depends on the jumps in between. So jumps are left
//! out at first. In the end all of them start short, and those that do not
//! reach grow, until all reach: growing can only move targets away, so that
//! comes to an end. (Szymanski, "Assembling code for machines with
//! span-dependent instructions", 1978.)

use dynasmrt::{AssemblyOffset, DynasmApi};

/// A place to jump to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

/// A condition of the processor's flags, as instructions encode it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flags {
    /// The carry flag is set.
    Below = 2,
    /// The carry flag is clear.
    AboveOrEqual = 3,
    /// The zero flag is set.
    Equal = 4,
    /// The zero flag is clear.
    NotEqual = 5,
}

impl Flags {
    /// The opposite condition: its encoding differs in the last bit.
    pub fn negated(self) -> Flags {
        match self {
            Flags::Below => Flags::AboveOrEqual,
            Flags::AboveOrEqual => Flags::Below,
            Flags::Equal => Flags::NotEqual,
            Flags::NotEqual => Flags::Equal,
        }
    }
}

#[derive(Clone, Copy)]
struct Jump {
    /// Its place, counted without the bytes of any jump.
    at: u32,
    /// When to jump; always if there is no condition.
    flags: Option<Flags>,
    target: Label,
    long: bool,
}

impl Jump {
    fn size(&self) -> u32 {
        match (self.long, self.flags) {
            (false, _) => 2,
            (true, None) => 5,
            (true, Some(_)) => 6,
        }
    }
}

/// After so many rounds the jumps that still do not reach are not looked at
/// one by one any more: all become long.
const MAX_ROUNDS: u32 = 16;

/// The code of one function. Reused from function to function.
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    jumps: Vec<Jump>,
    /// Where each label is: its place without jumps, and how many jumps are
    /// before it.
    labels: Vec<(u32, u32)>,
    /// The total size of the first so many jumps.
    sizes: Vec<u32>,
}

impl Buffer {
    /// Forgets the last function, and makes the first `labels` labels.
    pub fn reset(&mut self, labels: usize) {
        self.bytes.clear();
        self.jumps.clear();
        self.labels.clear();
        self.labels.resize(labels, (0, 0));
    }

    /// The n-th of the labels that were made by `reset`.
    pub fn label(&self, index: usize) -> Label {
        Label(index as u32)
    }

    /// One more label.
    pub fn new_label(&mut self) -> Label {
        self.labels.push((0, 0));
        Label(self.labels.len() as u32 - 1)
    }

    /// Puts a label here.
    pub fn bind(&mut self, label: Label) {
        let here = (self.bytes.len() as u32, self.jumps.len() as u32);
        self.labels[label.0 as usize] = here;
    }

    /// A jump, on a condition if there is one.
    pub fn jump(&mut self, flags: Option<Flags>, target: Label) {
        let at = self.bytes.len() as u32;
        self.jumps.push(Jump { at, flags, target, long: false });
    }

    /// The present place, counted without the bytes of jumps, and how many
    /// jumps are before it.
    pub fn here(&self) -> Mark {
        Mark { at: self.bytes.len() as u32, jumps: self.jumps.len() as u32 }
    }

    /// Decides how long each jump is, and appends the finished code to `out`.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.lengthen_jumps();
        out.reserve(self.bytes.len() + self.jumps.len() * 6);
        let start = out.len();
        let mut copied = 0;
        for jump in &self.jumps {
            out.extend_from_slice(&self.bytes[copied..jump.at as usize]);
            copied = jump.at as usize;
            let end = (out.len() - start) as u32 + jump.size();
            let distance = self.target(jump.target) as i32 - end as i32;
            match (jump.long, jump.flags) {
                (false, None) => out.extend([0xeb, distance as u8]),
                (false, Some(flags)) => {
                    out.extend([0x70 | flags as u8, distance as u8]);
                }
                (true, None) => out.push(0xe9),
                (true, Some(flags)) => out.extend([0x0f, 0x80 | flags as u8]),
            }
            if jump.long {
                out.extend_from_slice(&distance.to_le_bytes());
            }
        }
        out.extend_from_slice(&self.bytes[copied..]);
    }

    /// Where a mark is in the finished code.
    pub fn position(&self, mark: Mark) -> u32 {
        mark.at + self.sizes[mark.jumps as usize]
    }

    fn target(&self, label: Label) -> u32 {
        let (at, jumps) = self.labels[label.0 as usize];
        at + self.sizes[jumps as usize]
    }

    /// Makes jumps that do not reach longer, until all reach.
    fn lengthen_jumps(&mut self) {
        for round in 0.. {
            self.sizes.clear();
            self.sizes.push(0);
            let mut sum = 0;
            for jump in &self.jumps {
                sum += jump.size();
                self.sizes.push(sum);
            }
            let mut grown = false;
            for index in 0..self.jumps.len() {
                let jump = self.jumps[index];
                let end = jump.at + self.sizes[index + 1];
                let distance = self.target(jump.target) as i32 - end as i32;
                if !jump.long
                    && (round >= MAX_ROUNDS || i8::try_from(distance).is_err())
                {
                    self.jumps[index].long = true;
                    grown = true;
                }
            }
            if !grown {
                return;
            }
        }
    }
}

/// A place in a buffer that is not finished yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    at: u32,
    jumps: u32,
}

impl Extend<u8> for Buffer {
    #[inline]
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        self.bytes.extend(bytes);
    }
}

impl<'a> Extend<&'a u8> for Buffer {
    #[inline]
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        self.bytes.extend(bytes);
    }
}

impl DynasmApi for Buffer {
    fn offset(&self) -> AssemblyOffset {
        AssemblyOffset(self.bytes.len())
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn align(&mut self, alignment: usize, with: u8) {
        let size = self.bytes.len().next_multiple_of(alignment);
        self.bytes.resize(size, with);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A jump forward over `gap` bytes, and one back to the beginning.
    fn code(gap: usize) -> Vec<u8> {
        let mut buffer = Buffer::default();
        buffer.reset(2);
        let (start, end) = (buffer.label(0), buffer.label(1));
        buffer.bind(start);
        buffer.jump(Some(Flags::Below), end);
        buffer.extend(std::iter::repeat_n(0x90, gap));
        buffer.jump(None, start);
        buffer.bind(end);
        let mut out = Vec::new();
        buffer.finish(&mut out);
        out
    }

    #[test]
    fn a_near_target_takes_a_short_jump() {
        assert_eq!(code(3), [0x72, 5, 0x90, 0x90, 0x90, 0xeb, 0xf9]);
    }

    #[test]
    fn a_far_target_takes_a_long_jump() {
        let code = code(200);
        assert_eq!(code.len(), 6 + 200 + 5);
        assert_eq!(code[..6], [0x0f, 0x82, 205, 0, 0, 0]);
        assert_eq!(code[206..], [0xe9, 0x2d, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn a_jump_that_grows_can_make_another_one_grow() {
        // The forward jump just reaches over a short jump back, but that one
        // does not reach: 124 bytes, its own two and the forward one's two.
        assert_eq!(code(124).len(), 2 + 124 + 2);
        assert_eq!(code(125).len(), 6 + 125 + 5);
    }
}
