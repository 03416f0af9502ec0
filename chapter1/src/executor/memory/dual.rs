//! The dual mapping: code is executed at one address and written at another.
//!
//! An anonymous file is mapped twice. The *view* is where everything lives:
//! code, read-execute, and behind it data, read-write. The *alias* shows the
//! code's part of the file a second time, read-write. Publishing a function
//! costs a copy and no system call.

use std::ffi::c_void;
use std::io;
use std::os::fd::OwnedFd;

use memmap2::{Advice, MmapOptions, MmapRaw};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MprotectFlags, mprotect};
use rustix::process::{Resource, getrlimit};

use super::error::MemoryError;
use super::{Mapping, POISON, Sizes};

// ANCHOR: Dual
pub(super) struct Dual {
    view: MmapRaw,
    alias: MmapRaw,
}
// ANCHOR_END: Dual

impl Dual {
    pub(super) fn new(sizes: Sizes) -> Result<Dual, MemoryError> {
        let file = executable_file(sizes.total())
            .map_err(MemoryError::kernel("create an executable file"))?;
        let view = map_view(&file, sizes)
            .map_err(MemoryError::kernel("map a file read-execute"))?;
        let alias = map_alias(&file, sizes)
            .map_err(MemoryError::kernel("map a file read-write"))?;
        Ok(Dual { view, alias })
    }
}

impl Mapping for Dual {
    fn base(&self) -> *mut u8 {
        self.view.as_mut_ptr()
    }

    fn code_granularity(&self) -> usize {
        16
    }

    // ANCHOR: writable
    fn writable(&self, offset: usize) -> *mut u8 {
        let within =
            if offset < self.alias.len() { &self.alias } else { &self.view };
        within.as_mut_ptr().wrapping_add(offset)
    }
    // ANCHOR_END: writable

    /// Nothing changes hands: the view has been executable all along.
    // ANCHOR: dual_seal
    fn seal(&mut self, _: usize, _: usize) -> io::Result<()> {
        Ok(())
    }
    // ANCHOR_END: dual_seal

    /// A debug build makes a stray jump into freed code trap.
    fn release(&mut self, offset: usize, len: usize) -> io::Result<()> {
        assert!(offset + len <= self.alias.len());
        if cfg!(debug_assertions) {
            // SAFETY: the range is in the alias, which stays mapped
            // read-write as long as `self` lives.
            unsafe { self.writable(offset).write_bytes(POISON, len) };
        }
        Ok(())
    }
}

/// An anonymous file of `size` bytes, which occupies no memory yet.
fn executable_file(size: usize) -> io::Result<OwnedFd> {
    // Growing a file past this limit is not an error but a deadly signal.
    let limit = getrlimit(Resource::Fsize).current;
    if limit.is_some_and(|limit| limit < size as u64) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // ANCHOR: executable_file
    let create = |flags| memfd_create(c"jit-code", MemfdFlags::CLOEXEC | flags);
    let file = match create(MemfdFlags::EXEC) {
        // Before Linux 6.3 there is no such flag: all files are executable.
        Err(rustix::io::Errno::INVAL) => create(MemfdFlags::empty()),
        answer => answer,
    }?;
    // ANCHOR_END: executable_file
    ftruncate(&file, size as u64)?;
    Ok(file)
}

/// The whole file, read-execute at first; then its data part read-write. The
/// one call exchanges execution for writing: the two never meet.
// ANCHOR: map_view
fn map_view(file: &OwnedFd, sizes: Sizes) -> io::Result<MmapRaw> {
    // SAFETY: the file has no name, and nobody else its descriptor: it stays
    // as long as it is. No reference into the mapping is ever made.
    let view = unsafe { MmapOptions::new().len(sizes.total()).map_exec(file) }?;
    let view = MmapRaw::from(view);
    view.advise(Advice::DontFork)?;
    let data = view.as_mut_ptr().wrapping_add(sizes.code).cast::<c_void>();
    let read_write = MprotectFlags::READ | MprotectFlags::WRITE;
    // SAFETY: these are the last `sizes.data` bytes of `view`, whole pages,
    // which nobody uses yet.
    unsafe { mprotect(data, sizes.data, read_write) }?;
    Ok(view)
}
// ANCHOR_END: map_view

/// The code's part of the file, read-write.
// ANCHOR: map_alias
fn map_alias(file: &OwnedFd, sizes: Sizes) -> io::Result<MmapRaw> {
    let alias = MmapOptions::new().len(sizes.code).map_raw(file)?;
    alias.advise(Advice::DontFork)?;
    Ok(alias)
}
// ANCHOR_END: map_alias
