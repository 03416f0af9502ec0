//! Stubs of 16 bytes. Who calls says where from.

use super::{Block, edge};
use chapter1::executor::ExecutorAddr;
use chapter1::link::{EdgeKind, LinkGraph, Section};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, x64::X64Relocation};

const SPACING: u32 = 16;

/// Where in a stub the distance to its pointer is, where its trampoline
/// begins, and where that ends.
const POINTER_FIELD: u32 = 2;
const TRAMPOLINE: u32 = 6;
const END: i32 = 11;

/// So many stubs, which lead to their trampolines.
pub(super) fn block(resolver: ExecutorAddr, count: u32) -> Block {
    let mut graph = LinkGraph::default();
    let mut words = vec![0; 8 * count as usize];
    words.extend(resolver.as_u64().to_le_bytes());
    let text = graph.push_block(Section::Text, SPACING, &code(count));
    let data = graph.push_block(Section::Data, 8, &words);
    let [stubs, pointers] = [text, data].map(|it| graph.define(None, it));
    let (distance, address) = (EdgeKind::Relative32, EdgeKind::Absolute64);
    for i in 0..count {
        let field = i * SPACING + POINTER_FIELD;
        graph.edges.push(edge(text, field, distance, pointers, i * 8));
    }
    // The field for the resolver's address is at the end.
    let field = graph.content(text).len() as u32 - 4;
    graph.edges.push(edge(text, field, distance, pointers, count * 8));
    for i in 0..count {
        let trampoline = i * SPACING + TRAMPOLINE;
        graph.edges.push(edge(data, i * 8, address, stubs, trampoline));
    }
    Block { graph, stubs, pointers }
}

// ANCHOR: code
fn code(count: u32) -> Vec<u8> {
    let mut code = VecAssembler::<X64Relocation>::new(0);
    for _ in 0..count {
        dynasm!(code
            ; .arch x64
            ; jmp QWORD [rip + 0]
            ; call ->ask
            ; .align SPACING as usize, 0xcc
        );
    }
    dynasm!(code
        ; .arch x64
        ; ->ask:
        ; pop r10
        ; lea r10, [r10 - END]
        ; jmp QWORD [rip + 0]
    );
    code.finalize().expect("the label is there")
}
// ANCHOR_END: code
