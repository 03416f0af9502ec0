//! What a module means, by the shortest way: one instruction after the
//! other, values in a map.

use chapter1::ir::{
    BinaryOp, Block, Function, Inst, InstData, Module, Type, Value, ValueDef,
};
use std::collections::HashMap;

/// How many calls may be under way at once.
pub const MAX_DEPTH: usize = 1_000;

/// A module has no meaning for these arguments, or none that was found in
/// the time given.
#[derive(Clone, PartialEq, Debug)]
pub enum RunError {
    /// The instructions that were allowed have been executed.
    OutOfFuel,
    /// More than [`MAX_DEPTH`] calls are under way.
    TooDeep,
    /// Neither the module nor the host knows the function.
    UnknownFunction(String),
    /// A function was called with other arguments than it takes.
    Arguments(String),
    /// A slot was read before it was written.
    EmptySlot,
    /// A value was read before it was defined, or is of the wrong type.
    BadValue(Value),
}

/// What a value can be.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Datum {
    Number(f64),
    Truth(bool),
}

impl Datum {
    fn ty(self) -> Type {
        match self {
            Datum::Number(_) => Type::F64,
            Datum::Truth(_) => Type::Bool,
        }
    }

    fn number(self) -> f64 {
        match self {
            Datum::Number(number) => number,
            Datum::Truth(truth) => f64::from(u8::from(truth)),
        }
    }
}

/// A call under way.
struct Frame<'m> {
    function: &'m Function,
    values: HashMap<Value, Datum>,
    slots: Vec<Option<Datum>>,
    block: Block,
    /// How many instructions of the block have been executed.
    position: usize,
}

/// Calls a function of the module. Functions that the module lacks are the
/// host's; where the module wants no result, the host's is dropped. A truth
/// value is passed to and from outside as `1.0` or `0.0`.
pub fn run(
    module: &Module,
    name: &str,
    args: &[f64],
    host: &dyn Fn(&str, &[f64]) -> Option<f64>,
    mut fuel: u64,
) -> Result<f64, RunError> {
    let unknown = || RunError::UnknownFunction(name.to_owned());
    let function = find(module, name).ok_or_else(unknown)?;
    let params = function.signature.params.iter();
    let args = params.zip(args).map(|(ty, &arg)| match ty {
        Type::F64 => Datum::Number(arg),
        Type::Bool => Datum::Truth(arg != 0.0),
    });
    let mut frames = vec![Frame::enter(function, args.collect())?];
    loop {
        fuel = fuel.checked_sub(1).ok_or(RunError::OutOfFuel)?;
        let depth = frames.len();
        let frame = frames.last_mut().expect("a call is under way");
        match frame.step()? {
            Step::Next => {}
            Step::Call(name, args) => match find(module, name) {
                Some(_) if depth >= MAX_DEPTH => return Err(RunError::TooDeep),
                Some(callee) => frames.push(Frame::enter(callee, args)?),
                None => {
                    let args: Vec<_> =
                        args.into_iter().map(Datum::number).collect();
                    let unknown = || RunError::UnknownFunction(name.to_owned());
                    let result = host(name, &args).ok_or_else(unknown)?;
                    frame.finish_call(Datum::Number(result));
                }
            },
            Step::Return(result) => {
                frames.pop();
                match frames.last_mut() {
                    Some(caller) => caller.finish_call(result),
                    None => return Ok(result.number()),
                }
            }
        }
    }
}

fn find<'m>(module: &'m Module, name: &str) -> Option<&'m Function> {
    module.functions.iter().find(|function| function.name.as_str() == name)
}

/// What an instruction asks of the interpreter.
enum Step<'m> {
    Next,
    Call(&'m str, Vec<Datum>),
    Return(Datum),
}

impl<'m> Frame<'m> {
    fn enter(
        function: &'m Function,
        args: Vec<Datum>,
    ) -> Result<Frame<'m>, RunError> {
        let types = args.iter().map(|arg| arg.ty());
        if !types.eq(function.signature.params.iter().copied()) {
            return Err(RunError::Arguments(function.name.to_string()));
        }
        let block = function.entry();
        let params = function.params(block).iter().copied();
        Ok(Frame {
            function,
            values: params.zip(args).collect(),
            slots: vec![None; function.slots.len()],
            block,
            position: 0,
        })
    }

    /// Executes one instruction.
    fn step(&mut self) -> Result<Step<'m>, RunError> {
        let function = self.function;
        let inst = function.blocks[self.block].insts[self.position];
        self.position += 1;
        let result = match &function.insts[inst] {
            InstData::Const(value) => Datum::Number(*value),
            InstData::BoolConst(value) => Datum::Truth(*value),
            InstData::Binary { op, args: [a, b] } => {
                let (a, b) = (self.number(*a)?, self.number(*b)?);
                Datum::Number(match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Sub => a - b,
                    BinaryOp::Mul => a * b,
                    BinaryOp::Div => a / b,
                })
            }
            InstData::Compare { condition, args: [a, b] } => {
                let (a, b) = (self.number(*a)?, self.number(*b)?);
                Datum::Truth(condition.holds(a, b))
            }
            InstData::FromBool(value) => {
                Datum::Number(f64::from(u8::from(self.truth(*value)?)))
            }
            InstData::Select { condition, args: [a, b] } => {
                let (a, b) = (self.get(*a)?, self.get(*b)?);
                if self.truth(*condition)? { a } else { b }
            }
            InstData::Load(slot) => {
                self.slots[slot.as_u32() as usize].ok_or(RunError::EmptySlot)?
            }
            InstData::Store { slot, value } => {
                let stored = self.get(*value)?;
                self.slots[slot.as_u32() as usize] = Some(stored);
                return Ok(Step::Next);
            }
            InstData::Call { callee, args } => {
                let args = self.all(args.as_slice(&function.lists))?;
                return Ok(Step::Call(&function.callees[*callee].name, args));
            }
            InstData::Jump(target) => {
                self.go(target.block, function.args(target))?;
                return Ok(Step::Next);
            }
            InstData::Branch { condition, targets: [then, otherwise] } => {
                let truth = self.truth(*condition)?;
                let target = if truth { then } else { otherwise };
                self.go(target.block, function.args(target))?;
                return Ok(Step::Next);
            }
            InstData::Return(value) => {
                return Ok(Step::Return(self.get(*value)?));
            }
        };
        self.define(inst, result);
        Ok(Step::Next)
    }

    /// Takes up the result of the call that was executed last.
    fn finish_call(&mut self, result: Datum) {
        let insts = &self.function.blocks[self.block].insts;
        self.define(insts[self.position - 1], result);
    }

    fn define(&mut self, inst: Inst, result: Datum) {
        if let Some(value) = self.function.results[inst].expand() {
            self.values.insert(value, result);
        }
    }

    /// Continues in a block: all arguments are read before any parameter is
    /// written.
    fn go(&mut self, block: Block, args: &[Value]) -> Result<(), RunError> {
        let args = self.all(args)?;
        // What is defined in the block is undefined again until it is
        // reached, so that a value from an earlier round is not mistaken for
        // one of this round.
        let function = self.function;
        for &inst in &function.blocks[block].insts {
            if let Some(value) = function.results[inst].expand() {
                self.values.remove(&value);
            }
        }
        let params = function.params(block).iter().copied();
        self.values.extend(params.zip(args));
        (self.block, self.position) = (block, 0);
        Ok(())
    }

    fn all(&self, values: &[Value]) -> Result<Vec<Datum>, RunError> {
        values.iter().map(|&value| self.get(value)).collect()
    }

    fn get(&self, value: Value) -> Result<Datum, RunError> {
        let data = self.function.values[value];
        let datum = self.values.get(&value).copied();
        datum
            .filter(|datum| datum.ty() == data.ty)
            .filter(|_| data.def != ValueDef::Detached)
            .ok_or(RunError::BadValue(value))
    }

    fn number(&self, value: Value) -> Result<f64, RunError> {
        match self.get(value)? {
            Datum::Number(number) => Ok(number),
            Datum::Truth(_) => Err(RunError::BadValue(value)),
        }
    }

    fn truth(&self, value: Value) -> Result<bool, RunError> {
        match self.get(value)? {
            Datum::Truth(truth) => Ok(truth),
            Datum::Number(_) => Err(RunError::BadValue(value)),
        }
    }
}
