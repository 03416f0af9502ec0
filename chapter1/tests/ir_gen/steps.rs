//! The instructions inside a block.

use super::HOST;
use super::build::{Emitter, name, signature};
use super::recipe::{Pick, Step};
use chapter1::ir::{
    BinaryOp, Callee, CalleeData, CalleeKind, FloatCondition, Signature, Slot,
    Type, Value, ValueDef,
};
use chapter1::symbol::Symbol;

impl Emitter<'_> {
    /// Emits the instructions of a step.
    pub(super) fn step(&mut self, step: &Step) {
        let value = match *step {
            Step::Const(value) => self.builder.constant(value),
            Step::Bool(value) => self.builder.bool_constant(value),
            Step::Binary(op, a, b) => {
                let (a, b) = (self.number(a), self.number(b));
                self.builder.binary(op, a, b)
            }
            Step::Compare(condition, a, b) => {
                let (a, b) = (self.number(a), self.number(b));
                self.builder.compare(condition, a, b)
            }
            Step::FromBool(value) => {
                let value = self.truth(value);
                self.builder.from_bool(value)
            }
            Step::Select(ty, condition, a, b) => {
                let condition = self.truth(condition);
                let (a, b) = (self.pick(ty, a), self.pick(ty, b));
                self.builder.select(condition, a, b)
            }
            Step::Load(slot) => match self.slot(slot) {
                Some(slot) => self.load(slot),
                None => return,
            },
            Step::Store(slot, value) => {
                if let Some(slot) = self.slot(slot) {
                    self.store(slot, value);
                }
                return;
            }
            Step::Call(callee, args) => self.call(callee, args),
            Step::Trace(value) => return self.trace(value),
            Step::Pressure { count, from, reverse, call } => {
                self.pressure(count, from, reverse, call)
            }
            Step::BoolPressure { count, from } => {
                self.bool_pressure(count, from)
            }
            Step::Removed => return self.removed(),
        };
        self.have(value);
    }

    fn slot(&self, pick: Pick) -> Option<usize> {
        usize::from(pick).checked_rem(self.recipe.slots.len())
    }

    fn load(&mut self, slot: usize) -> Value {
        if !self.scope.stored[slot] {
            self.store(slot, slot as Pick);
        }
        self.builder.load(Slot::from_u32(slot as u32))
    }

    fn store(&mut self, slot: usize, value: Pick) {
        let value = self.pick(self.recipe.slots[slot], value);
        self.builder.store(Slot::from_u32(slot as u32), value);
        self.scope.stored[slot] = true;
    }

    /// Calls a later function of the module, or the host.
    fn call(&mut self, callee: Pick, args: Pick) -> Value {
        let first = self.index + 1;
        let later = self.module.functions.len() - first;
        let choice = usize::from(callee) % (later + HOST.len());
        let (name, signature) = match choice.checked_sub(later) {
            Some(host) => {
                let (name, params) = HOST[host];
                (name.to_owned(), Signature::kaleidoscope(params))
            }
            None => {
                let index = first + choice;
                (name(index), signature(&self.module.functions[index]))
            }
        };
        let params = signature.params.clone();
        let callee = self.import(&name, signature, CalleeKind::Function);
        let args: Vec<Value> = params
            .iter()
            .enumerate()
            .map(|(i, &ty)| self.pick(ty, args.wrapping_add(i as u16)))
            .collect();
        self.builder.call(callee, &args).expect("yields a value")
    }

    fn trace(&mut self, value: Pick) {
        if self.module.trace {
            let signature =
                Signature { params: Box::new([Type::F64]), result: None };
            let trace = self.import("trace", signature, CalleeKind::Runtime);
            let value = self.number(value);
            self.builder.call(trace, &[value]);
        }
    }

    fn import(
        &mut self,
        name: &str,
        signature: Signature,
        kind: CalleeKind,
    ) -> Callee {
        if let Some(&callee) = self.callees.get(name) {
            return callee;
        }
        let data = CalleeData { name: Symbol::new(name), signature, kind };
        let callee = self.builder.import(data);
        self.callees.insert(name.to_owned(), callee);
        callee
    }

    fn pressure(
        &mut self,
        count: u8,
        from: Pick,
        reverse: bool,
        call: bool,
    ) -> Value {
        let mut made = Vec::new();
        for i in 0..Pick::from(count) {
            let op = BinaryOp::ALL[usize::from(i) % 3];
            let a = self.number(from.wrapping_add(i));
            let b = self.number(i + 1);
            made.push(self.builder.binary(op, a, b));
        }
        if call {
            let value = self.call(from, from);
            self.have(value);
        }
        made.iter().for_each(|&value| self.have(value));
        if reverse {
            made.reverse();
        }
        self.sum(&made)
    }

    fn bool_pressure(&mut self, count: u8, from: Pick) -> Value {
        let mut made = Vec::new();
        for i in 0..Pick::from(count) {
            let condition = FloatCondition::ALL[usize::from(i) % 4];
            let a = self.number(from.wrapping_add(i));
            let b = self.number(i + 1);
            made.push(self.builder.compare(condition, a, b));
        }
        made.iter().for_each(|&value| self.have(value));
        let numbers: Vec<Value> =
            made.iter().map(|&made| self.builder.from_bool(made)).collect();
        self.sum(&numbers)
    }

    /// All of the values, added and subtracted in turn.
    fn sum(&mut self, values: &[Value]) -> Value {
        let (&first, others) = values.split_first().expect("some values");
        let ops = [BinaryOp::Sub, BinaryOp::Add].into_iter().cycle();
        others.iter().zip(ops).fold(first, |sum, (&value, op)| {
            self.builder.binary(op, sum, value)
        })
    }

    /// Makes an instruction and takes it out again.
    fn removed(&mut self) {
        let value = self.builder.constant(0.0);
        let block = self.builder.current_block();
        let function = &mut *self.builder.function;
        function.blocks[block].insts.pop();
        function.values[value].def = ValueDef::Detached;
    }

    /// A number, or a truth value, that depends on the oldest and the newest
    /// values at hand.
    pub(super) fn checksum(&mut self) -> Value {
        let count = usize::from(self.recipe.checksum);
        let numbers = both_ends(&self.scope.numbers, count);
        let truths = both_ends(&self.scope.truths, count / 4);
        let zero = self.builder.constant(0.0);
        // Not a plain sum, which would be the same for permuted values.
        let factor = self.builder.constant(0.75);
        let mut sum = zero;
        for value in numbers.into_iter().chain(truths) {
            let value = match self.builder.function.values[value].ty {
                Type::Bool => self.builder.from_bool(value),
                Type::F64 if count % 2 == 0 => value,
                Type::F64 => self.finite(value, zero),
            };
            sum = self.builder.binary(BinaryOp::Mul, sum, factor);
            sum = self.builder.binary(BinaryOp::Add, sum, value);
        }
        match self.recipe.result {
            Type::F64 => sum,
            Type::Bool => self.builder.compare(FloatCondition::One, sum, zero),
        }
    }

    /// The value if it is finite, else zero: times zero, all others are NaN.
    fn finite(&mut self, value: Value, zero: Value) -> Value {
        let product = self.builder.binary(BinaryOp::Mul, value, zero);
        let finite =
            self.builder.compare(FloatCondition::Oge, product, product);
        self.builder.select(finite, value, zero)
    }
}

/// So many values, half of them from each end.
fn both_ends(values: &[Value], count: usize) -> Vec<Value> {
    let (first, others) = values.split_at(values.len().min(count / 2));
    let newest = others.iter().rev().take(count - count / 2);
    first.iter().chain(newest).copied().collect()
}
