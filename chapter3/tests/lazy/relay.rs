//! All that this chapter does to memory goes through the trait: an executor
//! that passes everything on to another one sees all of it.

use chapter1::codegen::Target;
use chapter1::driver::Driver;
use chapter1::executor::memory::{Lease, MemoryConfig};
use chapter1::executor::{
    Batch, Executor, ExecutorAddr, ExecutorError, Host, HostClosure, HostError,
    HostFunction, InProcess, Reentry, SegmentKind,
};
use chapter1::kaleidoscope::Kaleidoscope;
use chapter2::pipeline::Pipeline;
use chapter3::jit::KaleidoscopeJit;
use chapter3::partition::per_function;
use std::mem::take;
use std::ops::Range;
use std::sync::{Arc, Mutex, Weak};

/// Passes everything on, and remembers the batches.
struct Relay {
    to: InProcess,
    batches: Mutex<Vec<Batch>>,
}

impl Relay {
    /// What was committed since the last time.
    fn batches(&self) -> Vec<Batch> {
        take(&mut *self.batches.lock().unwrap())
    }
}

impl Executor for Relay {
    fn target(&self) -> Target {
        self.to.target()
    }

    fn lease(&self) -> &Lease {
        self.to.lease()
    }

    fn commit(
        &self,
        batch: &Batch,
    ) -> Result<Vec<Range<ExecutorAddr>>, ExecutorError> {
        self.batches.lock().unwrap().push(batch.clone());
        self.to.commit(batch)
    }

    fn register(
        &self,
        name: &str,
        function: HostClosure,
    ) -> Result<(), ExecutorError> {
        self.to.register(name, function)
    }

    fn host_symbol(&self, name: &str) -> Result<HostFunction, HostError> {
        self.to.host_symbol(name)
    }

    fn host_symbols(&self) -> Vec<(String, usize)> {
        self.to.host_symbols()
    }

    unsafe fn call(
        &self,
        function: ExecutorAddr,
        args: &[f64],
    ) -> Result<f64, ExecutorError> {
        // SAFETY: the caller says so.
        unsafe { self.to.call(function, args) }
    }

    fn resolver(&self) -> ExecutorAddr {
        self.to.resolver()
    }

    fn set_reentry(&self, handler: Weak<dyn Reentry>) {
        self.to.set_reentry(handler);
    }
}

/// The pointers that were stored, in their order.
fn pointers(batches: &[Batch]) -> Vec<(ExecutorAddr, u64)> {
    batches.iter().flat_map(|batch| batch.pointers.clone()).collect()
}

/// Whether code was written there.
fn has_code_at(batches: &[Batch], at: u64) -> bool {
    let segments = batches.iter().flat_map(|batch| &batch.segments);
    let mut code = segments.filter(|it| it.kind == SegmentKind::Code);
    code.any(|code| {
        let start = code.at.as_u64();
        (start..start + code.bytes.len() as u64).contains(&at)
    })
}

#[test]
fn a_body_and_a_pointer_are_what_a_first_call_commits() {
    let config = MemoryConfig::default();
    let to = InProcess::new(Target::host(), Host::default(), &config);
    let batches = Mutex::default();
    let relay = Arc::new(Relay { to: to.unwrap(), batches });
    let (pipeline, partition) = (Pipeline::default(), Box::new(per_function));
    let jit = KaleidoscopeJit::new(relay.clone(), pipeline, partition);
    let mut session = Kaleidoscope::new(jit);
    session.run("def f(x) x + 1; def g(x) f(x);").unwrap();
    let g = session.jit.function::<fn(f64) -> f64>("g").unwrap();
    relay.batches();

    assert_eq!(g.call(1.0).unwrap(), 2.0);
    let first = relay.batches();
    let stored = pointers(&first);
    let [(g_at, g_body), (f_at, f_body)] = stored[..] else {
        panic!("{stored:?}")
    };
    assert!(has_code_at(&first, g_body) && has_code_at(&first, f_body));
    assert!(g_at != f_at && g_body != f_body);

    assert_eq!(g.call(2.0).unwrap(), 3.0);
    assert_eq!(relay.batches(), []);

    // The stub asks again before the old body is retired.
    session.run("def f(x) x + 2;").unwrap();
    let second = relay.batches();
    let [(at, trampoline)] = pointers(&second)[..] else {
        panic!("{second:?}")
    };
    assert!(at == f_at && trampoline != f_body);
    assert!(!has_code_at(&second, trampoline), "it was there before");

    assert_eq!(g.call(1.0).unwrap(), 3.0);
    let third = relay.batches();
    let [(at, body)] = pointers(&third)[..] else { panic!("{third:?}") };
    assert!(at == f_at && has_code_at(&third, body));
    let retired = second.iter().chain(&third);
    let mut retired = retired.flat_map(|batch| &batch.retirements);
    let f_body = ExecutorAddr::new(f_body);
    assert!(retired.any(|range| range.contains(&f_body)));
}
