//! What the kernel says of executor memory: protections, flags, residence.
//! The tests read about this whole process, so they run one at a time.

use std::ops::Range;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, thread};

use chapter1::codegen::Target;
use chapter1::driver::Driver;
use chapter1::executor::memory::{MappingChoice, MemoryError};
use chapter1::executor::memory::{Memory, MemoryConfig};
use chapter1::executor::{ExecutorAddr, Host, InProcess, SegmentKind};
use chapter1::ir::{Module, parse_module};
use chapter1::jit::KaleidoscopeJit;
use chapter1::link::{AddressSpace, Allocation};
use chapter1::symbol::Symbol;
use memmap2::MmapOptions;

const BOTH: [MappingChoice; 2] =
    [MappingChoice::Dual, MappingChoice::Segmented];

/// `mov eax, 42; ret`
const CODE: [u8; 6] = [0xB8, 42, 0, 0, 0, 0xC3];

fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn memory(mapping: MappingChoice) -> (Memory, AddressSpace) {
    let config = MemoryConfig { mapping, ..MemoryConfig::default() };
    let memory = Memory::new(&config).unwrap();
    let space = AddressSpace::new(memory.lease());
    (memory, space)
}

/// Writes and seals `CODE`, and gives it a pointer in the data range.
fn publish(
    memory: &mut Memory,
    space: &mut AddressSpace,
) -> Result<[Allocation; 2], MemoryError> {
    let code = space.allocate(SegmentKind::Code, 6, 16).unwrap();
    let data = space.allocate(SegmentKind::Data, 8, 8).unwrap();
    memory.write(code.range().start, &CODE)?;
    memory.seal(code.range())?;
    let at = code.range().start.as_u64();
    memory.store_pointer(data.range().start, at)?;
    Ok([code, data])
}

/// Frees what is retired, of which the client has addresses again.
fn collect(
    memory: &mut Memory,
    space: &mut AddressSpace,
    retired: &mut Vec<Range<ExecutorAddr>>,
) -> Result<(), MemoryError> {
    for range in &*retired {
        memory.release(range.clone())?;
    }
    memory.synchronize()?;
    retired.drain(..).for_each(|range| space.reclaim(&range));
    Ok(())
}

/// The mappings of this process that are writable and executable.
fn writable_and_executable() -> Vec<String> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let both = |line: &&str| {
        let protection = line.split(' ').nth(1).unwrap();
        protection.contains('w') && protection.contains('x')
    };
    maps.lines().filter(both).map(str::to_owned).collect()
}

fn never_writable_and_executable(mapping: MappingChoice) {
    let mut looks = 0;
    thread::scope(|scope| {
        let work = scope.spawn(|| publish_and_free(mapping, 1000));
        while !work.is_finished() {
            assert_eq!(writable_and_executable(), [""; 0]);
            looks += 1;
        }
    });
    assert!(looks > 10);
}

fn publish_and_free(mapping: MappingChoice, rounds: usize) {
    let (mut memory, mut space) = memory(mapping);
    let mut retired = Vec::new();
    for round in 0..rounds {
        let parts = publish(&mut memory, &mut space).unwrap();
        assert_eq!(writable_and_executable(), [""; 0]);
        retired.extend(parts.map(|part| space.retire(part)));
        if round % 10 == 9 {
            collect(&mut memory, &mut space, &mut retired).unwrap();
        }
    }
}

#[test]
fn no_dual_mapping_is_ever_writable_and_executable() {
    let _alone = alone();
    never_writable_and_executable(MappingChoice::Dual);
}

#[test]
fn no_segment_is_ever_writable_and_executable() {
    let _alone = alone();
    never_writable_and_executable(MappingChoice::Segmented);
}

fn number(name: &str, value: usize) -> Module {
    let text = format!(
        "function @{name}() -> f64 {{
            fn0 = function @fabs(f64) -> f64
        block0:
            v0 = const {value}
            v1 = call fn0(v0)
            return v1
        }}"
    );
    parse_module(&text).unwrap()
}

fn jit(mapping: MappingChoice) -> KaleidoscopeJit {
    let config = MemoryConfig { mapping, ..MemoryConfig::default() };
    let executor = InProcess::new(Target::host(), Host::default(), &config);
    KaleidoscopeJit::new(Arc::new(executor.unwrap()))
}

/// Defines and compiles 200 functions, and evaluates 1 000 expressions.
fn define_and_evaluate(mapping: MappingChoice) {
    let jit = jit(mapping);
    for round in 0..1_000 {
        let value = jit.evaluate(number("__anon_expr", round)).unwrap();
        assert_eq!(value, round as f64);
        if round % 5 == 0 {
            let name = format!("f{round}");
            jit.define_ir(number(&name, round)).unwrap();
            jit.lookup(&Symbol::new(&name)).unwrap();
        }
        assert_eq!(writable_and_executable(), [""; 0]);
    }
}

#[test]
fn nor_is_any_while_a_jit_works() {
    let _alone = alone();
    for mapping in BOTH {
        let mut looks = 0;
        thread::scope(|scope| {
            let work = scope.spawn(|| define_and_evaluate(mapping));
            while !work.is_finished() {
                assert_eq!(writable_and_executable(), [""; 0]);
                looks += 1;
            }
        });
        assert!(looks > 10, "{mapping:?}: {looks} looks");
    }
}

/// Otherwise the three tests before this one would prove nothing.
#[test]
fn a_writable_and_executable_mapping_would_be_seen() {
    use rustix::mm::{MprotectFlags, mprotect};
    let _alone = alone();
    let page = MmapOptions::new().len(4096).map_anon().unwrap();
    let page = memmap2::MmapRaw::from(page);
    let all = MprotectFlags::READ | MprotectFlags::WRITE | MprotectFlags::EXEC;
    // SAFETY: the page is this test's own, and holds nothing.
    unsafe { mprotect(page.as_mut_ptr().cast(), page.len(), all) }.unwrap();
    assert_eq!(writable_and_executable().len(), 1);
}

/// Bytes resident, counted exactly, unlike those of `status` and `statm`.
fn resident() -> u64 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Rss:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

fn residence_is_flat(mapping: MappingChoice) {
    let (mut memory, mut space) = memory(mapping);
    let mut retired = Vec::new();
    let mut rounds = |count: usize| {
        for round in 0..count {
            for part in publish(&mut memory, &mut space).unwrap() {
                retired.push(space.retire(part));
            }
            if round % 100 == 99 {
                collect(&mut memory, &mut space, &mut retired).unwrap();
            }
        }
    };
    rounds(1000);
    let before = resident();
    rounds(100_000);
    let growth = resident().saturating_sub(before);
    // 16 bytes of code (a page of it, in segments) and 8 of data each round:
    // were nothing reused, at least 2 MiB.
    assert!(growth < 256 << 10, "grown by {growth} bytes");
    assert_eq!(space.used(SegmentKind::Code), 0);
    assert_eq!(space.used(SegmentKind::Data), 0);
}

#[test]
fn the_resident_size_of_the_dual_mapping_is_flat() {
    let _alone = alone();
    residence_is_flat(MappingChoice::Dual);
}

#[test]
fn the_resident_size_of_segments_is_flat() {
    let _alone = alone();
    residence_is_flat(MappingChoice::Segmented);
}

#[test]
fn the_resident_size_of_a_jit_that_evaluates_is_flat() {
    let _alone = alone();
    for (mapping, rounds) in BOTH.into_iter().zip([100_000, 10_000]) {
        let jit = jit(mapping);
        let module = number("__anon_expr", 7);
        let evaluate = |rounds: usize| {
            for _ in 0..rounds {
                jit.evaluate(module.clone()).unwrap();
            }
            jit.objects.memory_used(SegmentKind::Code)
        };
        let used = evaluate(rounds / 10);
        let before = resident();
        assert!(evaluate(rounds).abs_diff(used) <= 64 * 4096);
        let growth = resident().saturating_sub(before);
        // Were nothing reused, 48 bytes or a page each: 4 MiB at least.
        assert!(growth < 256 << 10, "{mapping:?}: grown by {growth} bytes");
    }
}

#[test]
fn a_dual_mapping_counts_twice_in_the_resident_size() {
    let _alone = alone();
    const PAGES: u64 = 2048;
    const PAGE: u64 = 4096;
    let (mut memory, _) = memory(MappingChoice::Dual);
    let start = memory.lease().code.start;
    let before = resident();
    for page in 0..PAGES {
        memory.write(start + page * PAGE, &CODE).unwrap();
    }
    let written = resident();
    for page in 0..PAGES {
        let at = (start + page * PAGE).as_u64() as usize;
        let at = std::ptr::with_exposed_provenance::<u8>(at);
        // SAFETY: `at` is in the code range of `memory`.
        assert_eq!(unsafe { at.read_volatile() }, CODE[0]);
    }
    let (size, slack) = (PAGES * PAGE, 1 << 20);
    assert!((written - before).abs_diff(size) < slack);
    assert!((resident() - before).abs_diff(2 * size) < slack);
}

/// The `VmFlags` of the mappings in `range`, and of the anonymous files.
fn flags(range: &Range<ExecutorAddr>) -> Vec<String> {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let (mut found, mut ours) = (Vec::new(), false);
    for line in smaps.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags: ") {
            found.extend(ours.then(|| flags.to_owned()));
        } else if let Some(start) = mapping_start(line) {
            ours = range.contains(&start) || line.contains("/memfd:jit-code");
        }
    }
    found
}

fn is_dont_fork(flags: &str) -> bool {
    flags.split(' ').any(|flag| flag == "dc")
}

/// `Some` if the line opens the description of a mapping.
fn mapping_start(line: &str) -> Option<ExecutorAddr> {
    let start = line.split_once('-')?.0;
    u64::from_str_radix(start, 16).ok().map(ExecutorAddr::new)
}

#[test]
fn a_forked_child_has_none_of_it() {
    let _alone = alone();
    // Dual: code, data, the alias. Segmented: code that is sealed, and the
    // rest, which is one mapping with the data.
    for (mapping, mappings) in BOTH.into_iter().zip([3, 2]) {
        let (mut memory, mut space) = memory(mapping);
        let _parts = publish(&mut memory, &mut space).unwrap();
        let lease = memory.lease();
        let flags = flags(&(lease.code.start..lease.data.end));
        assert_eq!(flags.len(), mappings, "{mapping:?}: {flags:?}");
        assert!(flags.iter().all(|flags| is_dont_fork(flags)), "{flags:?}");
    }
}

#[test]
fn dropping_it_unmaps_all_of_it() {
    let _alone = alone();
    for mapping in BOTH {
        let (mut memory, mut space) = memory(mapping);
        let _parts = publish(&mut memory, &mut space).unwrap();
        let lease = memory.lease();
        let range = lease.code.start..lease.data.end;
        drop(memory);
        // Nothing but ours has the flag, whoever lives there now.
        assert!(!flags(&range).iter().any(|flags| is_dont_fork(flags)));
    }
}

const LIMITED: &str = "CHAPTER1_TEST_FILE_SIZE_IS_LIMITED";

/// This test runs itself again where files may have 1 KiB at most.
#[test]
fn where_the_kernel_refuses_the_file_code_runs_in_segments() {
    let _alone = alone();
    if std::env::var_os(LIMITED).is_some() {
        let dual = MemoryConfig {
            mapping: MappingChoice::Dual,
            ..MemoryConfig::default()
        };
        let error = Memory::new(&dual).err().expect("refused");
        assert!(error.to_string().contains("executable file"), "{error}");
        let (mut memory, mut space) = memory(MappingChoice::Auto);
        assert_eq!(memory.lease().code_granularity, 4096);
        let _parts = publish(&mut memory, &mut space).unwrap();
        return;
    }
    let name = "where_the_kernel_refuses_the_file_code_runs_in_segments";
    let limited = "ulimit -f 1; exec \"$0\" --exact \"$1\"";
    let child = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(LIMITED, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{}: {output}", child.status);
    assert!(output.contains("1 passed"), "{output}");
}
