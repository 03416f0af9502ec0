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

/// Bytes that are left out at first, since it is not known how many there
/// will be.
#[derive(Clone, Copy)]
struct Gap {
    /// Its place, counted without the bytes of any gap.
    at: u32,
    /// How many bytes it takes, as far as is known.
    size: u32,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A jump, on a condition if there is one.
    Jump(Option<Flags>, Label),
    /// Instructions that do nothing, up to a multiple of so many bytes.
    Padding(u32),
}

/// The size of a jump to a near target.
const SHORT: u32 = 2;

/// The size of a jump that reaches everything.
fn long(flags: Option<Flags>) -> u32 {
    if flags.is_none() { 5 } else { 6 }
}

/// Instructions that do nothing, of one to nine bytes, as the processor's
/// makers recommend them.
const NOPS: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

/// After so many rounds the jumps that still do not reach are not looked at
/// one by one any more: all become long.
const MAX_ROUNDS: u32 = 16;

/// The code of one function. Reused from function to function.
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    gaps: Vec<Gap>,
    /// Where each label is: its place without gaps, and how many gaps are
    /// before it.
    labels: Vec<(u32, u32)>,
    /// The total size of the first so many gaps.
    sizes: Vec<u32>,
}

impl Buffer {
    /// Forgets the last function, and makes the first `labels` labels.
    pub fn reset(&mut self, labels: usize) {
        self.bytes.clear();
        self.gaps.clear();
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
        let here = (self.bytes.len() as u32, self.gaps.len() as u32);
        self.labels[label.0 as usize] = here;
    }

    /// A jump, on a condition if there is one.
    pub fn jump(&mut self, flags: Option<Flags>, target: Label) {
        let at = self.bytes.len() as u32;
        let kind = Kind::Jump(flags, target);
        self.gaps.push(Gap { at, size: SHORT, kind });
    }

    /// Instructions that do nothing, until the place is a multiple of `align`
    /// bytes.
    pub fn pad(&mut self, align: u32) {
        let at = self.bytes.len() as u32;
        let kind = Kind::Padding(align);
        self.gaps.push(Gap { at, size: 0, kind });
    }

    /// The present place, counted without the bytes of gaps, and how many
    /// gaps are before it.
    pub fn here(&self) -> Mark {
        Mark { at: self.bytes.len() as u32, gaps: self.gaps.len() as u32 }
    }

    /// Decides how long each jump is, and appends the finished code to `out`.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.lengthen_jumps();
        let gaps = self.sizes.last().copied().unwrap_or(0) as usize;
        out.reserve(self.bytes.len() + gaps);
        let start = out.len();
        let mut copied = 0;
        for gap in &self.gaps {
            out.extend_from_slice(&self.bytes[copied..gap.at as usize]);
            copied = gap.at as usize;
            match gap.kind {
                Kind::Jump(flags, target) => {
                    let end = (out.len() - start) as u32 + gap.size;
                    let distance = self.target(target) as i32 - end as i32;
                    jump(flags, gap.size, distance, out);
                }
                Kind::Padding(_) => do_nothing(gap.size as usize, out),
            }
        }
        out.extend_from_slice(&self.bytes[copied..]);
    }

    /// Where a mark is in the finished code.
    pub fn position(&self, mark: Mark) -> u32 {
        mark.at + self.sizes[mark.gaps as usize]
    }

    fn target(&self, label: Label) -> u32 {
        let (at, gaps) = self.labels[label.0 as usize];
        at + self.sizes[gaps as usize]
    }

    /// Makes jumps that do not reach longer, until all reach.
    fn lengthen_jumps(&mut self) {
        for round in 0.. {
            self.add_sizes();
            let mut grown = false;
            for index in 0..self.gaps.len() {
                let Gap { at, size, kind } = self.gaps[index];
                let Kind::Jump(flags, target) = kind else { continue };
                let end = at + self.sizes[index + 1];
                let distance = self.target(target) as i32 - end as i32;
                if size == SHORT
                    && (round >= MAX_ROUNDS || i8::try_from(distance).is_err())
                {
                    self.gaps[index].size = long(flags);
                    grown = true;
                }
            }
            if !grown {
                return;
            }
        }
    }

    /// Adds up the sizes of gaps. Padding has as many bytes as it takes from
    /// where the gaps before it have moved it. So a jump over padding may get
    /// nearer to its target, too; if it has grown by then, it stays so.
    // ANCHOR: add_sizes
    fn add_sizes(&mut self) {
        self.sizes.clear();
        self.sizes.push(0);
        let mut sum = 0;
        for gap in &mut self.gaps {
            if let Kind::Padding(align) = gap.kind {
                let at = gap.at + sum;
                gap.size = at.next_multiple_of(align) - at;
            }
            sum += gap.size;
            self.sizes.push(sum);
        }
    }
    // ANCHOR_END: add_sizes
}

/// Appends a jump over this distance.
fn jump(flags: Option<Flags>, size: u32, distance: i32, out: &mut Vec<u8>) {
    match (size, flags) {
        (SHORT, None) => out.extend([0xeb, distance as u8]),
        (SHORT, Some(flags)) => {
            out.extend([0x70 | flags as u8, distance as u8]);
        }
        (_, None) => out.push(0xe9),
        (_, Some(flags)) => out.extend([0x0f, 0x80 | flags as u8]),
    }
    if size != SHORT {
        out.extend_from_slice(&distance.to_le_bytes());
    }
}

/// Appends so many bytes that do nothing, in as few instructions as can be.
fn do_nothing(mut size: usize, out: &mut Vec<u8>) {
    while size > 0 {
        let nop = NOPS[size.min(NOPS.len()) - 1];
        out.extend_from_slice(nop);
        size -= nop.len();
    }
}

/// A place in a buffer that is not finished yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    at: u32,
    gaps: u32,
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
    fn padding_fills_up_to_a_round_place_however_long_jumps_are() {
        for gap in 0..300 {
            let mut buffer = Buffer::default();
            buffer.reset(2);
            let (start, end) = (buffer.label(0), buffer.label(1));
            buffer.bind(start);
            buffer.jump(Some(Flags::Below), end);
            buffer.pad(32);
            let round = buffer.here();
            buffer.extend(std::iter::repeat_n(0xcc, gap));
            buffer.jump(None, start);
            buffer.bind(end);
            let mut out = Vec::new();
            buffer.finish(&mut out);
            assert_eq!(buffer.position(round), 32);
            assert!(out[32..][..gap].iter().all(|&byte| byte == 0xcc));
            let size = out.len() - 32 - gap;
            let back = -(out.len() as i32) as u8;
            match size {
                2 => assert_eq!(out[32 + gap..], [0xeb, back]),
                _ => assert_eq!(size, 5),
            }
        }
    }

    #[test]
    fn padding_is_made_of_as_few_instructions_as_can_be() {
        let mut out = Vec::new();
        do_nothing(31, &mut out);
        let start = |at: usize, nop: &[u8]| out[at..].starts_with(nop);
        assert!([0, 9, 18].iter().all(|&at| start(at, NOPS[8])));
        assert!(start(27, NOPS[3]) && out.len() == 31);
    }

    #[test]
    fn a_jump_that_grows_can_make_another_one_grow() {
        // The forward jump just reaches over a short jump back, but that one
        // does not reach: 124 bytes, its own two and the forward one's two.
        assert_eq!(code(124).len(), 2 + 124 + 2);
        assert_eq!(code(125).len(), 6 + 125 + 5);
    }
}
