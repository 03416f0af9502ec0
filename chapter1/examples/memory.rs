//! Writes a function into executor memory, seals it and calls it, and shows
//! what the kernel knows of that memory.

use std::error::Error;
use std::mem::transmute;
use std::{fs, ptr};

use chapter1::executor::memory::{Memory, MemoryConfig};

/// `mov eax, 42; ret`
const CODE: [u8; 6] = [0xB8, 42, 0, 0, 0, 0xC3];

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let mut memory = Memory::new(&MemoryConfig::default())?;
    let start = memory.lease().code.start;
    let end = start + memory.lease().code_granularity;

    memory.write(start, &CODE)?;
    memory.seal(start..end)?;
    let code = ptr::with_exposed_provenance::<()>(start.as_u64() as usize);
    // SAFETY: a function of this type is sealed there, and `memory` lives.
    let function: extern "C" fn() -> i32 = unsafe { transmute(code) };
    println!("the function at {start} returned {}", function());

    if let Err(error) = memory.write(start, &CODE) {
        println!("error: {error}");
    }
    print_mappings()
}
// ANCHOR_END: main

/// Prints what the kernel says of the mappings of JIT'd code: where each
/// starts, what it permits, and which part of the file it shows.
fn print_mappings() -> Result<(), Box<dyn Error>> {
    let mappings = fs::read_to_string("/proc/self/maps")?;
    let mappings = mappings.lines().filter(|line| line.contains("jit-code"));
    let mut rows: Vec<String> = mappings
        .map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let start = columns[0].split('-').next().unwrap_or_default();
            format!(
                "{} from {} of the file, at 0x{start}",
                columns[1], columns[2]
            )
        })
        .collect();
    rows.sort();
    println!("{}", rows.join("\n"));
    Ok(())
}
