//! The executor that is this process.

use super::entry::{self, MAX_ARGUMENTS};
use super::epochs::{Calls, Epoch};
use super::host::{Callee, Host, HostError, HostFunction};
use super::memory::{Lease, Memory, MemoryConfig, MemoryError};
use super::resolver::{self, Handler};
use super::thunks::Thunks;
use super::traits::{
    Batch, Executor, ExecutorError, Reentry, Segment, SegmentKind,
};
use super::{ExecutorAddr, HostClosure};
use crate::codegen::Target;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

/// So many retired ranges wait for each other before they are freed: that
/// takes a system call.
const MANY: usize = 64;

/// Runs code in this process. Dropping it unmaps its memory.
pub struct InProcess {
    target: Target,
    lease: Lease,
    host: Mutex<(Host, Thunks)>,
    store: Mutex<Store>,
    calls: Calls,
    handler: Handler,
}

/// The memory, and which parts of it are on their way back to the client.
// ANCHOR: Store
struct Store {
    memory: Memory,
    /// What was retired, each with the epoch that has to begin before it is
    /// quiescent, in the order of these.
    retired: VecDeque<(Epoch, Range<ExecutorAddr>)>,
    /// What may be used again. The client does not know yet.
    free: Vec<Range<ExecutorAddr>>,
}
// ANCHOR_END: Store

impl InProcess {
    /// Reserves memory for code that uses `target`'s instructions, which this
    /// processor has.
    ///
    /// # Errors
    /// If there is no memory for code.
    pub fn new(
        target: Target,
        host: Host,
        config: &MemoryConfig,
    ) -> Result<InProcess, MemoryError> {
        let memory = Memory::new(config)?;
        let thunks = Thunks::new(host.callees(), config)?;
        Ok(InProcess {
            target,
            lease: memory.lease().clone(),
            host: Mutex::new((host, thunks)),
            store: Mutex::new(Store {
                memory,
                retired: VecDeque::new(),
                free: Vec::new(),
            }),
            calls: Calls::default(),
            handler: Handler::default(),
        })
    }
}

impl Executor for InProcess {
    fn target(&self) -> Target {
        self.target
    }

    fn lease(&self) -> &Lease {
        &self.lease
    }

    // ANCHOR: commit
    fn commit(
        &self,
        batch: &Batch,
    ) -> Result<Vec<Range<ExecutorAddr>>, ExecutorError> {
        let mut store = lock(&self.store);
        store.check(batch)?;
        let collected = store.collect(self.calls.oldest(), batch.is_empty());
        // Who wants something else can do without: it is tried again.
        if batch.is_empty() {
            collected?;
        }
        store.write(&batch.segments)?;
        for &(at, value) in &batch.pointers {
            store.memory.store_pointer(at, value)?;
        }
        if !batch.retirements.is_empty() {
            // After the pointers: calls of the next epoch find the new ones.
            let epoch = self.calls.next_epoch();
            let ranges = batch.retirements.iter().cloned();
            store.retired.extend(ranges.map(|range| (epoch, range)));
        }
        Ok(std::mem::take(&mut store.free))
    }
    // ANCHOR_END: commit

    fn register(
        &self,
        name: &str,
        function: HostClosure,
    ) -> Result<(), ExecutorError> {
        let (host, thunks) = &mut *lock(&self.host);
        if thunks.find(name).is_some() {
            return Err(ExecutorError::HasFunction { name: name.to_owned() });
        }
        let callee = Callee::Closure(function);
        thunks.add([(name, &callee)].into_iter())?;
        host.insert(name, callee);
        Ok(())
    }

    fn host_symbol(&self, name: &str) -> Result<HostFunction, HostError> {
        let (host, thunks) = &*lock(&self.host);
        thunks.find(name).ok_or_else(|| host.why_not(name))
    }

    fn has_host_symbol(&self, name: &str) -> bool {
        lock(&self.host).1.find(name).is_some()
    }

    fn host_symbols(&self) -> Vec<(String, usize)> {
        lock(&self.host).0.known_params()
    }

    unsafe fn call(
        &self,
        function: ExecutorAddr,
        args: &[f64],
    ) -> Result<f64, ExecutorError> {
        if args.len() > MAX_ARGUMENTS {
            let (given, limit) = (args.len(), MAX_ARGUMENTS);
            return Err(ExecutorError::TooManyArguments { given, limit });
        }
        let _active = self.calls.enter().map_err(ExecutorError::NoStack)?;
        // SAFETY: the caller promises that the function has this type. While
        // the call is active, nothing that it can reach is freed.
        unsafe { entry::enter(&self.lease.code, &self.handler, function, args) }
    }

    fn resolver(&self) -> ExecutorAddr {
        resolver::address()
    }

    fn set_reentry(&self, handler: Weak<dyn Reentry>) {
        self.handler.set(handler);
    }
}

impl Store {
    /// Finds the mistakes in a batch that writing it would not find in time.
    fn check(&self, batch: &Batch) -> Result<(), MemoryError> {
        for &(at, _) in &batch.pointers {
            self.memory.check_pointer(at)?;
        }
        for range in &batch.retirements {
            self.memory.check_release(range)?;
        }
        Ok(())
    }

    /// Frees what is quiescent, if it is much or somebody asks for it. If
    /// anything fails, nothing is free, and it is tried again next time.
    // ANCHOR: collect
    fn collect(
        &mut self,
        oldest: Epoch,
        is_asked: bool,
    ) -> Result<(), MemoryError> {
        let quiescent =
            self.retired.partition_point(|(epoch, _)| *epoch <= oldest);
        if quiescent == 0 || quiescent < MANY && !is_asked {
            return Ok(());
        }
        for (_, range) in self.retired.iter().take(quiescent) {
            self.memory.release(range.clone())?;
        }
        self.memory.synchronize()?;
        let ranges = self.retired.drain(..quiescent).map(|(_, range)| range);
        self.free.extend(ranges);
        Ok(())
    }
    // ANCHOR_END: collect

    /// Writes segments: all of them or, as far as anybody can see, none.
    fn write(&mut self, segments: &[Segment]) -> Result<(), MemoryError> {
        let mut sealed = Vec::new();
        let mut segments = segments.iter();
        let result = segments
            .try_for_each(|segment| self.write_one(segment, &mut sealed));
        if result.is_err() {
            for range in sealed {
                // Where the kernel refuses this too, the range stays sealed,
                // and is never written again.
                let _ = self.memory.release(range);
            }
        }
        result
    }

    /// Writes a segment, and notes what was sealed.
    fn write_one(
        &mut self,
        segment: &Segment,
        sealed: &mut Vec<Range<ExecutorAddr>>,
    ) -> Result<(), MemoryError> {
        let memory = &mut self.memory;
        if segment.kind == SegmentKind::Data {
            memory.check_data(segment.at, segment.bytes.len())?;
            return memory.write(segment.at, &segment.bytes);
        }
        let range = memory.code_range(segment.at, segment.bytes.len())?;
        memory.write(segment.at, &segment.bytes)?;
        sealed.push(range.clone());
        memory.seal(range)
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic between two steps of a commit cannot make memory unsound: what
    // is not freed is not used again.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
