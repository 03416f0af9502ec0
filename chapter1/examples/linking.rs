//! Links two functions, made by hand, that need each other.

use chapter1::codegen::Target;
use chapter1::executor::memory::MemoryConfig;
use chapter1::executor::{Executor, ExecutorAddr, Host, InProcess};
use chapter1::link::{Edge, EdgeKind, LinkGraph, Linker, Placed, Section};
use chapter1::symbol::Symbol;
use std::collections::HashMap;
use std::error::Error;
use std::mem::transmute;
use std::ptr;

// ANCHOR: graph
fn graph(name: &str, at_zero: u8, other: &str) -> LinkGraph {
    let code = [
        0x85, 0xff, //             test edi, edi
        0x74, 0x07, //             je zero
        0xff, 0xcf, //             dec edi
        0xe9, 0, 0, 0, 0, //       jmp other
        0xb8, at_zero, 0, 0, 0,    // zero: mov eax, at_zero
        0xc3, //                   ret
    ];
    let mut graph = LinkGraph::default();
    let block = graph.push_block(Section::Text, 16, &code);
    graph.define(Some(Symbol::new(name)), block);
    let target = graph.declare(Symbol::new(other));
    let (kind, addend) = (EdgeKind::Branch32, -4);
    graph.edges.push(Edge { block, offset: 7, kind, target, addend });
    graph
}
// ANCHOR_END: graph

// ANCHOR: main
fn main() -> Result<(), Box<dyn Error>> {
    let executor = executor()?;
    let mut linker = Linker::new(executor.lease());
    let mut even = linker.place(graph("even", 1, "odd"))?;
    let mut odd = linker.place(graph("odd", 0, "even"))?;
    let addresses: HashMap<Symbol, ExecutorAddr> =
        [&even, &odd].into_iter().map(start).collect();
    for placed in [&mut even, &mut odd] {
        show(placed);
        linker.link(placed, |name| addresses.get(name).copied())?;
        show(placed);
    }
    linker.publish(even, &executor)?;
    linker.publish(odd, &executor)?;
    println!("even(10) is {}", call(addresses[&Symbol::new("even")], 10));
    Ok(())
}
// ANCHOR_END: main

fn executor() -> Result<InProcess, Box<dyn Error>> {
    let memory = MemoryConfig::default();
    Ok(InProcess::new(Target::host(), Host::default(), &memory)?)
}

/// The function of a graph, and where it begins.
fn start(placed: &Placed) -> (Symbol, ExecutorAddr) {
    let mut definitions = placed.definitions();
    let (name, at, _) = definitions.next().expect("there is one");
    (name.clone(), at)
}

/// Prints the bytes that a graph has so far.
fn show(placed: &Placed) {
    let (name, at) = start(placed);
    let bytes = placed.graph.bytes.iter();
    let bytes: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    println!("{:4} at {at}: {}", name.as_str(), bytes.join(" "));
}

fn call(function: ExecutorAddr, number: u32) -> u32 {
    let code = ptr::with_exposed_provenance::<()>(function.as_u64() as usize);
    // SAFETY: a function of this type was published there.
    let function: extern "C" fn(u32) -> u32 = unsafe { transmute(code) };
    function(number)
}
