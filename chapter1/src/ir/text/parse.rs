//! Text to IR.

use super::lexer::{INDEX_LIMIT, Token};
use super::read::{ParseError, Reader};
use crate::ir::entities::{Block, Value};
use crate::ir::function::{
    BlockData, CalleeData, CalleeKind, Function, Module, Signature, ValueData,
    ValueDef,
};
use crate::ir::instruction::{InstData, Type};
use crate::span::Span;
use crate::symbol::Symbol;
use cranelift_entity::EntityRef;
use std::collections::HashSet;

/// Reads a module's text form.
///
/// What it accepts has the shape of a module, no more: types, counts and
/// dominance are for [`verify`](crate::ir::verify()) to judge.
///
/// # Errors
/// The first place where the text leaves that form; among others an index
/// that is used and not defined, or defined twice, or so large that the
/// module's tables would pass four million entries.
pub fn parse_module(text: &str) -> Result<Module, ParseError> {
    let mut reader = Reader::new(text)?;
    let mut module = Module::default();
    let mut room = INDEX_LIMIT;
    while reader.current().is_some() {
        let (name, signature) = header(&mut reader)?;
        let function = Function::new(name, signature);
        let parser = FunctionParser::new(&mut reader, &mut room, function);
        module.functions.push(parser.parse()?);
    }
    Ok(module)
}

fn header(reader: &mut Reader<'_>) -> Result<(Symbol, Signature), ParseError> {
    if !reader.eat(Token::Word("function"))? {
        return Err(reader.expected("`function`"));
    }
    let name = reader.name()?;
    let signature = signature(reader)?;
    reader.expect(Token::OpenBrace)?;
    Ok((name, signature))
}

fn signature(reader: &mut Reader<'_>) -> Result<Signature, ParseError> {
    reader.expect(Token::Open)?;
    let mut params = Vec::new();
    while reader.another(params.is_empty())? {
        params.push(reader.ty()?);
    }
    let result = match reader.eat(Token::Arrow)? {
        true => Some(reader.ty()?),
        false => None,
    };
    Ok(Signature { params: params.into_boxed_slice(), result })
}

pub(super) struct FunctionParser<'r, 't> {
    pub(super) reader: &'r mut Reader<'t>,
    /// How many entries the module's tables may still grow by.
    room: &'r mut usize,
    pub(super) function: Function,
    /// Every value and block that is read, with its place: they may be
    /// defined further down.
    pub(super) uses: Vec<(Value, usize)>,
    pub(super) targets: Vec<(Block, usize)>,
    /// Results of `select`, whose types are those of their operands.
    selects: Vec<Value>,
}

impl<'r, 't> FunctionParser<'r, 't> {
    fn new(
        reader: &'r mut Reader<'t>,
        room: &'r mut usize,
        function: Function,
    ) -> FunctionParser<'r, 't> {
        let (uses, targets, selects) = (vec![], vec![], vec![]);
        FunctionParser { reader, room, function, uses, targets, selects }
    }

    fn parse(mut self) -> Result<Function, ParseError> {
        while let Some(Token::Slot(_) | Token::Callee(_)) =
            self.reader.current()
        {
            self.declaration()?;
        }
        while !self.reader.eat(Token::CloseBrace)? {
            self.block()?;
        }
        self.check_uses()?;
        self.type_selects();
        Ok(self.function)
    }

    /// `s0 = slot f64` or `fn0 = function @f(f64) -> f64`.
    fn declaration(&mut self) -> Result<(), ParseError> {
        let offset = self.reader.offset();
        if let Some(&Token::Slot(slot)) = self.reader.current() {
            self.reader.advance()?;
            self.in_order(offset, slot, self.function.slots.next_key())?;
            self.reader.expect(Token::Equals)?;
            self.reader.expect(Token::Word("slot"))?;
            self.function.slots.push(self.reader.ty()?);
            return Ok(());
        }
        let callee = self.reader.callee()?;
        self.in_order(offset, callee, self.function.callees.next_key())?;
        self.reader.expect(Token::Equals)?;
        let kind = if self.reader.eat(Token::Word("function"))? {
            CalleeKind::Function
        } else if self.reader.eat(Token::Word("runtime"))? {
            CalleeKind::Runtime
        } else {
            return Err(self.reader.expected("`function` or `runtime`"));
        };
        let name = self.reader.name()?;
        let signature = signature(self.reader)?;
        self.function.callees.push(CalleeData { name, signature, kind });
        Ok(())
    }

    /// Slots and callees leave no gaps.
    fn in_order<K: EntityRef + std::fmt::Display>(
        &self,
        offset: usize,
        found: K,
        expected: K,
    ) -> Result<(), ParseError> {
        if found == expected {
            return Ok(());
        }
        let message = format!("expected `{expected}`, found `{found}`");
        Err(self.reader.error_at(offset, message))
    }

    /// A block's header and its instructions.
    fn block(&mut self) -> Result<(), ParseError> {
        let offset = self.reader.offset();
        let block = self.reader.block()?;
        self.make_room(offset, block, self.function.blocks.len())?;
        while self.function.blocks.len() <= block.index() {
            self.function.blocks.push(BlockData::default());
        }
        if self.is_defined(block) {
            let message = format!("`{block}` is defined twice");
            return Err(self.reader.error_at(offset, message));
        }
        if self.reader.eat(Token::Open)? {
            self.params(block)?;
        }
        self.reader.expect(Token::Colon)?;
        while let Some(Token::Value(_) | Token::Word(_)) = self.reader.current()
        {
            self.instruction(block)?;
        }
        if !self.is_defined(block) {
            return Err(self.reader.expected("an instruction"));
        }
        Ok(())
    }

    fn params(&mut self, block: Block) -> Result<(), ParseError> {
        let mut index = 0;
        while self.reader.another(index == 0)? {
            let offset = self.reader.offset();
            let param = self.reader.value()?;
            self.reader.expect(Token::Colon)?;
            let ty = self.reader.ty()?;
            let def = ValueDef::Param(block, index);
            self.define(offset, param, ValueData { ty, def })?;
            let function = &mut self.function;
            function.blocks[block].params.push(param, &mut function.lists);
            index += 1;
        }
        Ok(())
    }

    /// An instruction and, before it, the name of its result if it has one.
    fn instruction(&mut self, block: Block) -> Result<(), ParseError> {
        let offset = self.reader.offset();
        let result = match self.reader.current() {
            Some(&Token::Value(value)) => {
                self.reader.advance()?;
                self.reader.expect(Token::Equals)?;
                Some(value)
            }
            _ => None,
        };
        let data = self.operation()?;
        let inst = self.function.insts.push(data);
        self.function.results.push(result.into());
        self.function.spans.push(Span::default());
        self.function.blocks[block].insts.push(inst);
        match (result, self.result_type(&data)) {
            (None, None) => Ok(()),
            (Some(value), Some(ty)) => {
                if let InstData::Select { .. } = data {
                    self.selects.push(value);
                }
                let def = ValueDef::Inst(inst);
                self.define(offset, value, ValueData { ty, def })
            }
            (None, Some(_)) => {
                let message = "the result needs a name: `v0 = …`";
                Err(self.reader.error_at(offset, message))
            }
            (Some(value), None) => {
                let message = format!("nothing is yielded for `{value}`");
                Err(self.reader.error_at(offset, message))
            }
        }
    }

    /// As [`Function::result_type`], but a `select` may come before its
    /// operands; [`type_selects`](Self::type_selects) corrects its type.
    fn result_type(&self, data: &InstData) -> Option<Type> {
        match data {
            InstData::Select { .. } => Some(Type::F64),
            _ => self.function.result_type(data),
        }
    }

    pub(super) fn undefined(
        &self,
        offset: usize,
        entity: impl std::fmt::Display,
    ) -> ParseError {
        let message = format!("`{entity}` is not defined");
        self.reader.error_at(offset, message)
    }

    /// Whether a block's text has been read: it cannot be empty.
    fn is_defined(&self, block: Block) -> bool {
        self.function.blocks.get(block).is_some_and(|data| {
            !data.params.is_empty() || !data.insts.is_empty()
        })
    }

    /// Accounts for a table's growth up to `key`.
    fn make_room<K: EntityRef + std::fmt::Display>(
        &mut self,
        offset: usize,
        key: K,
        len: usize,
    ) -> Result<(), ParseError> {
        let growth = (key.index() + 1).saturating_sub(len);
        let Some(room) = self.room.checked_sub(growth) else {
            let message = format!("`{key}` makes the module too large");
            return Err(self.reader.error_at(offset, message));
        };
        *self.room = room;
        Ok(())
    }

    fn define(
        &mut self,
        offset: usize,
        value: Value,
        data: ValueData,
    ) -> Result<(), ParseError> {
        self.make_room(offset, value, self.function.values.len())?;
        let values = &mut self.function.values;
        while values.len() <= value.index() {
            let def = ValueDef::Detached;
            values.push(ValueData { ty: Type::F64, def });
        }
        if values[value].def != ValueDef::Detached {
            let message = format!("`{value}` is defined twice");
            return Err(self.reader.error_at(offset, message));
        }
        values[value] = data;
        Ok(())
    }

    fn check_uses(&self) -> Result<(), ParseError> {
        let values = &self.function.values;
        for &(value, offset) in &self.uses {
            let def = values.get(value).map(|data| data.def);
            if matches!(def, None | Some(ValueDef::Detached)) {
                return Err(self.undefined(offset, value));
            }
        }
        for &(block, offset) in &self.targets {
            if !self.is_defined(block) {
                return Err(self.undefined(offset, block));
            }
        }
        Ok(())
    }

    /// Gives each `select` the type of its first arm, which may be a `select`
    /// itself: follows them to one whose type is known. Those that only lead
    /// to each other stay numbers; the verifier refuses them.
    fn type_selects(&mut self) {
        let function = &mut self.function;
        let mut open: HashSet<Value> = self.selects.iter().copied().collect();
        for &select in &self.selects {
            let mut chain = Vec::new();
            let mut value = select;
            while open.remove(&value) {
                chain.push(value);
                value = first_arm(function, value);
            }
            let ty = function.values[value].ty;
            for select in chain {
                function.values[select].ty = ty;
            }
        }
    }
}

fn first_arm(function: &Function, select: Value) -> Value {
    if let ValueDef::Inst(inst) = function.values[select].def
        && let InstData::Select { args, .. } = function.insts[inst]
    {
        return args[0];
    }
    unreachable!("{select} is the result of a select");
}
