//! What is committed runs, and what is retired is freed in time.

use super::*;
use crate::executor::memory::MappingChoice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

/// `ret`: a function that returns its argument.
const IDENTITY: [u8; 1] = [0xc3];

const BOTH: [MappingChoice; 2] =
    [MappingChoice::Dual, MappingChoice::Segmented];

fn with(mapping: MappingChoice) -> InProcess {
    let config =
        MemoryConfig { mapping, code_size: 1 << 20, data_size: 1 << 16 };
    InProcess::new(Target::SSE2, Host::default(), &config).unwrap()
}

fn executor() -> InProcess {
    with(MappingChoice::Dual)
}

fn code(executor: &InProcess, page: u64, bytes: &[u8]) -> Segment {
    let at = executor.lease().code.start + page * 4096;
    Segment { kind: SegmentKind::Code, at, bytes: bytes.to_vec() }
}

fn segments(segments: Vec<Segment>) -> Batch {
    Batch { segments, ..Batch::default() }
}

fn retire(range: Range<ExecutorAddr>) -> Batch {
    Batch { retirements: vec![range], ..Batch::default() }
}

fn collect(executor: &InProcess) -> Vec<Range<ExecutorAddr>> {
    executor.commit(&Batch::default()).unwrap()
}

/// The page of code that starts at `at`.
fn page(at: ExecutorAddr) -> Range<ExecutorAddr> {
    at..at + 4096
}

fn call(executor: &InProcess, at: ExecutorAddr, args: &[f64]) -> f64 {
    // SAFETY: the tests below commit functions of these types.
    unsafe { executor.call(at, args) }.unwrap()
}

/// Code that calls a new function of the host: `push rbp; mov rbp, rsp;
/// mov rax, thunk; call rax; pop rbp; ret`.
fn calls(
    executor: &InProcess,
    function: impl Fn() -> f64 + Send + Sync + 'static,
) -> Vec<u8> {
    let closure = HostClosure::new(0, move |_| Ok(function()));
    executor.register("function", closure).unwrap();
    let thunk = executor.host_symbol("function").unwrap().address;
    let mut code = vec![0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8];
    code.extend(thunk.as_u64().to_le_bytes());
    code.extend([0xff, 0xd0, 0x5d, 0xc3]);
    code
}

#[test]
fn committed_code_runs_and_its_addresses_are_used_again() {
    for mapping in BOTH {
        let executor = with(mapping);
        let segment = code(&executor, 0, &IDENTITY);
        let at = segment.at;
        let batch = segments(vec![segment]);
        for round in 0..3 {
            assert_eq!(executor.commit(&batch).unwrap(), []);
            assert_eq!(call(&executor, at, &[f64::from(round)]), round.into());
            assert_eq!(executor.commit(&retire(page(at))).unwrap(), []);
            assert_eq!(collect(&executor), [page(at)]);
        }
    }
}

#[test]
fn few_retired_ranges_wait_for_more_of_them() {
    let executor = executor();
    let start = executor.lease().code.start;
    for i in 0..MANY as u64 {
        let at = start + i * 16;
        assert_eq!(executor.commit(&retire(at..at + 16)).unwrap(), []);
    }
    let next = code(&executor, 100, &IDENTITY);
    let freed = executor.commit(&segments(vec![next])).unwrap();
    assert_eq!(freed.len(), MANY);
    assert_eq!(collect(&executor), []);
}

/// Retires the function that calls this, calls another, and looks whether the
/// first has been freed.
fn retire_and_call(
    executor: &InProcess,
    outer: ExecutorAddr,
    inner: ExecutorAddr,
) -> f64 {
    executor.commit(&retire(page(outer))).unwrap();
    assert_eq!(collect(executor), []);
    let value = call(executor, inner, &[7.0]);
    // The nested call has returned, the outer one has not.
    assert_eq!(collect(executor), []);
    value
}

#[test]
fn a_range_is_not_freed_before_the_call_around_a_nested_one_returns() {
    let executor = Arc::new(executor());
    let inner = code(&executor, 0, &IDENTITY);
    let outer = code(&executor, 1, &[]).at;
    let (weak, inner_at) = (Arc::downgrade(&executor), inner.at);
    let bytes = calls(&executor, move || {
        retire_and_call(&weak.upgrade().unwrap(), outer, inner_at)
    });
    let batch = segments(vec![inner, code(&executor, 1, &bytes)]);
    executor.commit(&batch).unwrap();
    assert_eq!(call(&executor, outer, &[]), 7.0);
    assert_eq!(collect(&executor), [page(outer)]);
}

#[test]
fn a_range_is_not_freed_before_other_threads_have_left_it() {
    let executor = executor();
    let (entered, has_entered) = mpsc::sync_channel(0);
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = std::sync::Mutex::new(may_leave);
    let block = calls(&executor, move || {
        entered.send(()).unwrap();
        may_leave.lock().unwrap().recv().unwrap();
        1.0
    });
    let first = code(&executor, 0, &block);
    let later = code(&executor, 1, &IDENTITY);
    let (at, later_at) = (first.at, later.at);
    executor.commit(&segments(vec![first, later])).unwrap();
    thread::scope(|scope| {
        let blocked = scope.spawn(|| call(&executor, at, &[]));
        has_entered.recv().unwrap();
        executor.commit(&retire(page(at))).unwrap();
        // Calls that come and go later change nothing.
        assert_eq!(call(&executor, later_at, &[2.0]), 2.0);
        assert_eq!(collect(&executor), []);
        leave.send(()).unwrap();
        assert_eq!(blocked.join().unwrap(), 1.0);
        assert_eq!(collect(&executor), [page(at)]);
    });
}

#[test]
fn a_name_is_registered_once() {
    let executor = executor();
    let register =
        |name| executor.register(name, HostClosure::new(0, |_| Ok(1.0)));
    register("new").unwrap();
    for name in ["new", "sin"] {
        let error = register(name).unwrap_err().to_string();
        assert_eq!(error, format!("the host has a function `{name}` already"));
    }
}

#[test]
fn running_code_sees_what_a_new_pointer_leads_to() {
    let executor = executor();
    let pointer = executor.lease().data.start;
    // `jmp [rip + pointer]`
    let mut stub = vec![0xff, 0x25];
    let at = executor.lease().code.start;
    let displacement = pointer.distance(at + 6) as i32;
    stub.extend(displacement.to_le_bytes());
    // Each version: `mov eax, version; cvtsi2sd xmm0, eax; ret`.
    let version = |number: u32| {
        let mut bytes = vec![0xb8];
        bytes.extend(number.to_le_bytes());
        bytes.extend([0xf2, 0x0f, 0x2a, 0xc0, 0xc3]);
        let segment = code(&executor, u64::from(number) + 1, &bytes);
        let pointers = vec![(pointer, segment.at.as_u64())];
        Batch { pointers, ..segments(vec![segment]) }
    };
    let mut first = version(0);
    first.segments.push(code(&executor, 0, &stub));
    executor.commit(&first).unwrap();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0.0;
            while !is_done.load(Ordering::Acquire) {
                let value = call(&executor, at, &[]);
                assert!(value >= seen, "{value} after {seen}");
                seen = value;
            }
            call(&executor, at, &[])
        });
        for number in 1..200 {
            executor.commit(&version(number)).unwrap();
        }
        is_done.store(true, Ordering::Release);
        assert_eq!(reader.join().unwrap(), 199.0);
    });
}

#[test]
fn a_wrong_batch_changes_nothing() {
    for mapping in BOTH {
        let executor = with(mapping);
        let lease = executor.lease().clone();
        let good = code(&executor, 0, &IDENTITY);
        let pointer = (lease.data.start, 0xbeef);
        let outside = lease.data.end..lease.data.end + 16;
        let data_at =
            |at| Segment { kind: SegmentKind::Data, at, bytes: vec![1] };
        let code_at =
            |at| Segment { kind: SegmentKind::Code, at, bytes: vec![1] };
        let wrong = [
            segments(vec![good.clone(), good.clone()]),
            segments(vec![good.clone(), data_at(lease.code.start + 4096)]),
            segments(vec![good.clone(), data_at(lease.data.end)]),
            segments(vec![good.clone(), code_at(lease.data.start)]),
            segments(vec![good.clone(), code_at(lease.code.start + 4097)]),
            segments(vec![good.clone(), code_at(ExecutorAddr::new(u64::MAX))]),
            Batch {
                pointers: vec![pointer, (lease.data.start + 1, 0)],
                ..segments(vec![good.clone()])
            },
            Batch {
                pointers: vec![pointer, (lease.code.start, 0)],
                ..segments(vec![good.clone()])
            },
            Batch {
                pointers: vec![pointer],
                retirements: vec![page(lease.code.start), outside],
                ..segments(vec![good.clone()])
            },
        ];
        for batch in &wrong {
            let error = executor.commit(batch).unwrap_err();
            assert!(matches!(error, ExecutorError::Memory(_)), "{error}");
            assert_eq!(collect(&executor), []);
        }
        let at = lease.data.start.as_u64() as usize;
        let at = std::ptr::with_exposed_provenance::<u64>(at);
        // SAFETY: `at` is in the data range of `executor`.
        assert_eq!(unsafe { at.read_volatile() }, 0);
        executor.commit(&segments(vec![good.clone()])).unwrap();
        assert_eq!(call(&executor, good.at, &[3.0]), 3.0);
        // A refused batch does not free what others have sealed.
        executor.commit(&segments(vec![good.clone()])).unwrap_err();
        executor.commit(&segments(vec![good])).unwrap_err();
    }
}

#[test]
fn a_call_with_too_many_arguments_is_refused() {
    let executor = executor();
    let at = executor.lease().code.start;
    // SAFETY: nothing is called.
    let error = unsafe { executor.call(at, &[0.0; 9]) }.unwrap_err();
    assert_eq!(error.to_string(), "a call passes at most 8 arguments, not 9");
}

/// Has the kernel refuse memory barriers on this thread, as in a sandbox.
fn refuse_barriers() {
    use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W};
    let inst = |code: u32, jf, k| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let mut filter = [
        // The number of the system call comes first.
        inst(BPF_LD | BPF_W | BPF_ABS, 0, 0),
        inst(BPF_JMP | BPF_JEQ | BPF_K, 1, libc::SYS_membarrier as u32),
        inst(BPF_RET | BPF_K, 0, refuse),
        inst(BPF_RET | BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: the kernel copies the program, which only looks at numbers.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let mode = libc::SECCOMP_MODE_FILTER;
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, mode, &program), 0);
    }
}

#[test]
fn code_is_committed_even_where_nothing_can_be_freed() {
    let freed = |executor: &InProcess| executor.commit(&Batch::default());
    let executor = executor();
    let start = executor.lease().code.start;
    thread::scope(|scope| {
        scope.spawn(|| {
            refuse_barriers();
            for i in 0..2 * MANY as u64 {
                let at = start + i * 16;
                executor.commit(&retire(at..at + 16)).unwrap();
            }
            let next = code(&executor, 100, &IDENTITY);
            let at = next.at;
            assert_eq!(executor.commit(&segments(vec![next])).unwrap(), []);
            assert_eq!(call(&executor, at, &[3.0]), 3.0);
            let error = freed(&executor).unwrap_err().to_string();
            assert!(error.contains("synchronize"), "{error}");
        });
    });
    // Elsewhere it can, and then each range is free once.
    assert_eq!(freed(&executor).unwrap().len(), 2 * MANY);
    assert_eq!(freed(&executor).unwrap(), []);
}
