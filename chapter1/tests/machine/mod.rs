//! Hand-assembled functions, and an executor to run them.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{
    Batch, Executor, ExecutorAddr, ExecutorError, Host, HostClosure, InProcess,
    Segment, SegmentKind,
};
use dynasmrt::VecAssembler;
use dynasmrt::x64::X64Relocation;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

pub(crate) type Assembler = VecAssembler<X64Relocation>;

/// A test that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// An executor, and where the next function goes.
pub(crate) struct Machine {
    pub(crate) executor: Arc<InProcess>,
    next: Mutex<ExecutorAddr>,
}

impl Default for Machine {
    fn default() -> Machine {
        let config =
            MemoryConfig { code_size: 1 << 20, ..MemoryConfig::default() };
        let executor =
            InProcess::new(Target::SSE2, Host::default(), &config).unwrap();
        let next = Mutex::new(executor.lease().code.start);
        Machine { executor: Arc::new(executor), next }
    }
}

impl Machine {
    /// Publishes what `assemble` makes.
    pub(crate) fn define(
        &self,
        assemble: impl FnOnce(&mut Assembler),
    ) -> ExecutorAddr {
        let mut next = lock(&self.next);
        let at = *next;
        let mut assembler = Assembler::new(0);
        assemble(&mut assembler);
        let bytes = assembler.finalize().unwrap();
        *next = (at + bytes.len() as u64).align_up(16);
        let segment = Segment { kind: SegmentKind::Code, at, bytes };
        let batch = Batch { segments: vec![segment], ..Batch::default() };
        self.executor.commit(&batch).unwrap();
        at
    }

    /// Registers a function of the host. Returns its thunk, as assemblers
    /// take it.
    pub(crate) fn register(
        &self,
        name: &str,
        function: impl Fn(f64) -> Result<f64, Failure> + Send + Sync + 'static,
    ) -> i64 {
        let closure = HostClosure::new(1, move |args| function(args[0]));
        self.executor.register(name, closure).unwrap();
        self.thunk(name)
    }

    pub(crate) fn thunk(&self, name: &str) -> i64 {
        self.executor.host_symbol(name).unwrap().address.as_u64() as i64
    }

    pub(crate) fn call(
        &self,
        at: ExecutorAddr,
        args: &[f64],
    ) -> Result<f64, ExecutorError> {
        call(&self.executor, at, args)
    }
}

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn call(
    executor: &InProcess,
    at: ExecutorAddr,
    args: &[f64],
) -> Result<f64, ExecutorError> {
    // SAFETY: the tests define functions of this type, and retire none.
    unsafe { executor.call(at, args) }
}

/// Runs a test under a watchdog, and without others beside it: they share
/// the flag that interrupts, and the resident size.
pub(crate) fn alone<T>(test: impl FnOnce() -> T) -> T {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    watched(test)
}

fn watched<T>(test: impl FnOnce() -> T) -> T {
    let (done, is_done) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        let end = is_done.recv_timeout(PATIENCE);
        if end == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("a test still ran after {PATIENCE:?}");
            std::process::abort();
        }
    });
    let result = test();
    drop(done);
    watchdog.join().unwrap();
    result
}

/// The resident size of this process, in bytes.
pub(crate) fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages = statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap();
    pages * 4096
}

/// A lock that a panic elsewhere does not matter to.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
