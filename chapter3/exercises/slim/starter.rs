//! Stubs of 32 bytes.

use super::{Block, edge};
use chapter1::executor::ExecutorAddr;
use chapter1::link::{EdgeKind, LinkGraph, Section};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, VecAssembler, x64::X64Relocation};

const SPACING: u32 = 32;

/// Where in a stub the distance to its pointer is, where its trampoline
/// begins, and where the distance to the resolver's address is.
const POINTER_FIELD: u32 = 2;
const TRAMPOLINE: u32 = 6;
const RESOLVER_FIELD: u32 = 15;

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
        let field = i * SPACING + RESOLVER_FIELD;
        graph.edges.push(edge(text, field, distance, pointers, count * 8));
    }
    for i in 0..count {
        let trampoline = i * SPACING + TRAMPOLINE;
        graph.edges.push(edge(data, i * 8, address, stubs, trampoline));
    }
    Block { graph, stubs, pointers }
}

fn code(count: u32) -> Vec<u8> {
    let mut code = VecAssembler::<X64Relocation>::new(0);
    for _ in 0..count {
        dynasm!(code
            ; .arch x64
            ; jmp QWORD [rip + 0]
            ; lea r10, [rip - 13]
            ; jmp QWORD [rip + 0]
            ; .align SPACING as usize, 0xcc
        );
    }
    code.finalize().expect("no labels")
}
