//! The right-hand sides: a mnemonic and its operands.

use super::lexer::Token;
use super::parse::FunctionParser;
use super::read::ParseError;
use crate::ir::entities::{Callee, Slot, Value, ValueList};
use crate::ir::instruction::{BinaryOp, BlockCall, FloatCondition, InstData};

impl FunctionParser<'_, '_> {
    /// A mnemonic and its operands.
    pub(super) fn operation(&mut self) -> Result<InstData, ParseError> {
        let offset = self.reader.offset();
        let mnemonic = self.reader.word("an instruction")?;
        let mut named = BinaryOp::ALL.into_iter();
        if let Some(op) = named.find(|op| op.name() == mnemonic) {
            return Ok(InstData::Binary { op, args: self.pair()? });
        }
        let mut named = FloatCondition::ALL.into_iter();
        if let Some(condition) = named.find(|c| c.name() == mnemonic) {
            return Ok(InstData::Compare { condition, args: self.pair()? });
        }
        Ok(match mnemonic {
            "const" => InstData::Const(self.reader.number()?),
            "bconst" => InstData::BoolConst(self.reader.truth()?),
            "from_bool" => InstData::FromBool(self.value()?),
            "select" => {
                let condition = self.value()?;
                self.reader.expect(Token::Comma)?;
                InstData::Select { condition, args: self.pair()? }
            }
            "load" => InstData::Load(self.slot()?),
            "store" => {
                let value = self.value()?;
                self.reader.expect(Token::Comma)?;
                InstData::Store { slot: self.slot()?, value }
            }
            "call" => {
                let callee = self.callee()?;
                self.reader.expect(Token::Open)?;
                InstData::Call { callee, args: self.args()? }
            }
            "jump" => InstData::Jump(self.block_call()?),
            "branch" => {
                let condition = self.value()?;
                self.reader.expect(Token::Comma)?;
                let then = self.block_call()?;
                self.reader.expect(Token::Comma)?;
                let targets = [then, self.block_call()?];
                InstData::Branch { condition, targets }
            }
            "return" => InstData::Return(self.value()?),
            _ => {
                let message = format!("unknown instruction `{mnemonic}`");
                return Err(self.reader.error_at(offset, message));
            }
        })
    }

    fn value(&mut self) -> Result<Value, ParseError> {
        let offset = self.reader.offset();
        let value = self.reader.value()?;
        self.uses.push((value, offset));
        Ok(value)
    }

    fn pair(&mut self) -> Result<[Value; 2], ParseError> {
        let first = self.value()?;
        self.reader.expect(Token::Comma)?;
        Ok([first, self.value()?])
    }

    /// Arguments, after the opening parenthesis.
    fn args(&mut self) -> Result<ValueList, ParseError> {
        let mut args = Vec::new();
        while self.reader.another(args.is_empty())? {
            args.push(self.value()?);
        }
        Ok(ValueList::from_slice(&args, &mut self.function.lists))
    }

    fn block_call(&mut self) -> Result<BlockCall, ParseError> {
        let offset = self.reader.offset();
        let block = self.reader.block()?;
        self.targets.push((block, offset));
        let args = match self.reader.eat(Token::Open)? {
            true => self.args()?,
            false => ValueList::new(),
        };
        Ok(BlockCall { block, args })
    }

    fn slot(&mut self) -> Result<Slot, ParseError> {
        let offset = self.reader.offset();
        let slot = self.reader.slot()?;
        match self.function.slots.is_valid(slot) {
            true => Ok(slot),
            false => Err(self.undefined(offset, slot)),
        }
    }

    fn callee(&mut self) -> Result<Callee, ParseError> {
        let offset = self.reader.offset();
        let callee = self.reader.callee()?;
        match self.function.callees.is_valid(callee) {
            true => Ok(callee),
            false => Err(self.undefined(offset, callee)),
        }
    }
}
