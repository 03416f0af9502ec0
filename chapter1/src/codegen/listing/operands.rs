//! One instruction as text, with names where it has addresses.

use crate::link::{Edge, EdgeKind, GraphSymbol, LinkGraph, Section};
use iced_x86::{
    Formatter, FormatterOutput, FormatterTextKind, Instruction, IntelFormatter,
    MemorySizeOptions, NumberBase, NumberKind, OpKind,
};
use std::borrow::Cow;

/// Formats instructions, in a buffer that it keeps.
pub struct InstructionText {
    formatter: IntelFormatter,
    text: String,
}

impl Default for InstructionText {
    fn default() -> InstructionText {
        let mut formatter = IntelFormatter::new();
        let options = formatter.options_mut();
        options.set_space_after_operand_separator(true);
        options.set_number_base(NumberBase::Decimal);
        options.set_signed_immediate_operands(true);
        options.set_show_branch_size(false);
        // `qword ptr` is said only where the registers leave it open.
        options.set_memory_size_options(MemorySizeOptions::Minimal);
        InstructionText { formatter, text: String::new() }
    }
}

impl InstructionText {
    /// The instruction; its address, if it contains one, is called `name`.
    pub fn of(
        &mut self,
        instruction: &Instruction,
        name: Option<&str>,
    ) -> &str {
        self.text.clear();
        let mut output = Output { text: &mut self.text, name };
        self.formatter.format(instruction, &mut output);
        &self.text
    }
}

/// Receives the parts of an instruction's text, and puts a name in the place
/// of a number that is an address.
struct Output<'o> {
    text: &'o mut String,
    name: Option<&'o str>,
}

impl FormatterOutput for Output<'_> {
    fn write(&mut self, text: &str, _: FormatterTextKind) {
        self.text.push_str(text);
    }

    fn write_number(
        &mut self,
        instruction: &Instruction,
        _: u32,
        operand: Option<u32>,
        text: &str,
        _: u64,
        _: NumberKind,
        _: FormatterTextKind,
    ) {
        let is_address =
            operand.is_some_and(|operand| match instruction.op_kind(operand) {
                OpKind::NearBranch64 | OpKind::Immediate64 => true,
                OpKind::Memory => instruction.is_ip_rel_memory_operand(),
                _ => false,
            });
        let name = self.name.filter(|_| is_address);
        self.text.push_str(name.unwrap_or(text));
    }
}

/// What an instruction's edge leads to: the value of a constant, or the name
/// of a symbol.
pub fn linked_name(
    graph: &LinkGraph,
    edge: &Edge,
    instruction: &Instruction,
) -> String {
    let target = &graph.symbols[edge.target];
    let offset = match edge.kind {
        // The addend makes up for the processor counting from the end of
        // the instruction, and the linker from the field.
        EdgeKind::Relative32 | EdgeKind::Branch32 => {
            edge.addend + instruction.next_ip() as i64 - i64::from(edge.offset)
        }
        EdgeKind::Absolute64 => edge.addend,
    };
    if let Some(number) = constant(graph, target, offset) {
        return format!("{number:?}");
    }
    let name = match &target.name {
        Some(name) => printable(name),
        None => Cow::Owned(edge.target.to_string()),
    };
    match offset {
        0 => name.into_owned(),
        _ => format!("{name}{offset:+}"),
    }
}

/// The number at an offset of a nameless symbol, if that is a constant pool.
fn constant(
    graph: &LinkGraph,
    symbol: &GraphSymbol,
    offset: i64,
) -> Option<f64> {
    let definition = symbol.definition?;
    let section = graph.blocks[definition.block].section;
    if symbol.name.is_some() || section != Section::ReadOnly {
        return None;
    }
    let start = usize::try_from(i64::from(definition.offset) + offset).ok()?;
    let bytes = graph.content(definition.block).get(start..)?;
    Some(f64::from_le_bytes(*bytes.first_chunk()?))
}

/// A name that stays on its line.
pub fn printable(name: &str) -> Cow<'_, str> {
    match name.chars().any(char::is_control) {
        true => Cow::Owned(name.escape_debug().to_string()),
        false => Cow::Borrowed(name),
    }
}
