//! The client's book of the executor's memory: which addresses are in use.
//!
//! What was published is *retired* when nothing uses it any more. Calls may
//! still be in it, so it stays in quarantine until the executor says that
//! they are not.

use std::fmt;
use std::ops::Range;

use range_alloc::RangeAllocator;
use rustc_hash::FxHashMap;

use crate::executor::memory::Lease;
use crate::executor::{ExecutorAddr, SegmentKind};

/// Addresses that are in use. It is neither copied nor made by others, so
/// none can be freed twice; dropped instead of freed, its range stays in use.
#[must_use = "its addresses stay in use until it is freed"]
#[derive(PartialEq, Eq, Debug)]
pub struct Allocation {
    kind: SegmentKind,
    range: Range<ExecutorAddr>,
}

impl Allocation {
    /// What it is for.
    pub fn kind(&self) -> SegmentKind {
        self.kind
    }

    /// The addresses: at least as many as were asked for.
    pub fn range(&self) -> Range<ExecutorAddr> {
        self.range.clone()
    }
}

/// No free range is long enough. Everything allocated is as it was, and
/// reclaiming a quarantine may make room.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{kind} memory is full: {} in use of {}, and {} asked for",
    Bytes(*.used), Bytes(*.capacity), Bytes(*.requested)
)]
pub struct AddressSpaceFull {
    /// What was to be allocated.
    pub kind: SegmentKind,
    /// Bytes asked for.
    pub requested: u64,
    /// Bytes in use, the quarantine included.
    pub used: u64,
    /// Bytes there are.
    pub capacity: u64,
}

/// The free addresses of one lease.
#[derive(Debug)]
pub struct AddressSpace {
    code: Part,
    data: Part,
    /// What was retired, by its first address.
    quarantine: FxHashMap<ExecutorAddr, Allocation>,
}

impl AddressSpace {
    /// All of the lease is free.
    pub fn new(lease: &Lease) -> AddressSpace {
        const POINTER: u64 = 8;
        AddressSpace {
            code: Part::new(&lease.code, lease.code_granularity.max(16)),
            data: Part::new(&lease.data, POINTER),
            quarantine: FxHashMap::default(),
        }
    }

    /// Finds `size` bytes at a multiple of `align`. Both are rounded up: code
    /// to the lease's granularity and to 16 at least, data to 8. No two
    /// allocations are empty or overlap.
    ///
    /// # Panics
    ///
    /// Panics if `align` is not a power of two.
    pub fn allocate(
        &mut self,
        kind: SegmentKind,
        size: u64,
        align: u64,
    ) -> Result<Allocation, AddressSpaceFull> {
        assert!(align.is_power_of_two(), "{align} is not a power of two");
        let part = self.part_mut(kind);
        match part.allocate(size, align) {
            Some(range) => Ok(Allocation { kind, range }),
            None => Err(AddressSpaceFull {
                kind,
                requested: size,
                used: part.used,
                capacity: part.capacity,
            }),
        }
    }

    /// Makes an allocation available again in which nothing ever ran.
    pub fn free(&mut self, Allocation { kind, range }: Allocation) {
        self.part_mut(kind).reclaim(range);
    }

    /// Puts an allocation into quarantine. The executor is to be told of its
    /// range, which is the result.
    pub fn retire(&mut self, allocation: Allocation) -> Range<ExecutorAddr> {
        let range = allocation.range();
        self.quarantine.insert(range.start, allocation);
        range
    }

    /// Makes a retired range available again that is quiescent. Any other
    /// stays as it is.
    pub fn reclaim(&mut self, range: &Range<ExecutorAddr>) {
        if let Some(allocation) = self.quarantine.remove(&range.start) {
            debug_assert_eq!(allocation.range, *range);
            self.free(allocation);
        }
    }

    /// Bytes in use, the quarantine included.
    pub fn used(&self, kind: SegmentKind) -> u64 {
        match kind {
            SegmentKind::Code => self.code.used,
            SegmentKind::Data => self.data.used,
        }
    }

    fn part_mut(&mut self, kind: SegmentKind) -> &mut Part {
        match kind {
            SegmentKind::Code => &mut self.code,
            SegmentKind::Data => &mut self.data,
        }
    }
}

/// The code or the data of a lease.
#[derive(Debug)]
struct Part {
    free: RangeAllocator<u64>,
    granularity: u64,
    capacity: u64,
    used: u64,
}

impl Part {
    fn new(range: &Range<ExecutorAddr>, granularity: u64) -> Part {
        let (start, end) = (range.start.as_u64(), range.end.as_u64());
        Part {
            free: RangeAllocator::new(start..end),
            granularity,
            capacity: end - start,
            used: 0,
        }
    }

    fn allocate(
        &mut self,
        size: u64,
        align: u64,
    ) -> Option<Range<ExecutorAddr>> {
        let size = size.max(1).checked_next_multiple_of(self.granularity)?;
        // The allocator's sums of addresses and sizes must not overflow.
        if size.max(align) > self.capacity {
            return None;
        }
        let align = align.max(self.granularity);
        let range = self.free.allocate_range_aligned(size, align).ok()?;
        self.used += size;
        Some(ExecutorAddr::new(range.start)..ExecutorAddr::new(range.end))
    }

    fn reclaim(&mut self, range: Range<ExecutorAddr>) {
        let (start, end) = (range.start.as_u64(), range.end.as_u64());
        self.free.free_range(start..end);
        self.used -= end - start;
    }
}

/// A size for people: whole units, or one decimal rounded down.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            ..0x400 => return write!(f, "{} bytes", self.0),
            0x400..0x10_0000 => (1 << 10, "KiB"),
            _ => (1 << 20, "MiB"),
        };
        match (self.0 / unit, self.0 % unit * 10 / unit) {
            (whole, 0) => write!(f, "{whole} {name}"),
            (whole, tenths) => write!(f, "{whole}.{tenths} {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: u64 = 0x7f00_0000_0000;

    /// A MiB of code and 64 KiB of data.
    fn space(code_granularity: u64) -> AddressSpace {
        let start = ExecutorAddr::new(BASE);
        let middle = start + (1 << 20);
        AddressSpace::new(&Lease {
            code: start..middle,
            data: middle..middle + (64 << 10),
            code_granularity,
        })
    }

    fn len(allocation: &Allocation) -> i64 {
        allocation.range.end.distance(allocation.range.start)
    }

    #[test]
    fn code_is_rounded_to_16_bytes_and_data_to_8() {
        let mut space = space(1);
        let code = space.allocate(SegmentKind::Code, 17, 1).unwrap();
        let data = space.allocate(SegmentKind::Data, 1, 1).unwrap();
        assert_eq!((len(&code), len(&data)), (32, 8));
        assert_eq!(space.used(SegmentKind::Code), 32);
        assert_eq!(space.used(SegmentKind::Data), 8);
    }

    #[test]
    fn code_is_rounded_to_the_granularity_of_the_lease() {
        let mut space = space(4096);
        let code = space.allocate(SegmentKind::Code, 6, 16).unwrap();
        assert_eq!(len(&code), 4096);
        assert!(code.range.start.is_aligned(4096));
    }

    #[test]
    fn nothing_at_all_still_gets_an_address_of_its_own() {
        let mut space = space(16);
        let a = space.allocate(SegmentKind::Code, 0, 1).unwrap();
        let b = space.allocate(SegmentKind::Code, 0, 1).unwrap();
        assert_ne!(a.range, b.range);
    }

    #[test]
    fn a_freed_range_is_reused_only_after_it_was_reclaimed() {
        let mut space = space(16);
        let whole = 1 << 20;
        let all = space.allocate(SegmentKind::Code, whole, 16).unwrap();
        let range = all.range();
        assert_eq!(space.retire(all), range);
        assert_eq!(space.used(SegmentKind::Code), whole);
        assert!(space.allocate(SegmentKind::Code, 1, 1).is_err());
        space.reclaim(&range);
        assert_eq!(space.used(SegmentKind::Code), 0);
        let again = space.allocate(SegmentKind::Code, whole, 16).unwrap();
        assert_eq!(again.range, range);
    }

    #[test]
    fn what_was_never_retired_is_not_reclaimed() {
        let mut space = space(16);
        let one = space.allocate(SegmentKind::Code, 16, 16).unwrap();
        space.reclaim(&one.range());
        assert_eq!(space.used(SegmentKind::Code), 16);
    }

    #[test]
    fn a_full_space_says_so_and_remains_usable() {
        let mut space = space(16);
        let most = (1 << 20) - 64;
        let big = space.allocate(SegmentKind::Code, most, 16).unwrap();
        let error = space.allocate(SegmentKind::Code, 65, 16).unwrap_err();
        assert_eq!(
            error.to_string(),
            "code memory is full: 1023.9 KiB in use of 1 MiB, \
             and 65 bytes asked for"
        );
        let rest = space.allocate(SegmentKind::Code, 64, 16).unwrap();
        assert_eq!(big.range.end, rest.range.start);
        assert!(space.allocate(SegmentKind::Data, 65, 16).is_ok());
    }

    #[test]
    fn absurd_sizes_and_alignments_are_refused() {
        let mut space = space(4096);
        for size in [u64::MAX, 1 << 63, (1 << 20) + 1] {
            assert!(space.allocate(SegmentKind::Code, size, 1).is_err());
        }
        assert!(space.allocate(SegmentKind::Data, 1, 1 << 63).is_err());
    }

    proptest! {
        #[test]
        fn allocations_are_aligned_inside_and_disjoint(
            requests in prop::collection::vec(
                (any::<bool>(), 0u64..5000, 0u32..13, any::<bool>()), 1..200,
            )
        ) {
            let mut space = space(16);
            let mut live: Vec<Allocation> = Vec::new();
            for (is_code, size, align, frees) in requests {
                let kind = match is_code {
                    true => SegmentKind::Code,
                    false => SegmentKind::Data,
                };
                if frees && !live.is_empty() {
                    space.free(live.swap_remove(size as usize % live.len()));
                }
                let Ok(new) = space.allocate(kind, size, 1 << align) else {
                    continue;
                };
                prop_assert!(len(&new) >= size as i64);
                prop_assert!(new.range.start.is_aligned(1 << align));
                for old in &live {
                    prop_assert!(
                        new.range.end <= old.range.start
                            || old.range.end <= new.range.start
                    );
                }
                live.push(new);
            }
            for kind in [SegmentKind::Code, SegmentKind::Data] {
                let all = live.iter().filter(|one| one.kind == kind);
                let sum: i64 = all.map(len).sum();
                prop_assert_eq!(space.used(kind), sum as u64);
            }
        }
    }
}
