//! Calls a function from machine code, once with the stack out of line and
//! once not, each time in a process of its own.

use std::arch::x86_64::{_mm_cvtsd_f64, _mm_set1_pd};
use std::error::Error;
use std::hint::black_box;
use std::mem::transmute;
use std::process::Command;

use dynasmrt::{DynasmApi, VecAssembler, dynasm, x64::X64Relocation};
use memmap2::MmapMut;

// ANCHOR: main
/// Puts two copies of a number side by side on its stack, and takes one.
extern "C" fn host(x: f64) -> f64 {
    // SAFETY: every x86-64 processor has the two instructions.
    unsafe { _mm_cvtsd_f64(black_box(_mm_set1_pd(x))) }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(how) = std::env::args().nth(1) else {
        return in_children(&["call", "push, call, pop"]);
    };
    let address = host as *const () as i64;
    let mut code = VecAssembler::<X64Relocation>::new(0);
    dynasm!(code; .arch x64; mov rax, QWORD address);
    match &*how {
        "call" => dynasm!(code; call rax),
        _ => dynasm!(code; push rax; call rax; pop rax),
    }
    dynasm!(code; ret);
    let code = code.finalize()?;

    let mut memory = MmapMut::map_anon(code.len())?;
    memory[..code.len()].copy_from_slice(&code);
    let memory = memory.make_exec()?;
    // SAFETY: a function of this type, but for what one of the two lacks,
    // which this process was started to die of.
    let function: extern "C" fn(f64) -> f64 =
        unsafe { transmute(memory.as_ptr()) };
    println!("it returned {}", function(1.5));
    Ok(())
}
// ANCHOR_END: main

/// Runs this program once for each of these ways to call, and tells how it
/// went.
fn in_children(ways: &[&str]) -> Result<(), Box<dyn Error>> {
    for how in ways {
        let me = std::env::current_exe()?;
        let output = Command::new(me).arg(how).output()?;
        match output.status.success() {
            true => print!("{how}: {}", String::from_utf8(output.stdout)?),
            false => println!("{how}: {}", output.status),
        }
    }
    Ok(())
}
