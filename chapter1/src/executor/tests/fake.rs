//! An executor that runs nothing and remembers what it was told.

use super::memory::Lease;
use super::traits::{Batch, Executor, ExecutorError, Reentry};
use super::{ExecutorAddr, HostClosure, HostError, HostFunction};
use crate::codegen::Target;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, Weak};

/// What an executor was told.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Event {
    Commit(Batch),
    Call(ExecutorAddr),
}

/// Every call returns 0, and what is retired is quiescent at once.
pub(crate) struct Fake {
    lease: Lease,
    events: Mutex<Vec<Event>>,
    /// Whether commits and calls fail.
    pub(crate) is_broken: AtomicBool,
    /// So many more succeed, then one fails.
    pub(crate) fail_after: AtomicUsize,
}

impl Fake {
    pub(crate) fn new() -> Fake {
        let at = |page: u64| ExecutorAddr::new(0x7f00_0000_0000 + page * 4096);
        let lease = Lease {
            code: at(0)..at(4),
            data: at(4)..at(5),
            code_granularity: 1,
        };
        let events = Mutex::default();
        Fake {
            lease,
            events,
            is_broken: AtomicBool::new(false),
            fail_after: AtomicUsize::new(usize::MAX),
        }
    }

    /// What it was told since the last time.
    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap())
    }

    fn told(&self, event: Event) -> Result<(), ExecutorError> {
        // Wraps around after the one that fails.
        let left = self.fail_after.fetch_sub(1, Ordering::Relaxed);
        if self.is_broken.load(Ordering::Relaxed) || left == 0 {
            let stub = self.lease.code.start;
            return Err(ExecutorError::NobodyToAsk { stub });
        }
        self.events.lock().unwrap().push(event);
        Ok(())
    }
}

impl Executor for Fake {
    fn target(&self) -> Target {
        Target::SSE2
    }

    fn lease(&self) -> &Lease {
        &self.lease
    }

    fn commit(
        &self,
        batch: &Batch,
    ) -> Result<Vec<Range<ExecutorAddr>>, ExecutorError> {
        self.told(Event::Commit(batch.clone()))?;
        Ok(batch.retirements.clone())
    }

    fn register(&self, _: &str, _: HostClosure) -> Result<(), ExecutorError> {
        Ok(())
    }

    fn host_symbol(&self, name: &str) -> Result<HostFunction, HostError> {
        match name {
            "far" => Ok(HostFunction {
                address: ExecutorAddr::new(0x1000),
                params: None,
                is_pure: false,
            }),
            _ => Err(HostError::Unknown(name.to_owned())),
        }
    }

    fn host_symbols(&self) -> Vec<(String, usize)> {
        Vec::new()
    }

    unsafe fn call(
        &self,
        function: ExecutorAddr,
        _: &[f64],
    ) -> Result<f64, ExecutorError> {
        self.told(Event::Call(function)).map(|()| 0.0)
    }

    fn resolver(&self) -> ExecutorAddr {
        ExecutorAddr::new(0)
    }

    fn set_reentry(&self, _: Weak<dyn Reentry>) {}
}
