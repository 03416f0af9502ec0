//! Addresses in the executor.

use std::fmt;
use std::ops::Add;

/// An address in the process that runs the code. It is a number and never a
/// Rust pointer: that process need not be the one that compiles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ExecutorAddr(u64);

impl ExecutorAddr {
    /// The address with this number.
    pub const fn new(address: u64) -> ExecutorAddr {
        ExecutorAddr(address)
    }

    /// The number of the address.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The address `bytes` further on, if there is one.
    pub const fn checked_add(self, bytes: u64) -> Option<ExecutorAddr> {
        match self.0.checked_add(bytes) {
            Some(sum) => Some(ExecutorAddr(sum)),
            None => None,
        }
    }

    /// The bytes from `from` to here, negative when `from` lies behind. This
    /// is what a pc-relative operand holds, `from` being the address after
    /// the operand's instruction.
    pub const fn distance(self, from: ExecutorAddr) -> i64 {
        self.0.wrapping_sub(from.0) as i64
    }

    /// The first multiple of `align` that is not below this address.
    ///
    /// # Panics
    ///
    /// Panics if `align` is zero or the multiple exceeds 64 bits.
    pub const fn align_up(self, align: u64) -> ExecutorAddr {
        match self.0.checked_next_multiple_of(align) {
            Some(aligned) => ExecutorAddr(aligned),
            None => panic!("no such address"),
        }
    }

    /// Whether the address is a multiple of `align`, which is not zero.
    pub const fn is_aligned(self, align: u64) -> bool {
        self.0.is_multiple_of(align)
    }
}

impl Add<u64> for ExecutorAddr {
    type Output = ExecutorAddr;

    fn add(self, bytes: u64) -> ExecutorAddr {
        ExecutorAddr(self.0 + bytes)
    }
}

impl fmt::Display for ExecutorAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for ExecutorAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExecutorAddr({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::ExecutorAddr;

    #[test]
    fn a_distance_is_signed() {
        let low = ExecutorAddr::new(0x1000);
        let high = low + 0x20;
        assert_eq!(high.distance(low), 0x20);
        assert_eq!(low.distance(high), -0x20);
    }

    #[test]
    fn aligning_goes_up_and_leaves_aligned_addresses_alone() {
        let aligned = ExecutorAddr::new(0x40);
        assert_eq!(ExecutorAddr::new(0x31).align_up(16), aligned);
        assert_eq!(aligned.align_up(16), aligned);
        assert!(aligned.is_aligned(64) && !aligned.is_aligned(128));
    }

    #[test]
    fn adding_past_the_last_address_is_noticed() {
        let last = ExecutorAddr::new(u64::MAX);
        assert_eq!(last.checked_add(0), Some(last));
        assert_eq!(last.checked_add(1), None);
    }

    #[test]
    fn an_address_is_shown_in_hexadecimal() {
        let addr = ExecutorAddr::new(0xbeef);
        assert_eq!(addr.to_string(), "0xbeef");
        assert_eq!(format!("{addr:?}"), "ExecutorAddr(0xbeef)");
    }
}
