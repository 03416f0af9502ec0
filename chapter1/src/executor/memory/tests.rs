//! Every call on executor memory, in both mappings.

use std::ptr::with_exposed_provenance as pointer;

use super::*;

const BOTH: [MappingChoice; 2] =
    [MappingChoice::Dual, MappingChoice::Segmented];

fn small(mapping: MappingChoice) -> Memory {
    let config =
        MemoryConfig { code_size: 64 << 10, data_size: 8 << 10, mapping };
    Memory::new(&config).unwrap()
}

/// `mov eax, value; ret`
fn returns(value: u8) -> [u8; 6] {
    [0xB8, value, 0, 0, 0, 0xC3]
}

fn call(_memory: &Memory, at: ExecutorAddr) -> i32 {
    let code = pointer::<()>(at.as_u64() as usize);
    // SAFETY: the tests call only what they have sealed: `returns`, a
    // function of this type.
    let function = unsafe {
        std::mem::transmute::<*const (), extern "C" fn() -> i32>(code)
    };
    function()
}

fn byte(_memory: &Memory, at: ExecutorAddr) -> u8 {
    // SAFETY: the tests read only addresses of the memory they hold.
    unsafe { pointer::<u8>(at.as_u64() as usize).read_volatile() }
}

/// The first granule of the code.
fn first(memory: &Memory) -> Range<ExecutorAddr> {
    let start = memory.lease().code.start;
    start..start + memory.lease().code_granularity
}

#[test]
fn sealed_code_runs() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let code = first(&memory);
        memory.write(code.start, &returns(42)).unwrap();
        memory.seal(code.clone()).unwrap();
        assert_eq!(call(&memory, code.start), 42);
    }
}

#[test]
fn reused_memory_runs_the_new_code() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let code = first(&memory);
        for value in 0..100 {
            memory.write(code.start, &returns(value)).unwrap();
            memory.seal(code.clone()).unwrap();
            assert_eq!(call(&memory, code.start), i32::from(value));
            memory.release(code.clone()).unwrap();
            memory.synchronize().unwrap();
        }
    }
}

#[test]
// ANCHOR: a_neighbour_keeps_running
fn a_neighbour_keeps_running_while_code_comes_and_goes() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let code = first(&memory);
        let next = code.end..code.end + length(&code) as u64;
        memory.write(code.start, &returns(1)).unwrap();
        memory.write(next.start, &returns(2)).unwrap();
        memory.seal(code.start..next.end).unwrap();
        memory.release(next.clone()).unwrap();
        assert_eq!(call(&memory, code.start), 1);
        memory.synchronize().unwrap();
        memory.write(next.start, &returns(3)).unwrap();
        memory.seal(next.clone()).unwrap();
        assert_eq!(call(&memory, code.start), 1);
        assert_eq!(call(&memory, next.start), 3);
    }
}
// ANCHOR_END: a_neighbour_keeps_running

#[test]
fn two_memories_do_not_know_each_other() {
    for mapping in BOTH {
        let (mut a, mut b) = (small(mapping), small(mapping));
        let (in_a, in_b) = (first(&a), first(&b));
        a.write(in_a.start, &returns(1)).unwrap();
        b.write(in_b.start, &returns(2)).unwrap();
        a.seal(in_a.clone()).unwrap();
        b.seal(in_b.clone()).unwrap();
        assert!(a.release(in_b.clone()).is_err());
        assert_eq!(call(&a, in_a.start), 1);
        drop(a);
        assert_eq!(call(&b, in_b.start), 2);
    }
}

#[test]
fn code_and_data_are_within_a_displacement_of_each_other() {
    let memory = Memory::new(&MemoryConfig::default()).unwrap();
    let Lease { code, data, .. } = memory.lease();
    assert_eq!(length(code), 256 << 20);
    assert_eq!(length(data), 64 << 20);
    assert!(i32::try_from(data.end.distance(code.start)).is_ok());
    assert!(code.end <= data.start);
}

#[test]
fn the_last_bytes_of_code_and_data_can_be_written() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let Lease { code, data, .. } = memory.lease().clone();
        for end in [code.end, data.end] {
            let at = ExecutorAddr::new(end.as_u64() - 3);
            memory.write(at, &[1, 2, 3]).unwrap();
            assert_eq!([0, 1, 2].map(|i| byte(&memory, at + i)), [1, 2, 3]);
        }
    }
}

#[test]
fn writing_outside_the_lease_or_across_its_parts_is_refused() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let Lease { code, data, .. } = memory.lease().clone();
        let before = ExecutorAddr::new(code.start.as_u64() - 1);
        let across = ExecutorAddr::new(data.start.as_u64() - 1);
        let end = ExecutorAddr::new(data.end.as_u64() - 1);
        let last = ExecutorAddr::new(u64::MAX);
        for at in [before, across, end, data.end, last] {
            let error = memory.write(at, &[0; 2]).unwrap_err();
            assert!(matches!(error, MemoryError::Outside { .. }), "{error}");
        }
    }
}

#[test]
fn sealed_code_is_neither_written_nor_sealed_again() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let code = first(&memory);
        memory.seal(code.clone()).unwrap();
        let last = ExecutorAddr::new(code.end.as_u64() - 1);
        for error in [
            memory.write(last, &[0xC3]).unwrap_err(),
            memory.seal(code.clone()).unwrap_err(),
        ] {
            assert!(matches!(error, MemoryError::Sealed { .. }), "{error}");
        }
        memory.write(code.end, &[0xC3]).unwrap();
        memory.release(code.clone()).unwrap();
        memory.write(last, &[0xC3]).unwrap();
    }
}

#[test]
fn code_is_sealed_and_released_in_whole_granules() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let code = first(&memory);
        let part = code.start..code.start + 8;
        for error in [
            memory.seal(part.clone()).unwrap_err(),
            memory.release(part.clone()).unwrap_err(),
        ] {
            let MemoryError::Misaligned { at, align } = error else {
                panic!("{error}");
            };
            assert_eq!((at, align), (part.end, length(&code) as u64));
        }
    }
}

#[test]
fn data_is_never_sealed() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let data = memory.lease().data.clone();
        let error = memory.seal(data).unwrap_err();
        assert!(error.to_string().ends_with("is not in the executor's code"));
    }
}

#[test]
fn a_range_that_ends_before_it_starts_is_refused() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let Range { start, end } = first(&memory);
        assert!(memory.seal(end..start).is_err());
        assert!(memory.release(end..start).is_err());
    }
}

#[test]
fn nothing_can_be_written_sealed_and_released_anywhere_in_the_lease() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let Range { start, end } = first(&memory);
        memory.seal(start..end).unwrap();
        memory.write(start, &[]).unwrap();
        memory.seal(start..start).unwrap();
        memory.release(start..start).unwrap();
        memory.write(memory.lease().data.end, &[]).unwrap();
        assert!(memory.write(end, &[0]).is_ok());
        assert!(memory.write(start, &[0]).is_err());
    }
}

#[test]
fn pointers_are_stored_in_data_at_multiples_of_eight_only() {
    for mapping in BOTH {
        let memory = small(mapping);
        let Lease { code, data, .. } = memory.lease().clone();
        memory.store_pointer(data.start + 8, 0x1122).unwrap();
        assert_eq!(byte(&memory, data.start + 8), 0x22);
        assert_eq!(byte(&memory, data.start + 9), 0x11);
        for at in [code.start, data.end, ExecutorAddr::new(u64::MAX)] {
            let error = memory.store_pointer(at, 0).unwrap_err();
            assert!(matches!(error, MemoryError::Outside { .. }), "{error}");
        }
        let error = memory.store_pointer(data.start + 4, 0).unwrap_err();
        assert!(matches!(error, MemoryError::Misaligned { align: 8, .. }));
    }
}

#[test]
#[cfg(debug_assertions)]
fn freed_code_of_the_dual_mapping_traps() {
    let mut memory = small(MappingChoice::Dual);
    let code = first(&memory);
    memory.write(code.start, &returns(42)).unwrap();
    memory.seal(code.clone()).unwrap();
    memory.release(code.clone()).unwrap();
    assert_eq!(byte(&memory, code.start), POISON);
    assert_eq!(byte(&memory, code.start + 15), POISON);
    assert_eq!(byte(&memory, code.end), 0);
}

#[test]
#[cfg(debug_assertions)]
fn a_freed_pointer_points_nowhere() {
    for mapping in BOTH {
        let mut memory = small(mapping);
        let data = memory.lease().data.clone();
        for i in 0..3 {
            memory.store_pointer(data.start + 8 * i, 1).unwrap();
        }
        memory.release(data.start + 8..data.start + 16).unwrap();
        let bytes = [0, 8, 15, 16].map(|i| byte(&memory, data.start + i));
        assert_eq!(bytes, [1, POISON, POISON, 1]);
        memory.release(data.end..data.end).unwrap();
    }
}

#[test]
fn more_than_a_displacement_spans_is_refused() {
    for (code_size, data_size) in
        [(1 << 31, 1), (u64::MAX, u64::MAX), (1 << 30, 1 << 30)]
    {
        let mapping = MappingChoice::Auto;
        let config = MemoryConfig { code_size, data_size, mapping };
        let error = Memory::new(&config).err().expect("too large");
        assert!(matches!(error, MemoryError::TooLarge { .. }), "{error}");
    }
}
