//! IR to text.

use crate::ir::entities::{Inst, Value};
use crate::ir::function::{
    CalleeData, CalleeKind, Function, Module, Signature,
};
use crate::ir::instruction::{BlockCall, InstData};
use std::fmt::{self, Display, Formatter, Write};

impl Display for Module {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, function) in self.functions.iter().enumerate() {
            let blank = if index == 0 { "" } else { "\n" };
            write!(f, "{blank}{function}")?;
        }
        Ok(())
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "function {}{} {{", Name(&self.name), self.signature)?;
        for (slot, ty) in &self.slots {
            writeln!(f, "    {slot} = slot {ty}")?;
        }
        for (callee, data) in &self.callees {
            writeln!(f, "    {callee} = {data}")?;
        }
        for (block, data) in &self.blocks {
            let params = self.params(block);
            if params.is_empty() && data.insts.is_empty() {
                continue;
            }
            write!(f, "{block}")?;
            parenthesized(f, params, |f, &param| {
                write!(f, "{param}: {}", self.values[param].ty)
            })?;
            writeln!(f, ":")?;
            for &inst in &data.insts {
                writeln!(f, "    {}", self.display_inst(inst))?;
            }
        }
        writeln!(f, "}}")
    }
}

impl Display for CalleeData {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            CalleeKind::Function => "function",
            CalleeKind::Runtime => "runtime",
        };
        write!(f, "{kind} {}{}", Name(&self.name), self.signature)
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        separated(f, &self.params, |f, ty| write!(f, "{ty}"))?;
        f.write_char(')')?;
        match self.result {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}

/// An instruction as the text form shows it; made by
/// [`Function::display_inst`].
pub struct DisplayInst<'f> {
    function: &'f Function,
    inst: Inst,
}

impl Function {
    /// The instruction as a line of text: `v2 = add v0, v1`.
    pub fn display_inst(&self, inst: Inst) -> DisplayInst<'_> {
        DisplayInst { function: self, inst }
    }
}

impl Display for DisplayInst<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let function = self.function;
        let result = function.results.get(self.inst);
        if let Some(result) = result.and_then(|result| result.expand()) {
            write!(f, "{result} = ")?;
        }
        match &function.insts[self.inst] {
            InstData::Const(value) => write!(f, "const {}", Number(*value)),
            InstData::BoolConst(value) => write!(f, "bconst {value}"),
            InstData::Binary { op, args: [a, b] } => {
                write!(f, "{} {a}, {b}", op.name())
            }
            InstData::Compare { condition, args: [a, b] } => {
                write!(f, "{} {a}, {b}", condition.name())
            }
            InstData::FromBool(value) => write!(f, "from_bool {value}"),
            InstData::Select { condition, args: [a, b] } => {
                write!(f, "select {condition}, {a}, {b}")
            }
            InstData::Load(slot) => write!(f, "load {slot}"),
            InstData::Store { slot, value } => {
                write!(f, "store {value}, {slot}")
            }
            InstData::Call { callee, args } => {
                write!(f, "call {callee}(")?;
                values(f, args.as_slice(&function.lists))?;
                f.write_char(')')
            }
            InstData::Jump(target) => {
                f.write_str("jump ")?;
                block_call(f, function, target)
            }
            InstData::Branch { condition, targets } => {
                write!(f, "branch {condition}")?;
                targets.iter().try_for_each(|target| {
                    f.write_str(", ")?;
                    block_call(f, function, target)
                })
            }
            InstData::Return(value) => write!(f, "return {value}"),
        }
    }
}

/// A function's name with its `@`, quoted unless it is an identifier.
pub(in crate::ir) struct Name<'n>(pub(in crate::ir) &'n str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let starts_well = !self.0.starts_with(|c: char| c.is_ascii_digit());
        let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
        if starts_well && !self.0.is_empty() && self.0.chars().all(is_word) {
            return write!(f, "@{}", self.0);
        }
        f.write_str("@\"")?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                _ if c.is_control() => write!(f, "\\u{{{:x}}}", c as u32)?,
                _ => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// A number as the shortest text that reads back to the same bits. All NaNs
/// are one value.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.0.is_finite() {
            let text = if self.0.is_nan() { "nan" } else { "inf" };
            let sign = if self.0 == f64::NEG_INFINITY { "-" } else { "" };
            return write!(f, "{sign}{text}");
        }
        let plain = self.0.to_string();
        let scientific = format!("{:e}", self.0);
        let longer = scientific.len() >= plain.len();
        f.write_str(if longer { &plain } else { &scientific })
    }
}

fn block_call(
    f: &mut Formatter<'_>,
    function: &Function,
    target: &BlockCall,
) -> fmt::Result {
    write!(f, "{}", target.block)?;
    parenthesized(f, function.args(target), |f, arg| write!(f, "{arg}"))
}

fn values(f: &mut Formatter<'_>, list: &[Value]) -> fmt::Result {
    separated(f, list, |f, value| write!(f, "{value}"))
}

/// `(a, b)`, or nothing for an empty list.
fn parenthesized<T>(
    f: &mut Formatter<'_>,
    list: &[T],
    write_item: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    if list.is_empty() {
        return Ok(());
    }
    f.write_char('(')?;
    separated(f, list, write_item)?;
    f.write_char(')')
}

fn separated<T>(
    f: &mut Formatter<'_>,
    list: &[T],
    mut write_item: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write_item(f, item)?;
    }
    Ok(())
}
