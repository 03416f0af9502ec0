//! What it costs to get into JIT'd code and out of it:
//! `cargo bench -p chapter1 --bench enter`.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{
    Batch, Executor, ExecutorAddr, ExecutorError, Host, InProcess, Segment,
    SegmentKind, call, traps,
};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use dynasm::dynasm;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler};

fn main() {
    traps::catch_overflows().expect("a handler");
    divan::main();
}

type Assembler = VecAssembler<X64Relocation>;

/// An executor with one function.
struct Machine {
    executor: InProcess,
    function: ExecutorAddr,
}

impl Machine {
    fn new(assemble: impl FnOnce(&mut Assembler, &InProcess)) -> Machine {
        let mut host = Host::default();
        host.register("identity", |x: f64| Ok::<_, String>(x));
        host.register("fail", |_: f64| Err("it fails"));
        host.register("panic", |x: f64| -> Result<f64, String> {
            std::panic::resume_unwind(Box::new(x))
        });
        let memory = MemoryConfig::default();
        let executor = InProcess::new(Target::SSE2, host, &memory);
        let executor = executor.expect("memory");
        let mut assembler = Assembler::new(0);
        assemble(&mut assembler, &executor);
        let at = executor.lease().code.start;
        let bytes = assembler.finalize().expect("all labels are bound");
        let segment = Segment { kind: SegmentKind::Code, at, bytes };
        let batch = Batch { segments: vec![segment], ..Batch::default() };
        executor.commit(&batch).expect("room");
        Machine { executor, function: at }
    }

    fn call(&self, x: f64) -> Result<f64, ExecutorError> {
        // SAFETY: all functions here have this type.
        unsafe { self.executor.call(self.function, black_box(&[x])) }
    }
}

/// A function that returns at once.
fn leaf() -> Machine {
    Machine::new(|a, _| dynasm!(a; .arch x64; ret))
}

#[divan::bench(sample_size = 10_000)]
fn enter_and_leave(bencher: Bencher<'_, '_>) {
    let machine = leaf();
    bencher.bench_local(|| machine.call(1.0).is_ok());
}

/// The same without a switch of stacks.
#[divan::bench(sample_size = 10_000)]
fn plain_call(bencher: Bencher<'_, '_>) {
    let machine = leaf();
    // SAFETY: it has this type, and does nothing.
    bencher.bench_local(|| unsafe {
        call::call(machine.function, black_box(&[1.0]))
    });
}

/// How many calls a loop makes.
const CALLS: u32 = 1_000;

/// A loop of calls to `callee`.
fn calling(a: &mut Assembler, callee: i64) {
    dynasm!(a
        ; .arch x64
        ; push rbp
        ; mov rbp, rsp
        ; push rbx
        ; push r12
        ; mov ebx, CALLS as i32
        ; mov r12, QWORD callee
        ; again:
        ; call r12
        ; dec ebx
        ; jnz <again
        ; pop r12
        ; pop rbx
        ; pop rbp
        ; ret
    );
}

fn host(machine: &InProcess, name: &str) -> i64 {
    machine.host_symbol(name).expect("a thunk").address.as_u64() as i64
}

/// A function of C, of so little work that the call shows.
extern "C" fn fabs(x: f64) -> f64 {
    x.abs()
}

#[divan::bench]
fn host_call_plain(bencher: Bencher<'_, '_>) {
    let machine = Machine::new(|a, _| calling(a, fabs as *const () as i64));
    bencher
        .counter(ItemsCount::new(CALLS))
        .bench_local(|| machine.call(black_box(-1.0)).is_ok());
}

#[divan::bench(args = ["fabs", "identity"])]
fn host_call(bencher: Bencher<'_, '_>, name: &str) {
    let machine = Machine::new(|a, m| calling(a, host(m, name)));
    bencher
        .counter(ItemsCount::new(CALLS))
        .bench_local(|| machine.call(black_box(-1.0)).is_ok());
}

/// A recursion of so many frames, and then a call to `callee`.
fn deep(frames: i32, callee: &'static str) -> Machine {
    Machine::new(|a, machine| {
        let callee = host(machine, callee);
        dynasm!(a
            ; .arch x64
            ; mov edi, frames
            ; again:
            ; push rbp
            ; mov rbp, rsp
            ; dec edi
            ; jz >bottom
            ; call <again
            ; pop rbp
            ; ret
            ; bottom:
            ; mov rax, QWORD callee
            ; call rax
            ; pop rbp
            ; ret
        );
    })
}

/// The way down and, by returns, up again: to be subtracted from what the
/// two below take.
#[divan::bench(args = [1, 1000], sample_size = 100)]
fn return_from(bencher: Bencher<'_, '_>, frames: i32) {
    let machine = deep(frames, "identity");
    bencher.bench_local(|| machine.call(1.0).is_ok());
}

#[divan::bench(args = [1, 1000], sample_size = 100)]
fn fail_and_escape_from(bencher: Bencher<'_, '_>, frames: i32) {
    let machine = deep(frames, "fail");
    bencher.bench_local(|| machine.call(1.0).is_ok());
}

#[divan::bench(args = [1, 1000], sample_size = 100)]
fn panic_and_escape_from(bencher: Bencher<'_, '_>, frames: i32) {
    let machine = deep(frames, "panic");
    bencher.bench_local(|| machine.call(1.0).is_ok());
}

#[divan::bench]
fn overflow(bencher: Bencher<'_, '_>) {
    let machine = Machine::new(|a, _| {
        dynasm!(a
            ; .arch x64
            ; again:
            ; push rbp
            ; mov rbp, rsp
            ; call <again
        );
    });
    bencher.bench_local(|| machine.call(1.0).is_ok());
}

#[divan::bench]
fn make_an_executor(bencher: Bencher<'_, '_>) {
    let memory = MemoryConfig::default();
    bencher.bench_local(|| {
        InProcess::new(Target::SSE2, Host::default(), black_box(&memory))
    });
}

/// A new thread, which makes a stack.
#[divan::bench(args = [false, true])]
fn start_a_thread(bencher: Bencher<'_, '_>, enters: bool) {
    let machine = leaf();
    bencher.bench_local(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| enters.then(|| machine.call(1.0)));
        });
    });
}
