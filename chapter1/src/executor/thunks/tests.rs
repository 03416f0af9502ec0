//! What goes through a thunk arrives, on the native stack.

use super::*;
use crate::codegen::Target;
use crate::executor::HostClosure;
use crate::executor::memory::MappingChoice;
use crate::executor::{
    Batch, Executor, ExecutorError, Host, InProcess, MAX_PARAMETERS, Segment,
    SegmentKind,
};
use std::arch::naked_asm;

const BOTH: [MappingChoice; 2] =
    [MappingChoice::Dual, MappingChoice::Segmented];

/// A host of which `function` is the function of that name.
fn with(function: Callee, mapping: MappingChoice) -> InProcess {
    let mut host = Host::default();
    host.insert("function", function);
    let config =
        MemoryConfig { code_size: 1 << 20, data_size: 1 << 16, mapping };
    InProcess::new(Target::SSE2, host, &config).unwrap()
}

fn c(function: *const (), params: Option<usize>) -> Callee {
    let address = function.expose_provenance() as u64;
    let address = ExecutorAddr::new(address);
    Callee::C { address, params, is_pure: false }
}

/// Calls `function` from code that leaves numbers on the stack: each as many
/// as there is room for, counted from 9 on.
fn call(
    executor: &InProcess,
    args: &[f64],
    stacked: usize,
) -> Result<f64, ExecutorError> {
    let thunk = executor.host_symbol("function").unwrap().address;
    let thunk = thunk.as_u64() as i64;
    let mut code = VecAssembler::<X64Relocation>::new(0);
    dynasm!(code
        ; .arch x64
        ; push rbp
        ; mov rbp, rsp
        ; sub rsp, (8 * stacked).next_multiple_of(16) as i32
    );
    for i in 0..stacked {
        dynasm!(code
            ; mov rax, QWORD (i as f64 + 9.0).to_bits() as i64
            ; mov [rsp + 8 * i as i32], rax
        );
    }
    dynasm!(code; mov rax, QWORD thunk; call rax; leave; ret);
    let at = executor.lease().code.start;
    let bytes = code.finalize().unwrap();
    let segment = Segment { kind: SegmentKind::Code, at, bytes };
    let batch = Batch { segments: vec![segment], ..Batch::default() };
    executor.commit(&batch)?;
    // SAFETY: this is such a function.
    unsafe { executor.call(at, args) }
}

/// Faults where `rsp` is not a multiple of 16 before the call, and else
/// returns its first argument.
#[unsafe(naked)]
extern "C" fn aligned(_: f64) -> f64 {
    naked_asm!("movaps xmm1, [rsp - 24]", "movaps xmm1, [rsp + 8]", "ret")
}

#[test]
fn the_stack_of_a_c_function_is_aligned() {
    for params in [Some(1), None] {
        let function = c(aligned as *const (), params);
        let executor = with(function, MappingChoice::Dual);
        assert_eq!(call(&executor, &[4.0], 0).unwrap(), 4.0);
    }
}

#[test]
fn the_stack_of_a_rust_function_is_aligned() {
    #[repr(align(64))]
    struct Aligned([f64; 8]);
    let mut host = Host::default();
    host.register("function", |x: f64| {
        let values = std::hint::black_box(Aligned([aligned(x); 8]));
        let is_aligned = std::ptr::from_ref(&values).addr().is_multiple_of(64);
        if is_aligned { Ok(values.0[3]) } else { Err("it is not") }
    });
    let config = MemoryConfig::default();
    let executor = InProcess::new(Target::SSE2, host, &config).unwrap();
    assert_eq!(call(&executor, &[4.0], 0).unwrap(), 4.0);
}

/// Eight in registers, and the most that there can be on the stack: a sum in
/// which each has a weight of its own.
#[unsafe(naked)]
extern "C" fn weighted() -> f64 {
    naked_asm!(
        "mov eax, 1",
        "xorps xmm8, xmm8",
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7",
        "cvtsi2sd xmm9, eax",
        r"mulsd xmm9, xmm\number",
        "addsd xmm8, xmm9",
        "inc eax",
        ".endr",
        "2: cvtsi2sd xmm9, eax",
        "mulsd xmm9, [rsp + 8 * rax - 64]",
        "addsd xmm8, xmm9",
        "inc eax",
        "cmp eax, {most}",
        "jbe 2b",
        "movaps xmm0, xmm8",
        "ret",
        most = const MAX_PARAMETERS,
    )
}

#[test]
fn all_arguments_arrive_at_a_function_of_unknown_parameters() {
    for mapping in BOTH {
        let executor = with(c(weighted as *const (), None), mapping);
        let args = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let result = call(&executor, &args, MAX_PARAMETERS - 8).unwrap();
        let squares = (1..=MAX_PARAMETERS).map(|i| (i * i) as f64);
        assert_eq!(result, squares.sum::<f64>());
    }
}

#[test]
fn rust_functions_take_up_to_eight_arguments_in_order() {
    for mapping in BOTH {
        let mut host = Host::default();
        host.register("none", || Ok::<_, String>(7.0));
        host.register("one", |a: f64| Ok::<_, String>(a.abs()));
        host.register("two", |a, b| Ok::<_, String>(a - b));
        host.register("eight", |a, b, c, d, e, f, g, h| {
            let args = [a, b, c, d, e, f, g, h];
            Ok::<_, String>(args.iter().fold(0.0, |sum, x| sum * 10.0 + x))
        });
        assert_eq!(host.params("none"), Some(0));
        assert_eq!(host.params("eight"), Some(8));
        let config =
            MemoryConfig { mapping, code_size: 1 << 20, data_size: 1 << 16 };
        let executor = InProcess::new(Target::SSE2, host, &config).unwrap();
        let at = |name| executor.host_symbol(name).unwrap().address;
        let args = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        for (name, expected) in
            [("none", 7.0), ("one", 1.0), ("two", -1.0), ("eight", 12345678.0)]
        {
            // SAFETY: a thunk is called like the function itself.
            let result = unsafe { executor.call(at(name), &args) };
            assert_eq!(result.unwrap(), expected, "{name}");
        }
    }
}

#[test]
fn functions_are_registered_while_others_run() {
    for mapping in BOTH {
        let executor = with(c(aligned as *const (), Some(1)), mapping);
        for i in 0..100 {
            let name = format!("function{i}");
            let closure = HostClosure::new(1, move |x| Ok(x[0] + f64::from(i)));
            executor.register(&name, closure).unwrap();
            for j in [0, i] {
                let name = format!("function{j}");
                let thunk = executor.host_symbol(&name).unwrap();
                assert_eq!(thunk.params, Some(1));
                // SAFETY: a thunk is called like the function itself.
                let sum = unsafe { executor.call(thunk.address, &[0.5]) };
                assert_eq!(sum.unwrap(), f64::from(j) + 0.5);
            }
        }
    }
}

#[test]
fn the_library_yields_what_it_yields() {
    let executor = with(c(aligned as *const (), Some(1)), BOTH[0]);
    let at = executor.host_symbol("pow").unwrap().address;
    // SAFETY: a thunk is called like the function itself.
    let result = unsafe { executor.call(at, &[2.0, 0.5]) };
    assert_eq!(result.unwrap().to_bits(), 2.0_f64.powf(0.5).to_bits());
}
