//! Panes: what each shows, and what each part of it stands for.

use std::cmp::Reverse;
use std::ops::Range;

use chapter1::ir::{Block, Function, Inst};
use chapter1::span::Span;
use chapter1::syntax::print::PrintItem;

use super::code::{Row, rows};
use super::compile::Compiled;
use super::tree;

/// A text, with the parts of it that can be pointed at.
pub(super) struct Pane {
    pub(super) title: String,
    pub(super) text: String,
    /// In the order of their beginnings, the longer ones first. One may lie
    /// in another one, but no two cross.
    pub(super) parts: Vec<Part>,
    /// Whether its parts are whole lines.
    pub(super) has_rows: bool,
    /// Whether it shows what depends on the processor.
    pub(super) is_machine_code: bool,
}

/// A part of a pane.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Part {
    /// In the pane's text.
    pub(super) range: Range<usize>,
    pub(super) place: Place,
}

/// What a part stands for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Place {
    /// A piece of source text, written as it is or as a tree.
    Source(Span),
    /// Something that the compiler has made.
    Code {
        what: Code,
        /// The source text that it was made for, if that is known.
        span: Option<Span>,
        /// For an instruction of the machine, where it is.
        offset: Option<u32>,
    },
}

/// Something of a function's IR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Code {
    /// All of it; also what the calling convention needs.
    Function,
    Block(Block),
    Inst(Inst),
}

impl Code {
    /// As part of the function that was `compiled`.
    pub(super) fn place(self, compiled: &Compiled) -> Place {
        self.place_in(compiled.function(), Some(compiled.span))
    }

    /// As part of a function that stands for this `whole` piece of text.
    pub(super) fn place_in(
        self,
        function: &Function,
        whole: Option<Span>,
    ) -> Place {
        // What has no text of its own has an empty span.
        let of = |inst: Inst| {
            let span = function.spans[inst];
            (span.start < span.end).then_some(span)
        };
        let span = match self {
            Code::Function => whole,
            Code::Block(block) => {
                let insts = function.blocks[block].insts.iter();
                insts.filter_map(|&inst| of(inst)).reduce(Span::to)
            }
            Code::Inst(inst) => of(inst),
        };
        Place::Code { what: self, span, offset: None }
    }
}

/// The source text of the function.
pub(super) fn text(compiled: &Compiled) -> Pane {
    let Compiled { text, span: all, .. } = compiled;
    let mut parts = tree(compiled).parts;
    for part in &mut parts {
        if let Place::Source(span) = part.place {
            let (start, end) = (span.start - all.start, span.end - all.start);
            part.range = start as usize..end as usize;
        }
    }
    Pane {
        title: "source".into(),
        text: text[all.range()].to_owned(),
        parts: sorted(parts),
        has_rows: false,
        is_machine_code: false,
    }
}

/// The tree of the function.
pub(super) fn tree(compiled: &Compiled) -> Pane {
    let text = PrintItem(&compiled.ast, &compiled.item).to_string();
    let parts = tree::parts(compiled, &text);
    Pane {
        title: "tree".into(),
        text,
        parts: sorted(parts),
        has_rows: false,
        is_machine_code: false,
    }
}

/// The IR of the function.
pub(super) fn ir(title: &str, compiled: &Compiled) -> Pane {
    let place = |code: Code| Some(code.place(compiled));
    ir_of(title, compiled.function(), place)
}

/// The IR of a function, with the place of each line that has one.
pub(super) fn ir_of(
    title: &str,
    function: &Function,
    place: impl Fn(Code) -> Option<Place>,
) -> Pane {
    let text = function.to_string();
    let declarations = function.slots.len() + function.callees.len();
    let mut codes = vec![Some(Code::Function)];
    codes.extend(std::iter::repeat_n(None, declarations));
    for (block, data) in &function.blocks {
        if function.params(block).is_empty() && data.insts.is_empty() {
            continue;
        }
        codes.push(Some(Code::Block(block)));
        let insts = data.insts.iter().map(|&inst| Some(Code::Inst(inst)));
        codes.extend(insts);
    }
    let parts = lines(&text)
        .zip(codes)
        .filter_map(|(range, code)| Some(Part { range, place: place(code?)? }));
    Pane {
        title: title.into(),
        parts: parts.collect(),
        text,
        has_rows: true,
        is_machine_code: false,
    }
}

/// The assembly of the function.
pub(super) fn assembly(
    title: &str,
    compiled: &Compiled,
) -> Result<Pane, String> {
    machine_code(title, compiled, |row| match row.bytes.is_empty() {
        true => row.text.clone(),
        false => format!("  {}", row.text),
    })
}

/// The bytes of the function, beside its assembly.
pub(super) fn bytes(title: &str, compiled: &Compiled) -> Result<Pane, String> {
    machine_code(title, compiled, |row| match &*row.bytes {
        // HTML drops a line break at the beginning.
        "" => " ".to_owned(),
        bytes => bytes.to_owned(),
    })
}

fn machine_code(
    title: &str,
    compiled: &Compiled,
    shown: impl Fn(&Row) -> String,
) -> Result<Pane, String> {
    let (mut text, mut parts) = (String::new(), Vec::new());
    for row in rows(compiled)? {
        let start = text.len();
        text += &shown(&row);
        text.push('\n');
        let range = start..text.len();
        let is_blank = text[range.clone()].trim().is_empty();
        if let Some(place) = row.place
            && !is_blank
        {
            parts.push(Part { range, place });
        }
    }
    Ok(Pane {
        title: title.into(),
        text,
        parts,
        has_rows: true,
        is_machine_code: true,
    })
}

/// The ranges of a text's lines, each with its line break.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end;
        range
    })
}

fn sorted(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|part| (part.range.start, Reverse(part.range.end)));
    parts
}
