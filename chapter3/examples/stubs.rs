//! Two stubs as bytes, and what becomes of one of them when it gets a body.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor as _, ExecutorAddr, Host, InProcess};
use chapter1::link::{LinkGraph, Section};
use chapter1::orc::ObjectLinkingLayer;
use chapter3::stubs::{Stub, Stubs};
use iced_x86::{
    Decoder, DecoderOptions, Formatter, IntelFormatter, MemorySizeOptions,
};
use std::error::Error;
use std::sync::Arc;

/// `addsd xmm0, xmm0; ret`
const TWICE: [u8; 5] = [0xf2, 0x0f, 0x58, 0xc0, 0xc3];

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let config = MemoryConfig::default();
    let executor = InProcess::new(Target::SSE2, Host::default(), &config)?;
    let executor = Arc::new(executor);
    let objects = ObjectLinkingLayer::new(executor.clone(), Arc::default());
    let mut stubs = Stubs::new(objects.clone(), &*executor);
    let (first, second) = (stubs.allocate()?, stubs.allocate()?);
    show(&first);
    show(&second);

    let mut graph = LinkGraph::default();
    let block = graph.push_block(Section::Text, 16, &TWICE);
    let symbol = graph.define(None, block);
    let (_, bodies) = objects.publish_alone(graph, &[symbol])?;
    let body = bodies[0];
    println!("a body is at {body}");
    objects.store_pointers(vec![(second.pointer, body.as_u64())])?;
    show(&second);
    // SAFETY: it leads to a function of a number.
    let value = unsafe { executor.call(second.address, &[21.0]) }?;
    println!("the second stub, called with 21: {value}");
    Ok(())
}
// ANCHOR_END: main

/// A stub's instructions, and what its pointer holds.
fn show(stub: &Stub) {
    let start = stub.address.as_u64();
    let bytes: [u8; 19] = read(stub.address);
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_memory_size_options(MemorySizeOptions::Minimal);
    for it in Decoder::with_ip(64, &bytes, start, DecoderOptions::NONE) {
        let at = (it.ip() - start) as usize;
        let bytes = &bytes[at..at + it.len()];
        let hex: String = bytes.iter().map(|it| format!("{it:02x} ")).collect();
        let mut text = String::new();
        formatter.format(&it, &mut text);
        println!("{}  {hex:<22} {text}", ExecutorAddr::new(it.ip()));
    }
    let held = u64::from_le_bytes(read(stub.pointer));
    println!("{}  {}\n", stub.pointer, ExecutorAddr::new(held));
}

/// Bytes of this process.
fn read<const N: usize>(at: ExecutorAddr) -> [u8; N] {
    let at = std::ptr::with_exposed_provenance::<[u8; N]>(at.as_u64() as usize);
    // SAFETY: the stubs exist, and with them their pointers.
    unsafe { at.read() }
}
