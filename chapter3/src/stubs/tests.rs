//! Stubs lead where their pointers say, and are gone when nobody can call
//! them.

use super::*;
use chapter1::codegen::Target;
use chapter1::executor::memory::{MappingChoice, MemoryConfig};
use chapter1::executor::{
    Batch, Host, InProcess, Reentry, Segment, SegmentKind,
};
use chapter1::link::Linker;
use chapter1::timing::Phases;
use std::error::Error;
use std::sync::Mutex;

/// `addsd xmm0, xmm0; ret`
const TWICE: [u8; 5] = [0xf2, 0x0f, 0x58, 0xc0, 0xc3];

fn machine(mapping: MappingChoice) -> (Arc<InProcess>, Stubs) {
    let config = MemoryConfig { mapping, ..MemoryConfig::default() };
    let executor =
        InProcess::new(Target::SSE2, Host::default(), &config).unwrap();
    let executor = Arc::new(executor);
    let objects =
        ObjectLinkingLayer::new(executor.clone(), Arc::new(Phases::default()));
    let stubs = Stubs::new(objects, &*executor);
    (executor, stubs)
}

fn call(executor: &InProcess, at: ExecutorAddr, x: f64) -> f64 {
    // SAFETY: the tests make functions of one number.
    unsafe { executor.call(at, &[x]) }.unwrap()
}

/// What lies at an address of the executor's.
fn word(at: ExecutorAddr) -> u64 {
    let at = std::ptr::with_exposed_provenance::<u64>(at.as_u64() as usize);
    // SAFETY: the tests read memory of executors that they hold.
    unsafe { at.read_unaligned() }
}

/// Code at the end of the lease, where the linker puts nothing meanwhile.
fn body(executor: &InProcess) -> ExecutorAddr {
    let at = ExecutorAddr::new(executor.lease().code.end.as_u64() - 4096);
    let bytes = TWICE.to_vec();
    let segment = Segment { kind: SegmentKind::Code, at, bytes };
    let batch = Batch { segments: vec![segment], ..Batch::default() };
    executor.commit(&batch).unwrap();
    at
}

/// Gives every stub the same body, and remembers who has asked.
struct Always {
    body: ExecutorAddr,
    asked: Mutex<Vec<ExecutorAddr>>,
}

impl Reentry for Always {
    fn resolve(
        &self,
        stub: ExecutorAddr,
    ) -> Result<ExecutorAddr, Box<dyn Error + Send + Sync>> {
        self.asked.lock().unwrap().push(stub);
        Ok(self.body)
    }
}

#[test]
fn a_stub_is_nineteen_bytes_in_three_instructions() {
    let code = code();
    assert_eq!(code.len() as u32, PER_BLOCK * SPACING);
    let expected = [
        &[0xff, 0x25, 0, 0, 0, 0][..],
        &[0x4c, 0x8d, 0x15, 0xf3, 0xff, 0xff, 0xff],
        &[0xff, 0x25, 0, 0, 0, 0],
        &[0xcc; 13],
    ];
    assert_eq!(code[..32], expected.concat());
}

#[test]
fn a_block_links_alone() {
    let (executor, stubs) = machine(MappingChoice::Dual);
    let (graph, symbols) = block(stubs.resolver);
    assert_eq!(graph.externals().count(), 0);
    let mut linker = Linker::new(executor.lease());
    let mut placed = linker.place(graph).unwrap();
    linker.link(&mut placed, |_| None).unwrap();
    let [first, pointers] = symbols.map(|id| placed.address(id).unwrap());
    let last = u64::from(PER_BLOCK - 1);
    let word = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&placed.graph.bytes[at..at + size]);
        i64::from_le_bytes(bytes)
    };
    // The last stub's pointer, and the trampoline that this holds.
    let stub = first + 32 * last;
    let distance = word(32 * last as usize + 2, 4) as i32;
    let pointer = pointers + 8 * last;
    assert_eq!(i64::from(distance), pointer.distance(stub + 6));
    let data = (PER_BLOCK * SPACING) as usize;
    let held = word(data + 8 * last as usize, 8) as u64;
    assert_eq!(held, (stub + 6).as_u64());
}

#[test]
fn a_stub_asks_until_its_pointer_says_where_the_body_is() {
    for mapping in [MappingChoice::Dual, MappingChoice::Segmented] {
        let (executor, mut stubs) = machine(mapping);
        let body = body(&executor);
        let always = Arc::new(Always { body, asked: Mutex::default() });
        let handler: std::sync::Weak<Always> = Arc::downgrade(&always);
        executor.set_reentry(handler);
        let all: Vec<Stub> =
            (0..2 * PER_BLOCK).map(|_| stubs.allocate().unwrap()).collect();
        for (i, stub) in all.iter().enumerate() {
            let x = i as f64;
            assert_eq!(call(&executor, stub.address, x), 2.0 * x);
        }
        let addresses: Vec<ExecutorAddr> =
            all.iter().map(|stub| stub.address).collect();
        assert_eq!(*always.asked.lock().unwrap(), addresses);

        let ways = [body, all[5].trampoline()];
        for (questions, way) in ways.into_iter().enumerate() {
            always.asked.lock().unwrap().clear();
            let pointers = vec![(all[5].pointer, way.as_u64())];
            let batch = Batch { pointers, ..Batch::default() };
            executor.commit(&batch).unwrap();
            assert_eq!(call(&executor, all[5].address, 4.0), 8.0);
            assert_eq!(always.asked.lock().unwrap().len(), questions);
        }
    }
}

#[test]
fn a_block_goes_with_the_last_of_its_stubs() {
    let (_executor, mut stubs) = machine(MappingChoice::Dual);
    let used = |stubs: &Stubs| {
        stubs.objects.collect().unwrap();
        stubs.objects.memory_used(SegmentKind::Code)
    };
    for _ in 0..1000 {
        let mut all: Vec<Stub> =
            (0..PER_BLOCK).map(|_| stubs.allocate().unwrap()).collect();
        let last = all.pop().unwrap();
        all.into_iter().for_each(|stub| stubs.free(stub));
        assert_eq!(used(&stubs), 4096);
        stubs.free(last);
        assert_eq!(used(&stubs), 0);
    }
}

/// One stub keeps its block: 4 KiB of code. Worse it does not get, however
/// many others come and go.
#[test]
fn there_are_no_more_blocks_than_live_stubs_and_one() {
    let (_executor, mut stubs) = machine(MappingChoice::Dual);
    let block = |stubs: &mut Stubs| -> Vec<Stub> {
        (0..PER_BLOCK).map(|_| stubs.allocate().unwrap()).collect()
    };
    let mut kept = Vec::new();
    for _ in 0..20 {
        let mut all = block(&mut stubs);
        kept.push(all.pop().unwrap());
        all.into_iter().for_each(|stub| stubs.free(stub));
    }
    assert_eq!(stubs.blocks.len(), 20);
    for _ in 0..10_000 {
        let stub = stubs.allocate().unwrap();
        stubs.free(stub);
        assert!(stubs.blocks.len() <= 21);
    }
    stubs.objects.collect().unwrap();
    let used = stubs.objects.memory_used(SegmentKind::Code);
    assert_eq!(used, 4096 * stubs.blocks.len() as u64);
    kept.into_iter().for_each(|stub| stubs.free(stub));
    assert!(stubs.blocks.len() <= 1);
}

#[test]
#[cfg(debug_assertions)]
fn a_freed_block_is_poisoned() {
    let (_executor, mut stubs) = machine(MappingChoice::Dual);
    let all: Vec<Stub> =
        (0..PER_BLOCK).map(|_| stubs.allocate().unwrap()).collect();
    let words = |stub: Stub| [word(stub.address), word(stub.pointer)];
    let poison = [u64::from_le_bytes([0xcc; 8]); 2];
    assert_ne!(words(all[7]), poison);
    all.iter().for_each(|&stub| stubs.free(stub));
    stubs.objects.collect().unwrap();
    assert!(all.iter().all(|&stub| words(stub) == poison));
}

#[test]
fn no_stub_is_given_out_twice_while_its_block_exists() {
    let (_executor, mut stubs) = machine(MappingChoice::Dual);
    let kept = stubs.allocate().unwrap();
    let mut seen = vec![kept];
    for _ in 1..PER_BLOCK {
        let stub = stubs.allocate().unwrap();
        assert!(!seen.contains(&stub));
        seen.push(stub);
        stubs.free(stub);
    }
    assert_eq!(stubs.blocks.len(), 1);
    let next = stubs.allocate().unwrap();
    assert_ne!(next.block, kept.block);
}
