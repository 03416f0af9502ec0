//! `--perf-map`: names of compiled functions for Linux `perf`.
//!
//! `perf report` looks for the names of code that belongs to no file in
//! `/tmp/perf-PID.map`. A line has an address, a size, both hexadecimal, and
//! a name. It does so for anonymous memory only: of code in a mapped file it
//! believes that the names are in the file. There is no way to take a line back: of two that overlap, a
//! profile may show either. So what is put where other code was before is
//! only written if it is not the same again, as it is for one top-level
//! expression after the other; and names of functions that are gone stay,
//! since samples of them are in the profile as well.

use crate::executor::ExecutorAddr;
use crate::orc::CodeWatcher;
use crate::symbol::Symbol;
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

/// The map of this process.
pub(super) struct PerfMap(Mutex<Inner>);

struct Inner {
    file: File,
    /// What was written last of each address.
    written: FxHashMap<ExecutorAddr, (u32, Symbol)>,
}

impl PerfMap {
    /// An empty map.
    pub(super) fn new() -> Result<Arc<PerfMap>, String> {
        let path = PathBuf::from(format!("/tmp/perf-{}.map", process::id()));
        let file = create(&path)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        let written = FxHashMap::default();
        Ok(Arc::new(PerfMap(Mutex::new(Inner { file, written }))))
    }

    /// Notes the code of a JIT.
    pub(super) fn watcher(self: &Arc<Self>) -> CodeWatcher {
        let map = self.clone();
        Box::new(move |name, start, size| map.note(name, start, size))
    }

    fn note(&self, name: &Symbol, start: ExecutorAddr, size: u32) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = (size, name.clone());
        if inner.written.get(&start) == Some(&entry) {
            return;
        }
        inner.written.insert(start, entry);
        let line = format!("{:x} {size:x} {name}\n", start.as_u64());
        // A profile without a name is no reason to stop the program.
        let _ = inner.file.write_all(line.as_bytes());
    }
}

/// Everybody can write to `/tmp`: a link that somebody else has put there is
/// not followed.
fn create(path: &PathBuf) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => File::create_new(path),
    }
}
