//! Graphs built by hand, linked and run.

use super::*;
use crate::codegen::Target;
use crate::executor::memory::MemoryConfig;
use crate::executor::{Host, InProcess};
use crate::link::{Edge, EdgeKind, Section, SymbolId};
use crate::symbol::Symbol;

fn executor(config: &MemoryConfig) -> (InProcess, Linker) {
    let host = Host::default();
    let executor = InProcess::new(Target::SSE2, host, config).unwrap();
    let linker = Linker::new(executor.lease());
    (executor, linker)
}

/// A function without parameters that ends by calling or jumping to
/// `callee`: `e9` is a jump.
fn forwarder(name: &str, callee: &str) -> LinkGraph {
    let mut graph = LinkGraph::default();
    let block = graph.push_block(Section::Text, 16, &[0xe9, 0, 0, 0, 0]);
    graph.define(Some(Symbol::new(name)), block);
    let target = graph.declare(Symbol::new(callee));
    let kind = EdgeKind::Branch32;
    graph.edges.push(Edge { block, offset: 1, kind, target, addend: -4 });
    graph
}

/// `mov eax, [rip + the number]; ret`, and the number.
fn constant(name: &str, number: u32) -> LinkGraph {
    let mut graph = LinkGraph::default();
    let code = [0x8b, 0x05, 0, 0, 0, 0, 0xc3];
    let block = graph.push_block(Section::Text, 16, &code);
    let data = graph.push_block(Section::ReadOnly, 8, &number.to_le_bytes());
    graph.define(Some(Symbol::new(name)), block);
    let target = graph.define(None, data);
    let kind = EdgeKind::Relative32;
    graph.edges.push(Edge { block, offset: 2, kind, target, addend: -4 });
    graph
}

fn call(address: ExecutorAddr) -> u32 {
    // SAFETY: the tests below publish functions of this type, in memory that
    // outlives the call.
    let function: extern "C" fn() -> u32 =
        unsafe { std::mem::transmute(address.as_u64() as usize) };
    function()
}

extern "C" fn forty_two() -> u32 {
    42
}

#[test]
fn a_block_finds_another_block_of_its_graph() {
    let (executor, mut linker) = executor(&MemoryConfig::default());
    let mut placed = linker.place(constant("f", 7)).unwrap();
    let (_, f, _) = placed.definitions().next().unwrap();
    linker.link(&mut placed, |_| None).unwrap();
    linker.publish(placed, &executor).unwrap();
    assert_eq!(call(f), 7);
}

#[test]
fn graphs_call_each_other_once_all_are_placed() {
    let (executor, mut linker) = executor(&MemoryConfig::default());
    let mut f = linker.place(forwarder("f", "g")).unwrap();
    let mut g = linker.place(constant("g", 9)).unwrap();
    let start = f.definitions().next().unwrap().1;
    let target = g.definitions().next().unwrap().1;
    linker.link(&mut f, |_| Some(target)).unwrap();
    linker.link(&mut g, |_| None).unwrap();
    linker.publish(f, &executor).unwrap();
    linker.publish(g, &executor).unwrap();
    assert_eq!(call(start), 9);
}

#[test]
fn a_far_function_is_called_through_one_thunk() {
    let (executor, mut linker) = executor(&MemoryConfig::default());
    let far = ExecutorAddr::new(forty_two as *const () as u64);
    let before = linker.used(SegmentKind::Data);
    for _ in 0..3 {
        let graph = forwarder("f", "host");
        let mut placed = linker.place(graph).unwrap();
        let f = placed.definitions().next().unwrap().1;
        assert!(i32::try_from(far.distance(f)).is_err(), "not far");
        linker.link(&mut placed, |_| Some(far)).unwrap();
        linker.publish(placed, &executor).unwrap();
        assert_eq!(call(f), 42);
        assert_eq!(linker.used(SegmentKind::Data), before + 8);
    }
}

/// Two calls of one far function, one behind the other.
fn calling_twice(callee: &str) -> LinkGraph {
    let mut graph = LinkGraph::default();
    let code = [0xe8, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0];
    let block = graph.push_block(Section::Text, 16, &code);
    graph.define(Some(Symbol::new("f")), block);
    let target = graph.declare(Symbol::new(callee));
    for offset in [1, 6] {
        let kind = EdgeKind::Branch32;
        graph.edges.push(Edge { block, offset, kind, target, addend: -4 });
    }
    graph
}

#[test]
fn a_graph_makes_one_thunk_for_all_its_calls_and_asks_once() {
    let (_executor, mut linker) = executor(&MemoryConfig::default());
    let far = ExecutorAddr::new(forty_two as *const () as u64);
    let before = linker.used(SegmentKind::Data);
    let mut placed = linker.place(calling_twice("host")).unwrap();
    let mut asked = 0;
    let resolve = |_: &Symbol| {
        asked += 1;
        Some(far)
    };
    linker.link(&mut placed, resolve).unwrap();
    assert_eq!(asked, 1);
    assert_eq!(linker.used(SegmentKind::Data), before + 8);
    linker.discard(placed);
    assert_eq!(linker.used(SegmentKind::Data), before);
}

#[test]
fn a_graphs_own_symbols_come_first() {
    let (executor, mut linker) = executor(&MemoryConfig::default());
    let mut graph = constant("g", 3);
    let code = [0xe9, 0, 0, 0, 0];
    let block = graph.push_block(Section::Text, 16, &code);
    graph.define(Some(Symbol::new("f")), block);
    let named = graph.symbols.iter().find(|(_, symbol)| symbol.name.is_some());
    let (target, kind) = (named.unwrap().0, EdgeKind::Branch32);
    graph.edges.push(Edge { block, offset: 1, kind, target, addend: -4 });
    let mut placed = linker.place(graph).unwrap();
    let f = placed.definitions().last().unwrap().1;
    linker.link(&mut placed, |name| panic!("asked for {name}")).unwrap();
    linker.publish(placed, &executor).unwrap();
    assert_eq!(call(f), 3);
}

#[test]
fn a_thunk_that_was_made_twice_stays_with_its_graph() {
    let (executor, mut linker) = executor(&MemoryConfig::default());
    let far = ExecutorAddr::new(forty_two as *const () as u64);
    let before = linker.used(SegmentKind::Data);
    let make = |linker: &mut Linker| {
        let mut placed = linker.place(forwarder("f", "host")).unwrap();
        linker.link(&mut placed, |_| Some(far)).unwrap();
        placed
    };
    let (one, two) = (make(&mut linker), make(&mut linker));
    let start = two.definitions().next().unwrap().1;
    let one = linker.publish(one, &executor).unwrap();
    let two = linker.publish(two, &executor).unwrap();
    assert_eq!(linker.used(SegmentKind::Data), before + 16);
    linker.free(one);
    linker.collect(&executor).unwrap();
    assert_eq!(call(start), 42);
    linker.free(two);
    linker.collect(&executor).unwrap();
    // The first one is everybody's.
    assert_eq!(linker.used(SegmentKind::Data), before + 8);
}

#[test]
fn what_the_executor_refuses_occupies_nothing() {
    let (_own, mut linker) = executor(&MemoryConfig::default());
    // It has other addresses.
    let (stranger, _) = executor(&MemoryConfig::default());
    let before = linker.used(SegmentKind::Code);
    let mut placed = linker.place(constant("f", 1)).unwrap();
    linker.link(&mut placed, |_| None).unwrap();
    linker.publish(placed, &stranger).unwrap_err();
    assert_eq!(linker.used(SegmentKind::Code), before);
}

#[test]
fn an_absolute_edge_is_an_address() {
    let (executor, mut linker) = executor(&MemoryConfig::default());
    let mut graph = constant("f", 5);
    // `mov rax, address; jmp rax`
    let code = [0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0];
    let block = graph.push_block(Section::Text, 16, &code);
    graph.define(Some(Symbol::new("g")), block);
    let target = SymbolId::from_u32(0);
    let kind = EdgeKind::Absolute64;
    graph.edges.push(Edge { block, offset: 2, kind, target, addend: 0 });
    let mut placed = linker.place(graph).unwrap();
    let g = placed.definitions().last().unwrap().1;
    linker.link(&mut placed, |_| None).unwrap();
    linker.publish(placed, &executor).unwrap();
    assert_eq!(call(g), 5);
}

#[test]
fn an_undefined_symbol_is_an_error_that_names_it() {
    let (_executor, mut linker) = executor(&MemoryConfig::default());
    let mut f = linker.place(forwarder("f", "g")).unwrap();
    let error = linker.link(&mut f, |_| None).unwrap_err();
    assert_eq!(error.to_string(), "`g` is not defined");
    linker.discard(f);
}

#[test]
fn data_out_of_reach_is_an_error_that_names_it() {
    let (_executor, mut linker) = executor(&MemoryConfig::default());
    let mut graph = constant("f", 0);
    let far = graph.declare(Symbol::new("far"));
    graph.edges[0].target = far;
    let mut f = linker.place(graph).unwrap();
    let address = ExecutorAddr::new(0x1000);
    let error = linker.link(&mut f, |_| Some(address)).unwrap_err().to_string();
    assert!(error.starts_with("`far` at 0x1000 is out of reach"), "{error}");
}

#[test]
fn freed_memory_is_used_again() {
    let (executor, mut linker) = executor(&MemoryConfig::default());
    let mut highest = 0;
    for round in 0..10_000 {
        let mut placed = linker.place(constant("f", round)).unwrap();
        let f = placed.definitions().next().unwrap().1;
        linker.link(&mut placed, |_| None).unwrap();
        let published = linker.publish(placed, &executor).unwrap();
        assert_eq!(call(f), round);
        linker.free(published);
        highest = highest.max(linker.used(SegmentKind::Code));
    }
    assert!(highest <= 32 * 65, "{highest} bytes in use");
}

#[test]
fn full_memory_is_an_error_and_room_that_was_freed_is_found() {
    let config = MemoryConfig { code_size: 4096, ..Default::default() };
    let (executor, mut linker) = executor(&config);
    let mut all = Vec::new();
    let no_room = loop {
        match linker.place(constant("f", 1)) {
            Ok(placed) => all.push(linker.publish(placed, &executor).unwrap()),
            Err(error) => break error,
        }
    };
    assert_eq!(no_room.full.kind, SegmentKind::Code);
    linker.free(all.pop().unwrap());
    let no_room = linker.place(*no_room.graph).unwrap_err();
    linker.collect(&executor).unwrap();
    linker.place(*no_room.graph).unwrap();
}
