//! The rows of a listing, and what of the IR each of them was made for.

use chapter1::codegen::listing::Listing;
use chapter1::ir::Block;
use chapter1::link::{Origin, Section};

use super::compile::Compiled;
use super::pane::{Code, Place};

/// A row of a listing, without its remark.
pub(super) struct Row {
    /// An instruction, or a name and a colon.
    pub(super) text: String,
    /// The instruction's bytes in hexadecimal.
    pub(super) bytes: String,
    /// What it stands for, if that is something of the IR.
    pub(super) place: Option<Place>,
}

/// The rows of the function's listing.
///
/// # Errors
/// If these are not the bytes that were compiled: the listing looks
/// different from what is expected here.
pub(super) fn rows(compiled: &Compiled) -> Result<Vec<Row>, String> {
    let graph = &compiled.graph;
    let mut blocks = graph.blocks.iter();
    let (block, content) = blocks
        .find(|(_, content)| content.section == Section::Text)
        .ok_or("there is no code")?;
    let origins = &content.origins;
    let origins = &graph.origins[origins.start as usize..origins.end as usize];
    let listing = Listing::new(graph, &compiled.module).with_bytes();
    let (mut rows, mut all) = (Vec::new(), String::new());
    for line in listing.to_string().lines() {
        let line = line.split(" ; ").next().unwrap_or_default();
        if line.trim().is_empty() {
            // The rest of a long remark.
            continue;
        }
        let offset = (all.len() / 2) as u32;
        let (bytes, text) = match line.strip_prefix("  ") {
            Some(code) => code.split_once(' ').unwrap_or((code, "")),
            None => ("", line),
        };
        all += bytes;
        let place = match bytes {
            "" => label(text).map(|code| code.place(compiled)),
            _ => Some(instruction(compiled, origins, offset)),
        };
        let (text, bytes) = (text.trim().to_owned(), bytes.to_owned());
        rows.push(Row { text, bytes, place });
    }
    let content = graph.content(block).iter();
    let expected: String = content.map(|byte| format!("{byte:02x}")).collect();
    match all == expected {
        true => Ok(rows),
        false => Err("the listing does not show the bytes of the code".into()),
    }
}

/// What a name in the listing belongs to.
fn label(text: &str) -> Option<Code> {
    match text.trim_end().strip_suffix(':')?.strip_prefix('.') {
        None => Some(Code::Function),
        Some(name) => {
            let number = name.strip_prefix("block")?.parse().ok()?;
            Some(Code::Block(Block::from_u32(number)))
        }
    }
}

/// What the instruction at an offset was made for.
fn instruction(compiled: &Compiled, origins: &[Origin], at: u32) -> Place {
    let after = origins.partition_point(|origin| origin.offset <= at);
    let inst = origins[..after].last().and_then(|origin| origin.inst);
    let code = inst.map_or(Code::Function, Code::Inst);
    match code.place(compiled) {
        Place::Code { what, span, .. } => {
            Place::Code { what, span, offset: Some(at) }
        }
        source => source,
    }
}
