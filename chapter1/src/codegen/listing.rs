//! Machine code for people: instructions with names in them, beside the IR
//! that they were made for.

mod operands;
mod rows;

#[cfg(test)]
mod tests;

use crate::ir::{Block, CalleeData, CalleeKind, Function, Inst, Module};
use crate::link::{Edge, LinkBlock, LinkGraph, Origin, Section};
use crate::symbol::Symbol;
use cranelift_entity::SecondaryMap;
use iced_x86::{Decoder, DecoderOptions, Instruction, OpKind};
use operands::{InstructionText, linked_name, printable};
use rows::Rows;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

/// The assembly listing of a link graph, in Intel syntax.
///
/// ```text
/// sq:                                     ; function @sq(f64) -> f64
///     push rbp
///     mov rbp, rsp
/// .block0:                                ; block0(v0: f64)
///     vmulsd xmm0, xmm0, xmm0             ; v1 = mul v0, v0
///     pop rbp                             ; return v1
///     ret
/// ```
///
/// The right column, read by itself, is the IR in the order of its code,
/// without the constants, which have no code of their own. An instruction of
/// the IR stands where its machine instructions begin; one that none were
/// made for (a jump to what comes next, say) has a row of its own. The
/// columns stand side by side since most IR instructions become one machine
/// instruction: with the IR between the rows, the listing would be twice as
/// long.
///
/// There are no addresses in it, so it is the same wherever the code goes. A
/// jump names the block of the IR, or a label such as `.L1` where the IR has
/// no block; a call names the function; a constant shows its value.
pub struct Listing<'a> {
    graph: &'a LinkGraph,
    module: &'a Module,
    bytes: bool,
}

impl<'a> Listing<'a> {
    /// A listing of all text in `graph`, which was made from `module`.
    pub fn new(graph: &'a LinkGraph, module: &'a Module) -> Listing<'a> {
        Listing { graph, module, bytes: false }
    }

    /// The same, with the bytes of each instruction before it. What the
    /// linker will fill in is zero.
    pub fn with_bytes(self) -> Listing<'a> {
        Listing { bytes: true, ..self }
    }
}

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let layout =
            if self.bytes { Layout::WITH_BYTES } else { Layout::PLAIN };
        let mut rows = Rows::new(f, layout.remarks);
        let functions = &self.module.functions;
        let functions: FxHashMap<&str, &Function> =
            functions.iter().map(|it| (it.name.as_str(), it)).collect();
        let names = names(self.graph);
        let mut is_first = true;
        for (block, content) in &self.graph.blocks {
            if content.section != Section::Text {
                continue;
            }
            if !is_first {
                rows.blank()?;
            }
            is_first = false;
            let names = of_block(&names, block, |&(at, ..)| at);
            let function = names
                .first()
                .and_then(|(.., name)| functions.get(name.as_str()).copied());
            let code = Code::new(self.graph, block, names, function);
            code.write(&mut rows, &layout)?;
        }
        Ok(())
    }
}

/// In which columns things begin.
struct Layout {
    /// The bytes of an instruction, if they are wanted.
    bytes: Option<usize>,
    /// The instruction.
    code: usize,
    /// The remarks.
    remarks: usize,
}

impl Layout {
    const PLAIN: Layout = Layout { bytes: None, code: 4, remarks: 40 };
    const WITH_BYTES: Layout = Layout { bytes: Some(2), code: 22, remarks: 50 };

    /// The left column of an instruction's row.
    fn code(&self, text: &str, bytes: &[u8]) -> String {
        let mut row = String::new();
        if let Some(column) = self.bytes {
            let hex: String =
                bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            row = format!("{:column$}{hex} ", "");
        }
        let column = self.code;
        format!("{row:<column$}{text}")
    }
}

/// A symbol that lies in a block, at an offset.
type Named<'a> = (LinkBlock, u32, &'a Symbol);

/// The symbols that a graph defines by name, in the order of their places.
fn names(graph: &LinkGraph) -> Vec<Named<'_>> {
    let mut names: Vec<Named> = graph
        .symbols
        .values()
        .filter_map(|symbol| {
            let definition = symbol.definition?;
            let name = symbol.name.as_ref()?;
            Some((definition.block, definition.offset, name))
        })
        .collect();
    names.sort_by_key(|&(block, offset, _)| (block, offset));
    names
}

/// Those of a list that belong to one block. The list is in the order of
/// blocks.
fn of_block<T>(
    list: &[T],
    block: LinkBlock,
    block_of: impl Fn(&T) -> LinkBlock,
) -> &[T] {
    let start = list.partition_point(|item| block_of(item) < block);
    let rest = &list[start..];
    &rest[..rest.partition_point(|item| block_of(item) == block)]
}

/// Something to say before the instruction at some offset.
#[derive(Clone, Copy)]
enum Mark<'a> {
    /// Here begins what this symbol names.
    Symbol(&'a Symbol),
    /// Here leads a jump that no block of the IR is the target of.
    Label(usize),
    /// Here begins the code of a block.
    Block(&'a Function, Block),
    /// Here begins the code of an instruction.
    Inst(&'a Function, Inst),
}

/// What a jump to the mark calls it.
impl Display for Mark<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Mark::Symbol(name) => f.write_str(&printable(name)),
            Mark::Label(number) => write!(f, ".L{number}"),
            Mark::Block(_, block) => write!(f, ".{block}"),
            Mark::Inst(function, inst) => {
                write!(f, "{}", function.display_inst(*inst))
            }
        }
    }
}

/// A block of text, and what is known about it.
struct Code<'a> {
    graph: &'a LinkGraph,
    bytes: &'a [u8],
    edges: &'a [Edge],
    function: Option<&'a Function>,
    /// In the order of their offsets.
    marks: Vec<(u32, Mark<'a>)>,
    /// The marks that jumps lead to.
    targets: FxHashMap<u32, Mark<'a>>,
}

impl<'a> Code<'a> {
    fn new(
        graph: &'a LinkGraph,
        block: LinkBlock,
        names: &[Named<'a>],
        function: Option<&'a Function>,
    ) -> Code<'a> {
        let content = &graph.blocks[block];
        let origins = &content.origins;
        let origins =
            &graph.origins[origins.start as usize..origins.end as usize];
        let mut code = Code {
            graph,
            bytes: graph.content(block),
            edges: of_block(&graph.edges, block, |edge| edge.block),
            function,
            marks: Vec::new(),
            targets: FxHashMap::default(),
        };
        let names = names.iter().map(|&(_, at, name)| (at, Mark::Symbol(name)));
        code.marks.extend(names);
        if let Some(function) = function {
            code.mark_origins(function, origins);
        }
        code.name_targets();
        code
    }

    /// Marks where the blocks and instructions of the IR begin.
    fn mark_origins(&mut self, function: &'a Function, origins: &[Origin]) {
        let mut blocks: SecondaryMap<Inst, Option<Block>> = SecondaryMap::new();
        for (block, data) in &function.blocks {
            data.insts.iter().for_each(|&inst| blocks[inst] = Some(block));
        }
        let mut current = None;
        // What comes before the first instruction of a block and belongs to
        // none is how its parameters arrive: the block begins there.
        let mut arrival = None;
        for origin in origins {
            let Some(inst) = origin.inst else {
                arrival = Some(origin.offset);
                continue;
            };
            let start = arrival.take().unwrap_or(origin.offset);
            if let Some(block) = blocks[inst]
                && current != Some(block)
            {
                self.marks.push((start, Mark::Block(function, block)));
                current = Some(block);
            }
            self.marks.push((origin.offset, Mark::Inst(function, inst)));
        }
    }

    /// Finds a mark for the target of each jump, or makes one.
    fn name_targets(&mut self) {
        for &(offset, mark) in &self.marks {
            if !matches!(mark, Mark::Inst(..)) {
                self.targets.entry(offset).or_insert(mark);
            }
        }
        let unnamed: BTreeSet<u32> = self
            .instructions()
            .filter_map(|(instruction, edge)| match edge {
                None => jump_target(&instruction),
                Some(_) => None,
            })
            .filter(|target| !self.targets.contains_key(target))
            .collect();
        let labels = unnamed.into_iter().zip(1..);
        let labels = labels.map(|(at, number)| (at, Mark::Label(number)));
        let labels: Vec<_> = labels.collect();
        self.targets.extend(labels.iter().copied());
        self.marks.splice(0..0, labels);
        // Stable: a label ends the code before it, so it comes before the
        // instruction that begins at the same offset.
        self.marks.sort_by_key(|&(offset, _)| offset);
    }

    /// The instructions, each with the edge that it needs.
    fn instructions(
        &self,
    ) -> impl Iterator<Item = (Instruction, Option<&'a Edge>)> + use<'a> {
        let decoder = Decoder::new(64, self.bytes, DecoderOptions::NONE);
        let mut edges = self.edges.iter().peekable();
        decoder.into_iter().map(move |instruction| {
            let end = instruction.next_ip();
            (instruction, edges.next_if(|edge| u64::from(edge.offset) < end))
        })
    }

    fn write(&self, rows: &mut Rows, layout: &Layout) -> fmt::Result {
        let mut text = InstructionText::default();
        let mut marks = self.marks.iter().peekable();
        for (instruction, edge) in self.instructions() {
            let offset = instruction.ip();
            while let Some((_, mark)) =
                marks.next_if(|&&(at, _)| u64::from(at) <= offset)
            {
                self.write_mark(rows, mark)?;
            }
            let name = match edge {
                Some(edge) => Some(linked_name(self.graph, edge, &instruction)),
                None => jump_target(&instruction)
                    .and_then(|target| self.targets.get(&target))
                    .map(Mark::to_string),
            };
            let start = offset as usize;
            let bytes = &self.bytes[start..start + instruction.len()];
            let text = text.of(&instruction, name.as_deref());
            rows.row(&layout.code(text, bytes))?;
        }
        for (_, mark) in marks {
            self.write_mark(rows, mark)?;
        }
        rows.flush()
    }

    fn write_mark(&self, rows: &mut Rows, mark: &Mark) -> fmt::Result {
        match *mark {
            Mark::Inst(..) => return rows.remark(&mark.to_string()),
            Mark::Label(_) => rows.flush()?,
            Mark::Block(function, block) => {
                rows.remark(&block_head(function, block))?;
            }
            Mark::Symbol(name) => match self.function {
                Some(function) if function.name == *name => {
                    rows.remark(&function_head(function))?;
                }
                _ => rows.flush()?,
            },
        }
        rows.row(&format!("{mark}:"))
    }
}

/// The offset that a jump or call inside the block leads to.
fn jump_target(instruction: &Instruction) -> Option<u32> {
    let is_near = instruction.op0_kind() == OpKind::NearBranch64;
    is_near.then(|| instruction.near_branch64() as u32)
}

/// `function @sq(f64) -> f64`, as a caller declares it.
fn function_head(function: &Function) -> String {
    let (name, signature) = (function.name.clone(), function.signature.clone());
    CalleeData { name, signature, kind: CalleeKind::Function }.to_string()
}

/// `block1(v0: f64)`.
fn block_head(function: &Function, block: Block) -> String {
    let params = function.params(block);
    let params = params.iter().map(|&param| {
        let ty = function.values[param].ty;
        format!("{param}: {ty}")
    });
    let params: Vec<String> = params.collect();
    match params.is_empty() {
        true => block.to_string(),
        false => format!("{block}({})", params.join(", ")),
    }
}
