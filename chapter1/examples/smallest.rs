//! The smallest JIT: turns a power, known only now, into machine code.

use std::error::Error;
use std::mem::transmute;
use std::num::NonZeroU32;

use dynasmrt::{VecAssembler, dynasm, x64::X64Relocation};
use memmap2::MmapMut;

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let power = std::env::args().nth(1).ok_or("which power?")?;
    let factors = power.parse::<NonZeroU32>()?.get();

    let mut code = VecAssembler::<X64Relocation>::new(0);
    dynasm!(code; .arch x64; movapd xmm1, xmm0);
    for _ in 1..factors {
        dynasm!(code; mulsd xmm0, xmm1);
    }
    dynasm!(code; ret);
    let code = code.finalize()?;
    println!("{code:02x?}");

    let mut memory = MmapMut::map_anon(code.len())?;
    memory[..code.len()].copy_from_slice(&code);
    let memory = memory.make_exec()?;
    // SAFETY: the memory holds a function of this type, and outlives it.
    let function: extern "C" fn(f64) -> f64 =
        unsafe { transmute(memory.as_ptr()) };
    println!("1.5 to the power of {power} is {}", function(1.5));
    Ok(())
}
// ANCHOR_END: main
