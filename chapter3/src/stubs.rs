//! Stubs: the permanent addresses of functions whose bodies come and go.
//!
//! ```text
//! stub:        jmp [pointer]          first to the trampoline, then to the body
//! trampoline:  lea r10, [stub]        whose body is wanted
//!              jmp [resolver]         asks for it, and goes on there
//! ```
//! They are made in blocks: the code of all stubs of a block lies together,
//! and so do their pointers, on pages of data. A block goes when all of its
//! stubs have been given out and have come back. No stub is used a second time
//! before that, because old code that is still running may call it.

use chapter1::executor::{Executor, ExecutorAddr};
use chapter1::link::{
    Edge, EdgeKind, LinkBlock, LinkGraph, Published, Section, SymbolId,
};
use chapter1::orc::{ObjectError, ObjectLinkingLayer};
use dynasm::dynasm;
use dynasmrt::{DynasmApi, VecAssembler, x64::X64Relocation};
use rustc_hash::FxHashMap;
use std::sync::Arc;

// ANCHOR: layout
/// How many stubs are made at a time: a page of them.
const PER_BLOCK: u32 = 128;

/// The distance from one stub to the next.
const SPACING: u32 = 32;

/// Where in a stub the distance to its pointer is, where its trampoline
/// begins, and where in that the distance to the resolver's address is.
const POINTER_FIELD: u32 = 2;
const TRAMPOLINE: u32 = 6;
const RESOLVER_FIELD: u32 = 15;
// ANCHOR_END: layout

/// A function's permanent address, and what makes it lead somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stub {
    /// The address.
    pub address: ExecutorAddr,
    /// Where the pointer is that it jumps through.
    pub pointer: ExecutorAddr,
    /// The first stub of its block.
    block: ExecutorAddr,
}

impl Stub {
    /// Whether another stub is in the same block.
    pub fn is_beside(&self, other: &Stub) -> bool {
        self.block == other.block
    }

    /// What the pointer holds as long as there is no body.
    pub fn trampoline(&self) -> ExecutorAddr {
        self.address + u64::from(TRAMPOLINE)
    }
}

/// The stubs of one JIT.
pub struct Stubs {
    objects: Arc<ObjectLinkingLayer>,
    resolver: ExecutorAddr,
    /// By their first stubs.
    blocks: FxHashMap<ExecutorAddr, Block>,
    /// The block that has stubs left, if one has.
    open: Option<ExecutorAddr>,
}

// ANCHOR: Block
struct Block {
    published: Published,
    pointers: ExecutorAddr,
    /// How many of its stubs have been given out.
    given: u32,
    /// How many of these have not come back.
    live: u32,
}
// ANCHOR_END: Block

impl Stubs {
    /// No stubs. They will ask the resolver of `executor`, which `objects`
    /// links for.
    pub fn new(
        objects: Arc<ObjectLinkingLayer>,
        executor: &dyn Executor,
    ) -> Stubs {
        let (resolver, blocks) = (executor.resolver(), FxHashMap::default());
        Stubs { objects, resolver, blocks, open: None }
    }

    /// A stub that leads to its trampoline.
    ///
    /// # Errors
    /// If it needs a new block, and there is no room, or the executor refuses.
    // ANCHOR: allocate
    pub fn allocate(&mut self) -> Result<Stub, ObjectError> {
        let first = match self.open {
            Some(first) => first,
            None => self.make_block()?,
        };
        let block = self.blocks.get_mut(&first).expect("it is open");
        let index = u64::from(block.given);
        block.given += 1;
        block.live += 1;
        self.open = (block.given < PER_BLOCK).then_some(first);
        Ok(Stub {
            address: first + index * u64::from(SPACING),
            pointer: block.pointers + index * 8,
            block: first,
        })
    }
    // ANCHOR_END: allocate

    /// Takes a stub back that no new code will call. Calls that have begun
    /// may still come by.
    // ANCHOR: free
    pub fn free(&mut self, stub: Stub) {
        let block = self.blocks.get_mut(&stub.block).expect("it has stubs");
        block.live -= 1;
        if block.live == 0 && self.open != Some(stub.block) {
            let block = self.blocks.remove(&stub.block).expect("just seen");
            self.objects.withdraw(block.published);
        }
    }
    // ANCHOR_END: free

    /// Whether there is the block of a stub still.
    pub fn has_block_of(&self, stub: &Stub) -> bool {
        self.blocks.contains_key(&stub.block)
    }

    // ANCHOR: make_block
    fn make_block(&mut self) -> Result<ExecutorAddr, ObjectError> {
        let (graph, symbols) = block(self.resolver);
        let (published, at) = self.objects.publish_alone(graph, &symbols)?;
        let [first, pointers] = at[..] else { unreachable!("both defined") };
        let block = Block { published, pointers, given: 0, live: 0 };
        self.blocks.insert(first, block);
        self.open = Some(first);
        Ok(first)
    }
    // ANCHOR_END: make_block
}

/// A block of stubs as the linker takes it; with symbols for the first stub
/// and the first pointer. Behind the pointers lies the resolver's address.
// ANCHOR: block
fn block(resolver: ExecutorAddr) -> (LinkGraph, [SymbolId; 2]) {
    let mut graph = LinkGraph::default();
    let mut pointers = vec![0; 8 * PER_BLOCK as usize];
    pointers.extend(resolver.as_u64().to_le_bytes());
    let text = graph.push_block(Section::Text, SPACING, &code());
    let data = graph.push_block(Section::Data, 8, &pointers);
    let [stubs, pointers] = [text, data].map(|it| graph.define(None, it));
    for index in 0..PER_BLOCK {
        let (stub, pointer) = (index * SPACING, index * 8);
        // The processor counts from the end of the four bytes.
        let fields =
            [(POINTER_FIELD, pointer), (RESOLVER_FIELD, PER_BLOCK * 8)];
        graph.edges.extend(fields.map(|(field, to)| {
            edge(text, stub + field, EdgeKind::Relative32, pointers, to, -4)
        }));
    }
    for index in 0..PER_BLOCK {
        let trampoline = index * SPACING + TRAMPOLINE;
        let kind = EdgeKind::Absolute64;
        graph.edges.push(edge(data, index * 8, kind, stubs, trampoline, 0));
    }
    (graph, [stubs, pointers])
}
// ANCHOR_END: block

// ANCHOR: edge
fn edge(
    block: LinkBlock,
    offset: u32,
    kind: EdgeKind,
    target: SymbolId,
    to: u32,
    addend: i64,
) -> Edge {
    Edge { block, offset, kind, target, addend: i64::from(to) + addend }
}
// ANCHOR_END: edge

/// The code of a block, without the distances that the linker fills in.
// ANCHOR: code
fn code() -> Vec<u8> {
    let mut code = VecAssembler::<X64Relocation>::new(0);
    for _ in 0..PER_BLOCK {
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
// ANCHOR_END: code

#[cfg(test)]
mod tests;
