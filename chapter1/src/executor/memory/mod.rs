//! Memory for machine code and its data: writable or executable, never both.
//!
//! All of it is one range of addresses, code first, data behind, so that a
//! 32-bit displacement reaches from any instruction to any byte. The client
//! (the linker) decides what goes where in that range; the executor writes,
//! seals and releases what it is told to.

mod dual;
mod error;
mod segmented;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rangemap::RangeSet;
use rustix::thread::{MembarrierCommand, membarrier};

use super::ExecutorAddr;
use dual::Dual;
pub use error::MemoryError;
use segmented::Segmented;

/// What fills released memory in a debug build: as code it is `int3`, which
/// traps, and a pointer of it points nowhere.
const POISON: u8 = 0xcc;

/// How much memory to reserve, and how. What is reserved costs nothing until
/// it is touched.
#[derive(Clone, Debug)]
pub struct MemoryConfig {
    /// Bytes for code, rounded up to whole pages.
    pub code_size: u64,
    /// Bytes for data, rounded up to whole pages.
    pub data_size: u64,
    /// How code is made executable.
    pub mapping: MappingChoice,
}

impl Default for MemoryConfig {
    /// 256 MiB of code and 64 MiB of data.
    fn default() -> MemoryConfig {
        MemoryConfig {
            code_size: 256 << 20,
            data_size: 64 << 20,
            mapping: MappingChoice::Auto,
        }
    }
}

/// How memory is written at one time and executed at another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MappingChoice {
    /// `Dual`, or `Segmented` where the kernel refuses that.
    Auto,
    /// Two mappings of one file. Publishing code takes no system call. What
    /// is touched through both counts twice in the resident size.
    Dual,
    /// One mapping, whose pages change their protection.
    Segmented,
}

/// What the client may give addresses in.
#[derive(Clone, PartialEq, Eq, Debug)]
// ANCHOR: Lease
pub struct Lease {
    /// Where code goes.
    pub code: Range<ExecutorAddr>,
    /// Where data goes: read-write, and never executable.
    pub data: Range<ExecutorAddr>,
    /// Code is sealed and released in multiples of this many bytes.
    pub code_granularity: u64,
}
// ANCHOR_END: Lease

/// Executor memory in this process. Dropping it unmaps all of it, so nothing
/// may run in it then.
pub struct Memory {
    mapping: Box<dyn Mapping>,
    lease: Lease,
    sealed: RangeSet<ExecutorAddr>,
}

impl Memory {
    /// Reserves memory.
    pub fn new(config: &MemoryConfig) -> Result<Memory, MemoryError> {
        let sizes = Sizes::of(config)?;
        let mapping: Box<dyn Mapping> = match config.mapping {
            MappingChoice::Dual => Box::new(Dual::new(sizes)?),
            MappingChoice::Segmented => Box::new(Segmented::new(sizes)?),
            MappingChoice::Auto => match Dual::new(sizes) {
                Ok(dual) => Box::new(dual),
                Err(_) => Box::new(Segmented::new(sizes)?),
            },
        };
        // Now, because it takes milliseconds once the process has threads.
        // If it fails, so does every `synchronize`, and that is reported.
        let register = MembarrierCommand::RegisterPrivateExpeditedSyncCore;
        let _ = membarrier(register);
        let lease = lease_of(&*mapping, sizes);
        Ok(Memory { mapping, lease, sealed: RangeSet::new() })
    }

    /// The addresses that the client may use.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Copies `bytes` to `at`, into code that is not sealed, or into data
    /// that no running code uses.
    // ANCHOR: write
    pub fn write(
        &mut self,
        at: ExecutorAddr,
        bytes: &[u8],
    ) -> Result<(), MemoryError> {
        let range = range_of(at, bytes.len());
        self.check_leased(&range)?;
        self.check_unsealed(&range)?;
        let to = self.mapping.writable(self.offset(at));
        // SAFETY: the range is in one part of the lease, so `to` is valid for
        // all of `bytes`; it is not sealed, so it is writable. Nobody has a
        // reference to the mapping, `bytes` included.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    }
    // ANCHOR_END: write

    /// Ends the writing of `code`: from now on it may run, and is never
    /// changed until it is released.
    // ANCHOR: seal
    pub fn seal(
        &mut self,
        code: Range<ExecutorAddr>,
    ) -> Result<(), MemoryError> {
        self.check_code(&code)?;
        if code.is_empty() {
            return Ok(());
        }
        self.check_unsealed(&code)?;
        let (offset, len) = (self.offset(code.start), length(&code));
        // First, because a kernel that stops half way leaves some pages
        // unwritable.
        self.sealed.insert(code);
        self.mapping
            .seal(offset, len)
            .map_err(MemoryError::kernel("make code executable"))
    }
    // ANCHOR_END: seal

    /// Takes back what is no longer used, code or data; what it held is lost.
    /// The caller guarantees that no activation remains in it and that no
    /// other code leads to it. Before code memory is used again comes one
    /// [`synchronize`](Memory::synchronize) for all that was released.
    // ANCHOR: release
    pub fn release(
        &mut self,
        range: Range<ExecutorAddr>,
    ) -> Result<(), MemoryError> {
        if contains(&self.lease.data, &range) {
            self.poison(&range);
            return Ok(());
        }
        self.check_code(&range)?;
        if range.is_empty() {
            return Ok(());
        }
        let (offset, len) = (self.offset(range.start), length(&range));
        self.mapping
            .release(offset, len)
            .map_err(MemoryError::kernel("take code memory back"))?;
        self.sealed.remove(range);
        Ok(())
    }
    // ANCHOR_END: release

    /// A debug build makes a jump through a pointer that was released fault.
    fn poison(&mut self, data: &Range<ExecutorAddr>) {
        if cfg!(debug_assertions) {
            let at = self.mapping.writable(self.offset(data.start));
            // SAFETY: the range is in the data part, which is always writable,
            // and nobody uses what is released.
            unsafe { at.write_bytes(POISON, length(data)) };
        }
    }

    /// Makes every thread of this process forget instructions that it has
    /// fetched, so that none runs what a released range used to hold. It
    /// takes microseconds: call it once a batch. If it fails, what was
    /// released must not be used again.
    // ANCHOR: synchronize
    pub fn synchronize(&self) -> Result<(), MemoryError> {
        membarrier(MembarrierCommand::PrivateExpeditedSyncCore)
            .map_err(io::Error::from)
            .map_err(MemoryError::kernel("synchronize instruction streams"))
    }
    // ANCHOR_END: synchronize

    /// Stores a pointer in the data range, at a multiple of 8, atomically:
    /// code that runs meanwhile reads the old value or the new one, and with
    /// the new one sees all that was written before.
    pub fn store_pointer(
        &self,
        at: ExecutorAddr,
        value: u64,
    ) -> Result<(), MemoryError> {
        // ANCHOR: store_pointer
        self.check_pointer(at)?;
        let cell = self.mapping.writable(self.offset(at)).cast::<u64>();
        // SAFETY: the eight bytes are in the data range, which is always
        // writable, and aligned. `write`, which is not atomic, is excluded
        // by its `&mut self`.
        let cell = unsafe { AtomicU64::from_ptr(cell) };
        cell.store(value, Ordering::Release);
        Ok(())
        // ANCHOR_END: store_pointer
    }

    /// Whether there can be a pointer at `at`.
    pub(super) fn check_pointer(
        &self,
        at: ExecutorAddr,
    ) -> Result<(), MemoryError> {
        self.check_data(at, 8)?;
        if !at.is_aligned(8) {
            return Err(MemoryError::Misaligned { at, align: 8 });
        }
        Ok(())
    }

    /// Whether `len` bytes at `at` are in the data range.
    pub(super) fn check_data(
        &self,
        at: ExecutorAddr,
        len: usize,
    ) -> Result<(), MemoryError> {
        let range = range_of(at, len);
        if !contains(&self.lease.data, &range) {
            return Err(outside("data", &range));
        }
        Ok(())
    }

    /// Whether a range is one that can be released.
    pub(super) fn check_release(
        &self,
        range: &Range<ExecutorAddr>,
    ) -> Result<(), MemoryError> {
        if contains(&self.lease.data, range) {
            return Ok(());
        }
        self.check_code(range)
    }

    /// What has to be sealed for `len` bytes of code at `at`.
    pub(super) fn code_range(
        &self,
        at: ExecutorAddr,
        len: usize,
    ) -> Result<Range<ExecutorAddr>, MemoryError> {
        let range = range_of(at, len);
        if !contains(&self.lease.code, &range) {
            return Err(outside("code", &range));
        }
        let end = range.end.align_up(self.lease.code_granularity);
        self.check_code(&(at..end))?;
        Ok(at..end)
    }

    /// Where in the mapping `at` is, which the lease contains.
    fn offset(&self, at: ExecutorAddr) -> usize {
        (at.as_u64() - self.lease.code.start.as_u64()) as usize
    }

    fn check_leased(
        &self,
        range: &Range<ExecutorAddr>,
    ) -> Result<(), MemoryError> {
        let Lease { code, data, .. } = &self.lease;
        if contains(code, range) || contains(data, range) {
            return Ok(());
        }
        Err(outside("memory", range))
    }

    fn check_code(
        &self,
        range: &Range<ExecutorAddr>,
    ) -> Result<(), MemoryError> {
        if !contains(&self.lease.code, range) {
            return Err(outside("code", range));
        }
        let align = self.lease.code_granularity;
        match [range.start, range.end].iter().find(|at| !at.is_aligned(align)) {
            Some(&at) => Err(MemoryError::Misaligned { at, align }),
            None => Ok(()),
        }
    }

    fn check_unsealed(
        &self,
        range: &Range<ExecutorAddr>,
    ) -> Result<(), MemoryError> {
        if range.is_empty() || !self.sealed.overlaps(range) {
            return Ok(());
        }
        Err(MemoryError::Sealed { start: range.start, end: range.end })
    }
}

/// One way to write code and to execute it. Offsets count from the start of
/// the code; the data follow it. The caller has checked them.
// ANCHOR: Mapping
trait Mapping: Send + Sync {
    /// Where the code starts, for those who execute it.
    fn base(&self) -> *mut u8;

    /// What offsets and lengths given to `seal` and `release` are multiples
    /// of.
    fn code_granularity(&self) -> usize;

    /// Where to write what is executed or read at `base() + offset`. It is
    /// valid up to the end of the code or of the data.
    fn writable(&self, offset: usize) -> *mut u8;

    /// Makes code executable, and ends the right to write it.
    fn seal(&mut self, offset: usize, len: usize) -> io::Result<()>;

    /// Makes code writable again that cannot be running.
    fn release(&mut self, offset: usize, len: usize) -> io::Result<()>;
}
// ANCHOR_END: Mapping

/// Bytes of code and of data, in whole pages.
#[derive(Clone, Copy)]
struct Sizes {
    code: usize,
    data: usize,
}

impl Sizes {
    fn of(config: &MemoryConfig) -> Result<Sizes, MemoryError> {
        // What a signed 32-bit displacement reaches, in either direction.
        let limit = i32::MAX as u64;
        let page = rustix::param::page_size() as u64;
        let pages = |size: u64| size.max(1).checked_next_multiple_of(page);
        match (pages(config.code_size), pages(config.data_size)) {
            (Some(code), Some(data)) if code.saturating_add(data) <= limit => {
                Ok(Sizes { code: code as usize, data: data as usize })
            }
            _ => Err(MemoryError::TooLarge {
                requested: config.code_size.saturating_add(config.data_size),
                limit,
            }),
        }
    }

    fn total(self) -> usize {
        self.code + self.data
    }
}

fn lease_of(mapping: &dyn Mapping, sizes: Sizes) -> Lease {
    let start = ExecutorAddr::new(mapping.base().expose_provenance() as u64);
    let middle = start + sizes.code as u64;
    Lease {
        code: start..middle,
        data: middle..middle + sizes.data as u64,
        code_granularity: mapping.code_granularity() as u64,
    }
}

fn contains(outer: &Range<ExecutorAddr>, inner: &Range<ExecutorAddr>) -> bool {
    outer.start <= inner.start
        && inner.start <= inner.end
        && inner.end <= outer.end
}

/// `len` bytes at `at`, or as many as there can be.
fn range_of(at: ExecutorAddr, len: usize) -> Range<ExecutorAddr> {
    at..ExecutorAddr::new(at.as_u64().saturating_add(len as u64))
}

fn length(range: &Range<ExecutorAddr>) -> usize {
    range.end.distance(range.start) as usize
}

fn outside(part: &'static str, range: &Range<ExecutorAddr>) -> MemoryError {
    MemoryError::Outside { part, start: range.start, end: range.end }
}
