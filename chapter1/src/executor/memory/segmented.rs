//! The fallback where the kernel gives no executable file: a page of code is
//! written, then executed, and never both.
//!
//! One anonymous mapping, read-write. Sealing a segment makes it read-execute,
//! releasing it makes it read-write again. Segments are whole pages, so that
//! no page changes under the running code of a neighbour.

use std::ffi::c_void;
use std::io;

use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};
use rustix::mm::{MprotectFlags, mprotect};

use super::error::MemoryError;
use super::{Mapping, Sizes};

pub(super) struct Segmented {
    memory: MmapRaw,
}

impl Segmented {
    pub(super) fn new(sizes: Sizes) -> Result<Segmented, MemoryError> {
        let memory = map(sizes.total())
            .map_err(MemoryError::kernel("reserve memory"))?;
        Ok(Segmented { memory })
    }

    fn protect(
        &mut self,
        offset: usize,
        len: usize,
        flags: MprotectFlags,
    ) -> io::Result<()> {
        assert!(offset + len <= self.memory.len());
        let start = self.writable(offset).cast::<c_void>();
        // SAFETY: the pages are in `memory`, no references into which exist;
        // what runs there is, by `Memory`'s contract, not being changed.
        Ok(unsafe { mprotect(start, len, flags) }?)
    }
}

impl Mapping for Segmented {
    fn base(&self) -> *mut u8 {
        self.memory.as_mut_ptr()
    }

    fn code_granularity(&self) -> usize {
        rustix::param::page_size()
    }

    fn writable(&self, offset: usize) -> *mut u8 {
        self.base().wrapping_add(offset)
    }

    // ANCHOR: segmented_seal
    fn seal(&mut self, offset: usize, len: usize) -> io::Result<()> {
        self.protect(offset, len, MprotectFlags::READ | MprotectFlags::EXEC)
    }
    // ANCHOR_END: segmented_seal

    /// No fill is needed: a stray jump faults, the page cannot be executed.
    fn release(&mut self, offset: usize, len: usize) -> io::Result<()> {
        // ANCHOR: segmented_release
        let read_write = MprotectFlags::READ | MprotectFlags::WRITE;
        self.protect(offset, len, read_write)?;
        let give_back = UncheckedAdvice::DontNeed;
        // SAFETY: the contents, which become zeros, are what is released.
        unsafe { self.memory.unchecked_advise_range(give_back, offset, len) }
        // ANCHOR_END: segmented_release
    }
}

fn map(size: usize) -> io::Result<MmapRaw> {
    let memory = MmapOptions::new().len(size).no_reserve_swap().map_anon()?;
    memory.advise(Advice::DontFork)?;
    Ok(MmapRaw::from(memory))
}
